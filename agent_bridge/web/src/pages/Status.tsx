// A citizen's ticket, by number and PIN: one sentence, the steps passed, the next promise. Nothing personal.
import { Alert, Button, Card, List, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { type FormEvent, useContext, useState } from "react";
import { call, type StatusAnswer } from "../api/client";
import { useDay } from "../cases";
import { Frame } from "../components/Frame";
import { usePractice } from "../session";
import { LanguageContext, useText } from "../text";

export function StatusPage() {
  const say = useText();
  const [number, setNumber] = useState("");
  const [pin, setPin] = useState("");
  const [answer, setAnswer] = useState<StatusAnswer | null>(null);
  const [refusal, setRefusal] = useState("");
  const ask = (door: "/api/status" | "/api/status/not-mine") => {
    setRefusal("");
    setAnswer(null);
    call<StatusAnswer>("POST", door, { number, pin })
      .then(setAnswer)
      .catch((fault: unknown) => setRefusal(fault instanceof Error ? fault.message : String(fault)));
  };
  const look = (event: FormEvent) => {
    event.preventDefault();
    ask("/api/status");
  };
  return (
    <Frame practice={usePractice()} title={say("statusTitle")}>
      <Stack className="official" gap="md">
        <form onSubmit={look}>
          <Stack gap="sm">
            <TextInput label={say("ticketNumber")} placeholder="261123-0042-4" size="md" inputMode="numeric" value={number} required
              onChange={(event) => setNumber(event.currentTarget.value)} data-testid="number" />
            <PasswordInput label={say("pin")} size="md" inputMode="numeric" value={pin} required maxLength={6}
              onChange={(event) => setPin(event.currentTarget.value)} data-testid="pin" />
            <Button type="submit" size="md" data-testid="look">{say("look")}</Button>
          </Stack>
        </form>
        {refusal && <Alert color="red" role="alert" data-testid="refusal">{refusal}</Alert>}
        {answer && <Answer answer={answer} notMine={() => ask("/api/status/not-mine")} />}
        <Text fz="sm" c="dark.3">{say("forgotPin")}</Text>
      </Stack>
    </Frame>
  );
}

function Answer({ answer, notMine }: { answer: StatusAnswer; notMine: () => void }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const { time } = useDay();
  return (
    <Card withBorder padding="md" data-testid="status">
      <Stack gap="xs">
        <Title order={2} fz={24} className="figures">{answer.number}</Title>
        <Text fz="lg" fw={600}>{answer.sentence}</Text>
        {answer.promised_at && <Text c={answer.late ? "red.9" : undefined} data-testid="promise">{answer.promise} <b>{time(answer.promised_at)}</b></Text>}
        <Text fz="sm" c="dark.3">
          {say("registeredOn", { at: time(answer.registered_at) })}
          {answer.closed_at && ` · ${say("closedOn", { at: time(answer.closed_at) })}`}
        </Text>
        <Text fw={600} fz="sm">{say("passed")}</Text>
        <List size="sm">{answer.steps.map((step) => <List.Item key={step.step}>{step[language]}</List.Item>)}</List>
        {answer.in_a_cause && (
          <>
            <Text fz="sm">{say("inACause")}</Text>
            <Button variant="default" w="fit-content" onClick={notMine} data-testid="not-mine">{say("notMyCase")}</Button>
          </>
        )}
        <Text fz="sm">{answer.further}</Text>
      </Stack>
    </Card>
  );
}
