// The official's page, for a phone: due today, overdue, new; an answer takes two minutes.
import { Alert, Badge, Button, Card, Center, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { useContext, useState } from "react";
import type { CaseLine } from "../api/client";
import { useActing, useCases } from "../cases";
import { useNow } from "../clock";
import { Age, isStale } from "../components/Age";
import { Frame } from "../components/Frame";
import { OfficialCase } from "../components/OfficialCase";
import { TimeLeft } from "../components/TimeLeft";
import { useSession, useSignOut } from "../session";
import { LanguageContext, type TextKey, useText } from "../text";

type Group_ = "overdue" | "dueToday" | "fresh";
const GROUPS: Group_[] = ["overdue", "dueToday", "fresh"];

export function OfficialPage() {
  const say = useText();
  const { session, fault } = useSession("official");
  const signOut = useSignOut();
  if (!session) return <Center h={300}>{fault ? <Alert color="red">{fault}</Alert> : <Loader />}</Center>;
  return (
    <Frame
      practice={session.profile === "latihan"}
      title={say("official")}
      right={<Button size="xs" variant="default" onClick={() => void signOut()}>{say("signOut")}</Button>}
    >
      <Mine name={session.user.name} />
    </Frame>
  );
}

function Mine({ name }: { name: string }) {
  const say = useText();
  const [chosen, setChosen] = useState<string | null>(null);
  const { lines, fault, offset, readAt } = useCases("mine=true&limit=100");
  const now = useNow(offset);
  if (!lines) return <Center h={300}>{fault ? <Alert color="red">{fault}</Alert> : <Loader />}</Center>;
  const consults = lines.filter((line) => line.due_kind === "consult");
  const others = lines.filter((line) => line.due_kind !== "consult");
  const counts = GROUPS.map((group) => `${say(group)} ${others.filter((line) => groupOf(line, now) === group).length}`);
  return (
    <div className="official" data-stale={isStale(readAt)}>
      <Age readAt={readAt} />
      {chosen ? (
        <OfficialCase key={chosen} number={chosen} now={now} leave={() => setChosen(null)} />
      ) : (
        <Stack gap="md">
          <div>
            <Text fw={600}>{name}</Text>
            <Text className="figures" data-testid="counts">{counts.join(" · ")}</Text>
          </div>
          {consults.map((line) => <Consult key={line.number} line={line} now={now} open={setChosen} />)}
          {lines.length === 0 && <Text c="dark.3">{say("noCases")}</Text>}
          {GROUPS.map((group) => {
            const own = others.filter((line) => groupOf(line, now) === group);
            if (own.length === 0) return null;
            return (
              <Stack key={group} gap="xs" component="section" data-testid={`group-${group}`}>
                <Title order={2} fz="md">{say(group)}</Title>
                {own.map((line) => <Line key={line.number} line={line} now={now} open={setChosen} />)}
              </Stack>
            );
          })}
        </Stack>
      )}
    </div>
  );
}

const DAY = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Jakarta" });

function groupOf(line: CaseLine, now: number): Group_ {
  const due = line.next_due_at ? Date.parse(line.next_due_at) : Infinity;
  if (due < now) return "overdue";
  return due !== Infinity && DAY.format(due) === DAY.format(now) ? "dueToday" : "fresh";
}

interface LineProps {
  line: CaseLine;
  now: number;
  open: (number: string) => void;
}

function Line({ line, now, open }: LineProps) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  return (
    <Card withBorder padding="sm" data-testid={`line-${line.number}`}>
      <Group justify="space-between" wrap="nowrap">
        <Text className="figures" fw={600}>{line.number}</Text>
        <TimeLeft until={line.next_due_at} now={now} />
      </Group>
      <Group justify="space-between" wrap="nowrap" mt={4}>
        <div>
          <Text>{line.category?.[language] ?? "–"}</Text>
          {line.urgency === "high" && <Badge color="dark" tt="none">{say("urgent")}</Badge>}
          {line.state !== "with_official" && <Text fz="sm" c="dark.3">{say(`st_${line.state}` as TextKey)}</Text>}
        </div>
        <Button size="md" variant="default" onClick={() => open(line.number)} data-testid="open-case">{say("open")}</Button>
      </Group>
    </Card>
  );
}

/** A citizen holds the line for this official, for three minutes at most. */
function Consult({ line, now, open }: LineProps) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const acting = useActing(line.number);
  const accept = async () => {
    if (await acting.act("POST", "consult")) open(line.number);
  };
  return (
    <Card withBorder padding="md" style={{ borderWidth: 2, borderColor: "var(--mantine-color-teal-9)" }} data-testid="consult" role="alert">
      <Group justify="space-between" wrap="nowrap">
        <Text fw={700}>{say("consultWaiting")}</Text>
        <Text fz={28} fw={700} flex="none"><TimeLeft until={line.next_due_at} now={now} /></Text>
      </Group>
      <Text mb="sm">{line.category?.[language]} · <span className="figures">{line.number}</span></Text>
      {acting.refusal && <Alert color="red" role="alert" mb="sm">{acting.refusal}</Alert>}
      <Button fullWidth size="lg" loading={acting.busy} onClick={() => void accept()} data-testid="accept-consult">{say("acceptConsult")}</Button>
    </Card>
  );
}
