// Registering without calling: one short form, and a number with its PIN to write down.
import { Alert, Button, Card, Radio, Select, Stack, Text, Textarea, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useContext, useState } from "react";
import { call, type FormChoices, type Registered } from "../api/client";
import { useDay } from "../cases";
import { Frame } from "../components/Frame";
import { LanguageContext, useText } from "../text";

export function RegisterPage() {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const choices = useQuery({ queryKey: ["web-form"], queryFn: () => call<FormChoices>("GET", "/api/registrations/choices") }).data;
  const [form, setForm] = useState({ name: "", phone: "", type: "complaint", category: "", story: "", contact: "call" });
  const [done, setDone] = useState<Registered | null>(null);
  const [refusal, setRefusal] = useState("");
  const set = (name: keyof typeof form) => (value: string) => setForm((known) => ({ ...known, [name]: value }));
  const send = (event: FormEvent) => {
    event.preventDefault();
    setRefusal("");
    call<Registered>("POST", "/api/registrations", form)
      .then(setDone)
      .catch((fault: unknown) => setRefusal(fault instanceof Error ? fault.message : String(fault)));
  };
  return (
    <Frame practice={false} title={say("webForm")}>
      <Stack className="official" gap="md">
        {done ? (
          <Done done={done} />
        ) : (
          <form onSubmit={send}>
            <Stack gap="sm">
              <Text fz="sm" c="dark.3">{say("webFormHint")}</Text>
              <TextInput label={say("name")} size="md" required value={form.name} autoComplete="name" onChange={(event) => set("name")(event.currentTarget.value)} data-testid="name" />
              <TextInput label={say("yourPhone")} size="md" required inputMode="tel" autoComplete="tel" value={form.phone} onChange={(event) => set("phone")(event.currentTarget.value)} data-testid="phone" />
              <Select label={say("category")} size="md" required searchable value={form.category || null} onChange={(chosen) => chosen && set("category")(chosen)} data-testid="category"
                data={choices?.categories.map((one) => ({ value: one.code, label: one[language] })) ?? []} />
              <Textarea label={say("webStory")} description={say("noNikHere")} size="md" required autosize minRows={4} value={form.story} onChange={(event) => set("story")(event.currentTarget.value)} data-testid="story" />
              <Radio.Group label={say("contactBy")} value={form.contact} onChange={set("contact")}>
                <Radio value="call" label={say("byCall")} my={6} />
                <Radio value="text" label={say("byText")} />
              </Radio.Group>
              {refusal && <Alert color="red" role="alert" data-testid="refusal">{refusal}</Alert>}
              <Button type="submit" size="md" disabled={!form.category} data-testid="register">{say("registerNow")}</Button>
            </Stack>
          </form>
        )}
      </Stack>
    </Frame>
  );
}

function Done({ done }: { done: Registered }) {
  const say = useText();
  const { time } = useDay();
  return (
    <Card withBorder padding="md" data-testid="registered">
      <Stack gap="xs">
        <Title order={2} fz="lg">{say("registeredTitle")}</Title>
        <Text fz={30} fw={700} className="figures" data-testid="new-number">{done.number}</Text>
        <Text fz={24} fw={700} className="figures">PIN <span data-testid="new-pin">{done.pin}</span></Text>
        <Text>{done.next}</Text>
        <Text>{say("answeredBy", { at: time(done.answer_by) })}</Text>
        <Button component="a" href="/status" variant="default" w="fit-content">{say("statusTitle")}</Button>
      </Stack>
    </Card>
  );
}
