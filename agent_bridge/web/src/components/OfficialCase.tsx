// One case at an official's: what it is about, then the answer, "not ours", or what was done meanwhile.
import { Alert, Button, Card, Center, Group, Loader, Radio, Select, Stack, Text, Textarea, Title } from "@mantine/core";
import { type FormEvent, useContext, useState } from "react";
import type { CaseView } from "../api/client";
import { type Acting, useActing, useCase } from "../cases";
import { LanguageContext, type TextKey, useText } from "../text";
import { CaseStory } from "./case/CaseStory";
import { Reason } from "./case/Reason";
import { TimeLeft } from "./TimeLeft";

type Doing = "reply" | "notOurs" | "followUp";
const RESULTS = ["in_progress", "plan_made", "asked_citizen", "no_answer"] as const;

export function OfficialCase({ number, now, leave }: { number: string; now: number; leave: () => void }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const { found, fault } = useCase(number);
  const acting = useActing(number);
  return (
    <Stack gap="sm">
      <Button variant="default" w="fit-content" onClick={leave} data-testid="back">← {say("back")}</Button>
      {!found ? (
        <Center h={200}>{fault ? <Alert color="red">{fault}</Alert> : <Loader />}</Center>
      ) : (
        <Card withBorder padding="md" data-testid="case" data-state={found.state}>
          <Stack gap="sm">
            <Group justify="space-between" align="baseline">
              <Title order={2} fz={22} className="figures">{found.number}</Title>
              <TimeLeft until={found.next_due_at} now={now} />
            </Group>
            <Text fw={600}>{found.category?.[language]}</Text>
            {acting.refusal && <Alert color="red" role="alert" withCloseButton onClose={acting.forget}>{acting.refusal}</Alert>}
            <Deeds found={found} acting={acting} />
            <CaseStory found={found} />
          </Stack>
        </Card>
      )}
    </Stack>
  );
}

function Deeds({ found, acting }: { found: CaseView; acting: Acting }) {
  const say = useText();
  const [doing, setDoing] = useState<Doing | null>("reply");
  const leave = () => setDoing(null);
  if (found.state === "solved" && found.solution?.deliver_by === "official") {
    return (
      <Stack gap="xs">
        <Text>{say("toCall")}</Text>
        <Button size="md" loading={acting.busy} onClick={() => void acting.act("POST", "delivery", { channel: "call_back" })} data-testid="called-myself">{say("calledMyself")}</Button>
      </Stack>
    );
  }
  if (found.state === "solved") return <Alert color="teal" role="status" data-testid="reply-sent">{say("replySent")}</Alert>;
  if (found.state !== "with_official") return <Text fw={600} role="status">{say(`st_${found.state}` as TextKey)}</Text>;
  const accepted = found.track === "live" && found.events.some((event) => event.kind === "consult_accepted");
  return (
    <Stack gap="sm">
      {accepted && <Alert color="teal" role="status">{say("consultAccepted")}</Alert>}
      <Group gap="xs">
        {(["reply", "followUp", "notOurs"] as const).map((one) => (
          <Button key={one} px="sm" variant={doing === one ? "outline" : "default"} aria-expanded={doing === one} onClick={() => setDoing(one)} data-testid={`deed-${one}`}>{say(one)}</Button>
        ))}
      </Group>
      {doing === "reply" && <Reply acting={acting} />}
      {doing === "followUp" && <FollowUp acting={acting} leave={leave} />}
      {doing === "notOurs" && (
        <Reason label={say("notOursWhy")} submit={say("sendBack")} testId="do-return" onLeave={leave}
          onSubmit={(reason) => acting.act("POST", "return", { reason })} />
      )}
    </Stack>
  );
}

function Reply({ acting }: { acting: Acting }) {
  const say = useText();
  const [text, setText] = useState("");
  const [by, setBy] = useState("agent");
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) void acting.act("POST", "solution", { text: text.trim(), deliver_by: by });
  };
  return (
    <form onSubmit={send}>
      <Textarea label={say("replyText")} value={text} rows={5} size="md" maxLength={4000} withAsterisk data-testid="reply-text"
        onChange={(event) => setText(event.currentTarget.value)} />
      <Radio.Group label={say("deliverBy")} value={by} onChange={setBy} mt="sm">
        <Stack gap="xs" mt={6}>
          <Radio size="md" value="agent" label={say("callCentreTells")} />
          <Radio size="md" value="official" label={say("iCall")} />
        </Stack>
      </Radio.Group>
      <Button type="submit" fullWidth size="lg" mt="md" disabled={!text.trim()} loading={acting.busy} data-testid="send-reply">{say("sendReply")}</Button>
    </form>
  );
}

function FollowUp({ acting, leave }: { acting: Acting; leave: () => void }) {
  const say = useText();
  const [result, setResult] = useState<string>("in_progress");
  return (
    <Stack gap="xs">
      <Select label={say("result")} size="md" value={result} allowDeselect={false} onChange={(chosen) => chosen && setResult(chosen)}
        data={RESULTS.map((one) => ({ value: one, label: say(one) }))} data-testid="follow-up-result" />
      <Reason label={say("followUpText")} submit={say("followUpSave")} rows={4} testId="do-follow-up" onLeave={leave}
        onSubmit={async (text) => (await acting.act("POST", "follow-ups", { text, result })) && leave()} />
    </Stack>
  );
}
