// One case at the dispatcher's: the case so far, and what can be done with it.
import { Alert, Button, Card, Center, Group, Loader, Stack, Text, TextInput, Title } from "@mantine/core";
import { useContext, useState } from "react";
import type { CaseView } from "../api/client";
import { type Acting, useActing, useAdvice, useCase, useDay } from "../cases";
import { LanguageContext, type TextKey, useText } from "../text";
import { CaseStory } from "./case/CaseStory";
import { Duplicates } from "./case/Duplicates";
import { Forwarding } from "./case/Forwarding";
import { Reason } from "./case/Reason";
import { CauseOfCase } from "./CauseOfCase";
import { TimeLeft } from "./TimeLeft";

type Doing = "sendBack" | "refer" | "wait" | "merge";

export function DispatchedCase({ number, now }: { number: string; now: number }) {
  const { found, fault } = useCase(number);
  const { language } = useContext(LanguageContext);
  const acting = useActing(number);
  if (!found) return <Center h={200}>{fault ? <Alert color="red">{fault}</Alert> : <Loader />}</Center>;
  return (
    <Card withBorder padding="md" data-testid="case" data-state={found.state}>
      <Stack gap="sm">
        <Group justify="space-between" align="baseline">
          <Title order={2} fz={24} className="figures">{found.number}</Title>
          <Text fz="lg"><TimeLeft until={found.next_due_at} now={now} /></Text>
        </Group>
        <Text fw={600}>{found.category?.[language]}</Text>
        {acting.refusal && <Alert color="red" role="alert" py={6} withCloseButton onClose={acting.forget}>{acting.refusal}</Alert>}
        <Deeds found={found} acting={acting} />
        <CaseStory found={found} />
      </Stack>
    </Card>
  );
}

function Deeds({ found, acting }: { found: CaseView; acting: Acting }) {
  const say = useText();
  const { time } = useDay();
  const [doing, setDoing] = useState<Doing | null>(null);
  const here = found.state === "with_dispatcher";
  const advice = useAdvice(found.number, here);
  const waiting = found.clocks.waiting_since_at;
  const toggle = (one: Doing) => setDoing(doing === one ? null : one);
  const leave = () => setDoing(null);
  const does = (path: string, body: (text: string) => unknown) => async (text: string) => {
    if (await acting.act("POST", path, body(text))) leave();
  };
  if (found.closed_at || found.state === "merged") return <Text fw={600}>{say(`st_${found.state}` as TextKey)}</Text>;
  return (
    <Stack gap="sm">
      {here ? <Forwarding advice={advice} acting={acting} /> : <Text>{say(`st_${found.state}` as TextKey)}{found.official && `: ${found.official}`}</Text>}
      {waiting && (
        <Group gap="xs" className="note">
          <Text fz="sm">{say("waitingSince", { at: time(waiting) })}</Text>
          <Button size="compact-sm" variant="default" onClick={() => void acting.act("POST", "wait/over")} data-testid="wait-over">{say("waitOver")}</Button>
        </Group>
      )}
      <CauseOfCase found={found} acting={acting} />
      <Duplicates found={found} acting={acting} />
      <Group gap="xs">
        {here && <Deed name="sendBack" {...{ doing, toggle }} />}
        {here && <Deed name="refer" {...{ doing, toggle }} />}
        {!waiting && <Deed name="wait" {...{ doing, toggle }} />}
        <Deed name="merge" {...{ doing, toggle }} />
      </Group>
      {doing === "sendBack" && <Reason label={say("sendBackWhy")} submit={say("sendBack")} testId="do-send-back" onLeave={leave} onSubmit={does("return", (reason) => ({ reason }))} />}
      {doing === "wait" && <Reason label={say("waitWhy")} submit={say("wait")} testId="do-wait" onLeave={leave} onSubmit={does("wait", (reason) => ({ reason }))} />}
      {doing === "refer" && <Elsewhere acting={acting} leave={leave} />}
      {doing === "merge" && <Merge acting={acting} leave={leave} />}
    </Stack>
  );
}

function Deed({ name, doing, toggle }: { name: Doing; doing: Doing | null; toggle: (one: Doing) => void }) {
  const say = useText();
  return (
    <Button size="compact-sm" variant="default" aria-expanded={doing === name} onClick={() => toggle(name)} data-testid={`deed-${name}`}>{say(name)} ...</Button>
  );
}

function Elsewhere({ acting, leave }: { acting: Acting; leave: () => void }) {
  const say = useText();
  const [where, setWhere] = useState("");
  return (
    <Stack gap={6}>
      <TextInput label={say("referTo")} value={where} withAsterisk autoFocus maxLength={120} placeholder="BPJS Kesehatan"
        onChange={(event) => setWhere(event.currentTarget.value)} data-testid="refer-where" />
      <Reason label={say("referText")} submit={say("refer")} testId="do-refer" autoFocus={false} onLeave={leave}
        onSubmit={async (text) => where.trim().length > 1 && (await acting.act("POST", "refer", { belongs_to: where.trim(), text })) && leave()} />
    </Stack>
  );
}

function Merge({ acting, leave }: { acting: Acting; leave: () => void }) {
  const say = useText();
  const [into, setInto] = useState("");
  return (
    <Stack gap={6}>
      <TextInput label={say("mergeInto")} value={into} withAsterisk autoFocus maxLength={20} placeholder="261123-0042-4"
        onChange={(event) => setInto(event.currentTarget.value)} data-testid="merge-into" />
      <Reason label={say("mergeWhy", { into })} initial={say("mergeReason")} submit={say("merge")} testId="do-merge" autoFocus={false} onLeave={leave}
        onSubmit={async (reason) => (await acting.act("POST", "merge", { into, reason })) && leave()} />
    </Stack>
  );
}
