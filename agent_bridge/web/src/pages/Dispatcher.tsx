// The dispatcher: what is to be forwarded, the least time left first; right of it the case so far and what to do.
import { Alert, Badge, Box, Button, Card, Center, Group, Loader, Stack, Table, Text, Title } from "@mantine/core";
import { useContext, useEffect, useState } from "react";
import type { CaseLine } from "../api/client";
import { useAdvice, useCases, useChoicesOfForm } from "../cases";
import { useNow } from "../clock";
import { Age, isStale } from "../components/Age";
import { DispatchedCase } from "../components/DispatchedCase";
import { Frame } from "../components/Frame";
import { dueText } from "../components/Tasks";
import { TimeLeft } from "../components/TimeLeft";
import { useAltKey } from "../keys";
import { useSession, useSignOut } from "../session";
import { LanguageContext, type TextKey, useText } from "../text";

const LISTED = "limit=100";
/** The step of the SOP whose standard a caller on the line is forwarded within. */
const FORWARDING = 10;

export function DispatcherPage() {
  const say = useText();
  const { session, fault } = useSession("dispatcher", "supervisor");
  const signOut = useSignOut();
  if (!session) return <Center h={300}>{fault ? <Alert color="red">{fault}</Alert> : <Loader />}</Center>;
  return (
    <Frame
      practice={session.profile === "latihan"}
      title={say("dispatcher")}
      right={
        <>
          <Text fw={600}>{session.user.name}</Text>
          <Button size="xs" variant="default" onClick={() => void signOut()}>{say("signOut")}</Button>
        </>
      }
    >
      <Board />
    </Frame>
  );
}

function Board() {
  const say = useText();
  const [chosen, setChosen] = useState<string | null>(null);
  const { lines, fault, offset, readAt } = useCases(LISTED);
  const now = useNow(offset);
  const next = lines?.find((line) => line.state === "with_dispatcher" && line.number !== chosen)?.number;
  useAltKey("n", next ? () => setChosen(next) : null);
  useEffect(() => {
    // The first is opened by itself; from then on nothing changes under one's hands.
    if (chosen === null && next) setChosen(next);
  }, [chosen, next]);
  if (!lines) return <Center h={300}>{fault ? <Alert color="red">{fault}</Alert> : <Loader />}</Center>;
  const waiting = lines.filter((line) => line.state === "with_dispatcher");
  const running = lines.filter((line) => line.state !== "with_dispatcher");
  const list = { chosen, choose: setChosen, now };
  return (
    <>
      <Box px="md" pt="xs"><Age readAt={readAt} /></Box>
      <div className="dispatch" data-stale={isStale(readAt)}>
        <Stack>
          <Card withBorder padding="md">
            <Group justify="space-between" mb="xs">
              <Title order={2} fz="md">{say("toForward")} {waiting.length}</Title>
              {next && <Button size="compact-sm" variant="default" onClick={() => setChosen(next)}>{say("next")} (Alt+N)</Button>}
            </Group>
            {waiting.length === 0 ? <Text c="dark.3">{say("noneToForward")}</Text> : <Cases lines={waiting} advised {...list} />}
          </Card>
          {running.length > 0 && (
            <Card withBorder padding="md">
              <Title order={2} fz="md" mb="xs">{say("alsoRunning")} {running.length}</Title>
              <Cases lines={running} {...list} />
            </Card>
          )}
        </Stack>
        {chosen ? <DispatchedCase key={chosen} number={chosen} now={now} /> : <Text c="dark.3" p="xl">{say("chooseCase")}</Text>}
      </div>
    </>
  );
}

interface CasesProps {
  lines: CaseLine[];
  chosen: string | null;
  choose: (number: string) => void;
  now: number;
  advised?: boolean;
}

function Cases({ lines, advised, ...list }: CasesProps) {
  const say = useText();
  return (
    <Table verticalSpacing={6} fz="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th ta="right">{say("timeLeft")}</Table.Th>
          <Table.Th>{say("ticket")}</Table.Th>
          <Table.Th>{say("matter")}</Table.Th>
          <Table.Th>{say(advised ? "suggestion" : "state")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {lines.map((line) => <Row key={line.number} line={line} advised={advised} {...list} />)}
      </Table.Tbody>
    </Table>
  );
}

function Row({ line, advised, chosen, choose, now }: Omit<CasesProps, "lines"> & { line: CaseLine }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const isChosen = chosen === line.number;
  const forwarding = useChoicesOfForm()?.steps.find((step) => step.step === FORWARDING)?.standard_seconds ?? undefined;
  return (
    <Table.Tr className={isChosen ? "row-chosen" : undefined} onClick={() => choose(line.number)} style={{ cursor: "pointer" }} data-testid={`row-${line.number}`}>
      <Table.Td ta="right"><TimeLeft until={line.next_due_at} now={now} of={line.track === "live" && advised ? forwarding : undefined} /></Table.Td>
      <Table.Td>
        <Button variant="transparent" color="dark" size="compact-sm" px={0} className="figures" aria-pressed={isChosen} onClick={() => choose(line.number)}>{line.number}</Button>
      </Table.Td>
      <Table.Td>
        {line.category?.[language] ?? "–"} {line.urgency === "high" && <Badge color="dark" size="sm" tt="none">{say("urgent")}</Badge>}
        {line.track === "live" && advised && <Text fz="sm" fw={700}>{say("citizenHolds")}</Text>}
      </Table.Td>
      <Table.Td>{advised ? <Advice number={line.number} /> : `${say(`st_${line.state}` as TextKey)}, ${say(dueText(line))}`}</Table.Td>
    </Table.Tr>
  );
}

function Advice({ number }: { number: string }) {
  const say = useText();
  const advice = useAdvice(number, true);
  const people = useChoicesOfForm()?.units.flatMap((unit) => unit.officials) ?? [];
  if (!advice) return <>{say("noSuggestion")}</>;
  return <>{people.find((one) => one.username === advice.official)?.name ?? advice.official}</>;
}
