// Causes (peristiwa) at the supervisor's: a surge is told, a cause opened, answered once for everybody, closed.
import { Alert, Button, Card, Group, MultiSelect, Progress, Select, Stack, Text, Textarea, TextInput, Title } from "@mantine/core";
import { useContext, useState } from "react";
import type { CauseView, Hints } from "../api/client";
import { useChoicesOfForm, useDay } from "../cases";
import { useAsking, useCauses, useEndedCauses, useHints } from "../causes";
import { LanguageContext, type TextKey, useText } from "../text";

const LONGEST_SPOKEN = 300;
const HOURS = [2, 8, 24, 72] as const;

export function CausesBoard() {
  const say = useText();
  const causes = useCauses();
  const ended = useEndedCauses();
  const [category, setCategory] = useState<string[]>([]);
  return (
    <Card withBorder padding="md" data-testid="causes">
      <Stack gap="md">
        <Title order={2} fz="lg">{say("causes")}</Title>
        <Surges surges={useHints()} choose={(code) => setCategory([code])} />
        <Opening categories={category} choose={setCategory} />
        {causes.length ? causes.map((one) => <Cause key={one.cause_id} cause={one} />) : <Text>{say("causeNone")}</Text>}
        {ended.length > 0 && (
          <details data-testid="ended-causes">
            <summary>{say("causesEnded", { n: ended.length })}</summary>
            <Stack gap="sm" mt="sm">{ended.map((one) => <Cause key={one.cause_id} cause={one} over />)}</Stack>
          </details>
        )}
      </Stack>
    </Card>
  );
}

function Surges({ surges, choose }: { surges: Hints["surges"]; choose: (code: string) => void }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  if (surges.length === 0) return null;
  return (
    <div className="note" role="status" data-testid="surges">
      {surges.map(({ category, last_hour, usual }) => (
        <Group key={category?.code ?? ""} gap="xs">
          <Text fz="sm">{say("surge", { what: category?.[language] ?? say("surgeAll"), n: last_hour, usual })}</Text>
          {category && <Button size="compact-sm" variant="default" onClick={() => choose(category.code)}>{say("surgeOpen")}</Button>}
        </Group>
      ))}
    </div>
  );
}

function Opening({ categories, choose }: { categories: string[]; choose: (codes: string[]) => void }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const { ask, refusal, busy } = useAsking();
  const known = useChoicesOfForm()?.categories ?? [];
  const [title, setTitle] = useState("");
  const [spoken, setSpoken] = useState("");
  const [hours, setHours] = useState("8");
  const open = async () => {
    const until_at = new Date(Date.now() + Number(hours) * 3_600_000).toISOString();
    if (await ask("/api/causes", { title, spoken, categories, until_at })) {
      setTitle("");
      setSpoken("");
      choose([]);
    }
  };
  return (
    <Stack gap="xs">
      <Text fz="sm" c="dark.3">{say("causesHint")}</Text>
      <TextInput label={say("causeTitle")} value={title} maxLength={60} onChange={(event) => setTitle(event.currentTarget.value)} data-testid="cause-title" />
      <Textarea label={say("causeSpoken", { n: spoken.length })} value={spoken} maxLength={LONGEST_SPOKEN} autosize minRows={2}
        onChange={(event) => setSpoken(event.currentTarget.value)} data-testid="cause-spoken" />
      <Group align="flex-end">
        <MultiSelect label={say("causeCategories")} style={{ flex: 1 }} value={categories} onChange={choose} searchable data-testid="cause-categories"
          data={known.map((one) => ({ value: one.code, label: `${one.code} ${one[language]}` }))} />
        <Select label={say("causeUntil")} w={130} value={hours} allowDeselect={false} onChange={(chosen) => chosen && setHours(chosen)}
          data={HOURS.map((one) => ({ value: String(one), label: say("causeHours", { n: one }) }))} />
        <Button disabled={title.trim().length < 3 || spoken.trim().length < 10} loading={busy} onClick={() => void open()} data-testid="open-cause">{say("causeOpen")}</Button>
      </Group>
      {refusal && <Alert color="red" role="alert" data-testid="cause-refusal">{refusal}</Alert>}
    </Stack>
  );
}

function Cause({ cause, over }: { cause: CauseView; over?: boolean }) {
  const say = useText();
  const { time } = useDay();
  const { language } = useContext(LanguageContext);
  const { ask, refusal, busy } = useAsking();
  const ended = cause.closed_at ?? cause.until_at;
  return (
    <Card withBorder padding="sm" data-testid="cause">
      <Group justify="space-between">
        <Text fw={700}>{cause.title}</Text>
        <Group gap="md">
          <Text fz="sm" c="dark.3">{over ? say("causeEnded", { at: time(ended) }) : `${say("causeUntil")} ${time(cause.until_at)}`}</Text>
          {!over && <Button size="compact-sm" variant="default" loading={busy} onClick={() => void ask(`/api/causes/${cause.cause_id}/close`)} data-testid="close-cause">{say("causeClose")}</Button>}
        </Group>
      </Group>
      {cause.categories.length > 0 && <Text fz="sm" c="dark.3">{cause.categories.map((one) => one[language]).join(" · ")}</Text>}
      <Text className="words" fz="sm">{cause.spoken}</Text>
      {!over && !cause.is_spoken && <Text className="note" fz="sm" role="status">{say("causeMute")}</Text>}
      <Far cause={cause} />
      <Answering cause={cause} ask={ask} busy={busy} />
      {refusal && <Alert color="red" role="alert">{refusal}</Alert>}
    </Card>
  );
}

/** How far the answer has come, by figures that add up. */
function Far({ cause }: { cause: CauseView }) {
  const say = useText();
  const all = cause.answered + cause.waiting;
  const channels = Object.entries(cause.channels).map(([channel, n]) => `${say(`by_${channel}` as TextKey)} ${n}`);
  return (
    <>
      <Text fz="sm" fw={600} className="figures" data-testid="cause-figures">
        {say("causeFigures", { tickets: cause.tickets, open: cause.open })}
        {cause.answer && ` · ${say("causeAnswered", { n: cause.answered, all })} · ${say("causeTold", { n: cause.told })}`}
        {channels.length > 0 && ` (${channels.join(", ")})`}
      </Text>
      {cause.answer && cause.waiting > 0 && <Progress value={(100 * cause.answered) / all} aria-label={say("causeAnswered", { n: cause.answered, all })} />}
    </>
  );
}

function Answering({ cause, ask, busy }: { cause: CauseView; ask: (path: string, body: unknown) => Promise<boolean>; busy: boolean }) {
  const say = useText();
  const people = useChoicesOfForm()?.units.flatMap((unit) => unit.officials) ?? [];
  const [answer, setAnswer] = useState(cause.answer ?? "");
  const [official, setOfficial] = useState<string | null>(null);
  const names = new Map(people.map((one) => [one.username, one.name]));
  const send = () => void ask(`/api/causes/${cause.cause_id}/answer`, { text: answer, official });
  return (
    <Stack gap={6} mt={6}>
      <Textarea label={say("causeAnswer")} value={answer} maxLength={4000} autosize minRows={2} onChange={(event) => setAnswer(event.currentTarget.value)} data-testid="cause-answer" />
      <Group align="flex-end" justify="space-between">
        <Select label={say("causeAuthor")} placeholder={say("causeAuthorMe")} w={240} clearable value={official} onChange={setOfficial}
          data={[...names].map(([value, label]) => ({ value, label }))} data-testid="cause-author" />
        <Button variant="default" loading={busy} disabled={!answer.trim() || answer === cause.answer} onClick={send} data-testid="send-answer">{say(cause.answer ? "causeImprove" : "causeSend")}</Button>
      </Group>
    </Stack>
  );
}
