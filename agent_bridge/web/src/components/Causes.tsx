// Causes (peristiwa): opened, answered once for everybody, closed; and whether a case is about one.
import { Alert, Button, Card, Group, Select, Stack, Text, Textarea, TextInput, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call, type CaseView, type CauseList, type CauseView } from "../api/client";
import { type Acting, useDay } from "../cases";
import { useAltKey } from "../keys";
import { useText } from "../text";

const READ_AGAIN_MS = 2_000;
const LONGEST_SPOKEN = 300;

export function useCauses(): CauseView[] {
  const { data } = useQuery({ queryKey: ["causes"], queryFn: () => call<CauseList>("GET", "/api/causes"), refetchInterval: READ_AGAIN_MS });
  return data?.causes ?? [];
}

/** One key says that the case in hand is about an open cause, or that it is not. */
export function CauseOfCase({ found, acting }: { found: CaseView; acting: Acting }) {
  const say = useText();
  const causes = useCauses();
  const [first] = causes;
  const link = (one: CauseView) => void acting.act("POST", "cause", { cause_id: one.cause_id });
  useAltKey("g", first && !found.cause_id ? () => link(first) : null);
  if (found.cause_id) {
    const title = causes.find((one) => one.cause_id === found.cause_id)?.title ?? "";
    return (
      <Group gap="xs" data-testid="linked-cause">
        <Text fz="sm" fw={600}>{say("causeIs", { title })}</Text>
        <Button size="compact-sm" variant="default" onClick={() => void acting.act("POST", "cause/unlink")} data-testid="unlink-cause">{say("causeNot")}</Button>
      </Group>
    );
  }
  return (
    <Group gap="xs">
      {causes.map((one, n) => (
        <Button key={one.cause_id} size="compact-sm" variant="default" disabled={acting.busy} onClick={() => link(one)} data-testid="link-cause">
          {say("causeIs", { title: one.title })}{n === 0 && " (Alt+G)"}
        </Button>
      ))}
    </Group>
  );
}

export function CausesBoard() {
  const say = useText();
  const causes = useCauses();
  return (
    <Card withBorder padding="md" data-testid="causes">
      <Stack gap="md">
        <Title order={2} fz="lg">{say("causes")}</Title>
        <Opening />
        {causes.length ? causes.map((one) => <Open key={one.cause_id} cause={one} />) : <Text>{say("causeNone")}</Text>}
      </Stack>
    </Card>
  );
}

function useAsking(): { ask: (path: string, body?: unknown) => Promise<boolean>; refusal: string } {
  const queries = useQueryClient();
  const [refusal, setRefusal] = useState("");
  const ask = async (path: string, body?: unknown) => {
    setRefusal("");
    try {
      await call("POST", path, body);
      return true;
    } catch (fault) {
      setRefusal(fault instanceof Error ? fault.message : String(fault));
      return false;
    } finally {
      void queries.invalidateQueries({ queryKey: ["causes"] });
    }
  };
  return { ask, refusal };
}

const HOURS = [2, 8, 24, 72] as const;

function Opening() {
  const say = useText();
  const { ask, refusal } = useAsking();
  const [title, setTitle] = useState("");
  const [spoken, setSpoken] = useState("");
  const [hours, setHours] = useState("8");
  const open = async () => {
    const until_at = new Date(Date.now() + Number(hours) * 3_600_000).toISOString();
    if (await ask("/api/causes", { title, spoken, until_at })) {
      setTitle("");
      setSpoken("");
    }
  };
  return (
    <Stack gap="xs">
      <Text fz="sm" c="dark.3">{say("causesHint")}</Text>
      <TextInput label={say("causeTitle")} value={title} maxLength={60} onChange={(event) => setTitle(event.currentTarget.value)} data-testid="cause-title" />
      <Textarea label={say("causeSpoken", { n: spoken.length })} value={spoken} maxLength={LONGEST_SPOKEN} autosize minRows={2}
        onChange={(event) => setSpoken(event.currentTarget.value)} data-testid="cause-spoken" />
      <Group align="flex-end">
        <Select label={say("causeUntil")} w={140} value={hours} allowDeselect={false} onChange={(chosen) => chosen && setHours(chosen)}
          data={HOURS.map((one) => ({ value: String(one), label: `+${one} jam` }))} />
        <Button disabled={title.length < 3 || spoken.length < 10} onClick={() => void open()} data-testid="open-cause">{say("causeOpen")}</Button>
      </Group>
      {refusal && <Alert color="red" role="alert">{refusal}</Alert>}
    </Stack>
  );
}

function Open({ cause }: { cause: CauseView }) {
  const say = useText();
  const { time } = useDay();
  const { ask, refusal } = useAsking();
  const [answer, setAnswer] = useState(cause.answer ?? "");
  const path = `/api/causes/${cause.cause_id}`;
  return (
    <Card withBorder padding="sm" data-testid="cause">
      <Group justify="space-between">
        <Text fw={700}>{cause.title}</Text>
        <Group gap="md">
          <Text fz="sm" c="dark.3">{say("causeUntil")} {time(cause.until_at)}</Text>
          <Button size="compact-sm" variant="default" onClick={() => void ask(`${path}/close`)} data-testid="close-cause">{say("causeClose")}</Button>
        </Group>
      </Group>
      <Text className="words" fz="sm">{cause.spoken}</Text>
      <Text fz="sm" fw={600} className="figures" data-testid="cause-figures">
        {say("causeFigures", { tickets: cause.tickets, answered: cause.answered, told: cause.told })}
      </Text>
      <Group align="flex-end" mt={6}>
        <Textarea label={say("causeAnswer")} style={{ flex: 1 }} value={answer} autosize minRows={2} onChange={(event) => setAnswer(event.currentTarget.value)} data-testid="cause-answer" />
        <Button variant="default" disabled={!answer.trim() || answer === cause.answer} onClick={() => void ask(`${path}/answer`, { text: answer })} data-testid="send-answer">{say("causeSend")}</Button>
      </Group>
      {refusal && <Alert color="red" role="alert">{refusal}</Alert>}
    </Card>
  );
}
