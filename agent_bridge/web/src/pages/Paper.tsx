// Slips of paper, typed in once the power is back: each becomes a ticket under its own number and time.
import { Alert, Button, Center, Checkbox, Loader, Radio, SimpleGrid, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useContext, useRef, useState } from "react";
import { call, type SlipTaken } from "../api/client";
import { useChoicesOfForm } from "../cases";
import { Frame } from "../components/Frame";
import { pageOf, useSession, useSignOut } from "../session";
import { LanguageContext, useText } from "../text";
import { Choice } from "./Register";

const EMPTY = { number: "", happened: "", name: "", nik: "", phone: "", district: "", type: "complaint", category: "", story: "", solution: "", contact: "call" };
/** The office's clock, whatever the computer's is set to. */
const OFFICE_OFFSET = "+07:00";

export function PaperPage() {
  const say = useText();
  const { session, fault } = useSession("agent", "supervisor");
  const signOut = useSignOut();
  if (!session) return <Center h={300}>{fault ? <Alert color="red">{fault}</Alert> : <Loader />}</Center>;
  return (
    <Frame
      practice={session.profile === "latihan"}
      title={say("paperTitle")}
      right={
        <>
          <Button component="a" href={pageOf(session.user.role)} size="xs" variant="default">{say("back")}</Button>
          <Text fw={600}>{session.user.name}</Text>
          <Button size="xs" variant="default" onClick={() => void signOut()}>{say("signOut")}</Button>
        </>
      }
    >
      <SlipForm />
    </Frame>
  );
}

function SlipForm() {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const choices = useChoicesOfForm();
  const [form, setForm] = useState(EMPTY);
  const [closed, setClosed] = useState(false);
  const [taken, setTaken] = useState<SlipTaken | null>(null);
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const set = (name: keyof typeof form) => (value: string) => setForm((known) => ({ ...known, [name]: value }));
  const box = (name: keyof typeof form) => ({
    size: "md",
    value: form[name],
    onChange: (event: { currentTarget: { value: string } }) => set(name)(event.currentTarget.value),
    "data-testid": name,
  });
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setRefusal("");
    setTaken(null);
    setBusy(true);
    const { happened, ...rest } = form;
    const body = { ...rest, happened_at: `${happened}:00${OFFICE_OFFSET}`, nik: rest.nik.trim() || null, phone: rest.phone.trim() || null, district: rest.district || null, solution: rest.solution.trim() || null, closed };
    try {
      setTaken(await call<SlipTaken>("POST", "/api/paper", body));
      // The next slip is most likely of the same hour.
      setForm({ ...EMPTY, happened });
      setClosed(false);
      first.current?.focus();
    } catch (fault) {
      setRefusal(fault instanceof Error ? fault.message : String(fault));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void send(event)} className="slip-form">
      <Stack gap="sm">
        <Text fz="sm" c="dark.4">{say("paperHint")}</Text>
        {taken && (
          <Alert color="teal" c="dark.8" role="status" data-testid="taken">
            {say("paperTaken", { number: taken.number, state: say(`state_${taken.state}` as "state_recorded") })} {taken.warnings.map((one) => one[language]).join(" ")}
          </Alert>
        )}
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" verticalSpacing={8}>
          <TextInput label={say("ticketNumber")} placeholder="261123-0042-4" required autoFocus ref={first} inputMode="numeric" maxLength={20} autoComplete="off" {...box("number")} />
          <TextInput label={say("paperWhen")} type="datetime-local" required {...box("happened")} />
          <TextInput label={say("name")} required minLength={2} maxLength={120} autoComplete="off" {...box("name")} />
          <TextInput label={say("nik")} inputMode="numeric" maxLength={30} autoComplete="off" {...box("nik")} />
          <TextInput label={say("phone")} inputMode="tel" maxLength={30} autoComplete="off" {...box("phone")} />
          <Choice label={say("district")} optional among={choices?.districts} value={form.district} choose={set("district")} testId="district" />
          <Choice label={say("type")} required among={choices?.types} value={form.type} choose={set("type")} testId="type" />
          <Choice label={say("category")} required among={choices?.categories} value={form.category} choose={set("category")} testId="category" />
        </SimpleGrid>
        <Textarea label={say("story")} required minLength={5} maxLength={4000} rows={2} {...box("story")} />
        <Textarea label={say("solution")} maxLength={4000} rows={2} {...box("solution")} />
        <Checkbox label={say("paperClosed")} checked={closed} disabled={!form.solution.trim()} onChange={(event) => setClosed(event.currentTarget.checked)} data-testid="closed" />
        <Radio.Group label={say("contactBy")} value={form.contact} onChange={set("contact")}>
          <Radio value="call" label={say("byCall")} my={6} />
          <Radio value="text" label={say("byText")} />
        </Radio.Group>
        {refusal && <Alert color="red" role="alert" data-testid="refusal">{refusal}</Alert>}
        <Button type="submit" size="md" w="fit-content" loading={busy} disabled={!form.category} data-testid="take">{say("paperTake")}</Button>
      </Stack>
    </form>
  );
}
