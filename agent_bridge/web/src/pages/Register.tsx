// Registering without calling: one short form, and a number with its PIN to write down.
import { Alert, Button, Card, Radio, Select, Stack, Text, Textarea, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useContext, useState } from "react";
import { call, type FormChoices, type LabelView, type Registered } from "../api/client";
import { useDay } from "../cases";
import { Frame } from "../components/Frame";
import { usePractice } from "../session";
import { LanguageContext, useText } from "../text";

const EMPTY = { name: "", phone: "", type: "complaint", category: "", story: "", contact: "call", district: "", nik: "" };

export function RegisterPage() {
  const say = useText();
  const choices = useQuery({ queryKey: ["web-form"], queryFn: () => call<FormChoices>("GET", "/api/registrations/choices") });
  const [form, setForm] = useState(EMPTY);
  const [done, setDone] = useState<Registered | null>(null);
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const box = (name: keyof typeof form) => ({
    size: "md",
    value: form[name],
    onChange: (event: { currentTarget: { value: string } }) => set(name)(event.currentTarget.value),
    "data-testid": name,
  });
  const set = (name: keyof typeof form) => (value: string) => setForm((known) => ({ ...known, [name]: value }));
  const send = (event: FormEvent) => {
    event.preventDefault();
    setRefusal("");
    setBusy(true);
    call<Registered>("POST", "/api/registrations", { ...form, district: form.district || null, nik: form.nik.trim() || null })
      .then(setDone)
      .catch((fault: unknown) => setRefusal(fault instanceof Error ? fault.message : String(fault)))
      .finally(() => setBusy(false));
  };
  const missing = !form.category;
  return (
    <Frame practice={usePractice()} title={say("webForm")}>
      <Stack className="official" gap="md">
        {done ? (
          <Done done={done} />
        ) : (
          <form onSubmit={send}>
            <Stack gap="sm">
              <Text fz="sm" c="dark.4">{say("webFormHint")} {say("webFormNext")}</Text>
              {choices.error && <Alert color="red" role="alert">{choices.error.message}</Alert>}
              <TextInput label={say("name")} required minLength={2} maxLength={120} autoComplete="name" {...box("name")} />
              <TextInput label={say("yourPhone")} required inputMode="tel" autoComplete="tel" minLength={5} maxLength={30} {...box("phone")} />
              <Choice label={say("category")} required among={choices.data?.categories} value={form.category} choose={set("category")} testId="category" />
              <Textarea label={say("webStory")} description={say("noNikHere")} required minLength={5} maxLength={4000} autosize minRows={3} {...box("story")} />
              <details data-testid="more">
                <summary>{say("webMore")}</summary>
                <Stack gap="sm" mt="sm">
                  <Choice label={say("type")} among={choices.data?.types} value={form.type} choose={set("type")} testId="type" />
                  <Choice label={say("district")} optional among={choices.data?.districts} value={form.district} choose={set("district")} testId="district" />
                  <TextInput label={say("nik")} description={say("nikHelps")} inputMode="numeric" autoComplete="off" maxLength={30} {...box("nik")} />
                </Stack>
              </details>
              <Radio.Group label={say("contactBy")} value={form.contact} onChange={set("contact")}>
                <Radio value="call" label={say("byCall")} my={6} />
                <Radio value="text" label={say("byText")} />
              </Radio.Group>
              {refusal && <Alert color="red" role="alert" data-testid="refusal">{refusal}</Alert>}
              <Button type="submit" size="md" loading={busy} disabled={missing} data-testid="register">{say("registerNow")}</Button>
              {missing && <Text fz="sm" c="dark.4">{say("missing", { fields: say("category") })}</Text>}
            </Stack>
          </form>
        )}
      </Stack>
    </Frame>
  );
}

export function Choice(props: { label: ReactNode; required?: boolean; optional?: boolean; among: LabelView[] | undefined; value: string; choose: (code: string) => void; testId: string }) {
  const { language } = useContext(LanguageContext);
  const say = useText();
  return (
    <Select label={props.label} size="md" withAsterisk={props.required ?? false} searchable allowDeselect={props.optional ?? false} selectFirstOptionOnChange nothingFoundMessage={say("nothingFound")}
      value={props.value || null} onChange={(chosen) => props.choose(chosen ?? "")} data-testid={props.testId}
      data={(props.among ?? []).map((one) => ({ value: one.code, label: one[language] }))} />
  );
}

function Done({ done }: { done: Registered }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const { time } = useDay();
  return (
    <Card withBorder padding="md" role="status" data-testid="registered">
      <Stack gap="xs">
        <Title order={2} fz="lg">{say("registeredTitle")}</Title>
        <Text fz={30} fw={700} className="figures" data-testid="new-number">{done.number}</Text>
        <Text fz={24} fw={700} className="figures">PIN <span data-testid="new-pin">{done.pin}</span></Text>
        <Text>{done.next}</Text>
        {done.looked_at_by && <Text>{say("lookedAtBy", { at: time(done.looked_at_by) })}</Text>}
        {done.answer_by && <Text>{say("answeredBy", { at: time(done.answer_by) })}</Text>}
        {done.warnings.map((one) => (
          <Alert key={one.code} color="yellow" c="dark.8" data-testid="doubt">{one[language]} {say("nikAsked")}</Alert>
        ))}
        <Button component="a" href="/status" variant="default" w="fit-content">{say("statusTitle")}</Button>
      </Stack>
    </Card>
  );
}
