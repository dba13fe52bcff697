// What the office owes: how many calls, by when they will be made, and how many agents make them.
import { Alert, Button, Card, Group, NumberInput, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call, type CallBackBoard as Board, type CallBackLine } from "../api/client";
import { useDay } from "../cases";
import { type TextKey, useText } from "../text";

const READ_AGAIN_MS = 3_000;

export function CallBackBoard({ maySet }: { maySet: boolean }) {
  const say = useText();
  const { time } = useDay();
  const { data, error } = useQuery({ queryKey: ["call-backs"], queryFn: () => call<Board>("GET", "/api/call-backs"), refetchInterval: READ_AGAIN_MS });
  if (error) return <Alert color="red">{error.message}</Alert>;
  if (!data) return null;
  return (
    <Card withBorder padding="md" data-testid="call-back-board">
      <Stack gap="sm">
        <Group justify="space-between" align="baseline">
          <Title order={2} fz="lg">{say("board")}</Title>
          <Text c="dark.3">{data.owed > 0 && (data.done_by ? say("boardDone", { at: time(data.done_by) }) : say("boardNobody"))}</Text>
        </Group>
        <Group gap="xl" className="figures">
          <Figure value={data.owed} label={say("boardOwed")} testId="owed" />
          <Figure value={data.due_today} label={say("boardToday")} />
          <Figure value={data.late} label={say("boardLate")} red={data.late > 0} />
        </Group>
        {maySet && <Share board={data} />}
        {data.calls.length ? <Calls lines={data.calls} /> : <Text>{say("boardNone")}</Text>}
      </Stack>
    </Card>
  );
}

function Figure({ value, label, red, testId }: { value: number; label: string; red?: boolean; testId?: string }) {
  return (
    <div>
      <Text fz={30} fw={700} lh={1.1} c={red ? "red.9" : undefined} data-testid={testId}>{value}</Text>
      <Text fz="sm" c="dark.3">{label}</Text>
    </div>
  );
}

function Share({ board }: { board: Board }) {
  const say = useText();
  const queries = useQueryClient();
  const [percent, setPercent] = useState<number | string>(board.share_percent);
  const [refusal, setRefusal] = useState("");
  const set = () => {
    setRefusal("");
    call<Board>("PUT", "/api/call-backs/share", { percent: Number(percent) })
      .then((now) => queries.setQueryData(["call-backs"], now))
      .catch((fault: unknown) => setRefusal(fault instanceof Error ? fault.message : String(fault)));
  };
  const hint = { calling: board.calling, most: board.at_most, serving: board.serving, waiting: board.waiting };
  return (
    <div>
      <Group align="flex-end" gap="xs">
        <NumberInput label={say("boardShare")} description={say("boardShareHint", hint)} suffix=" %" min={0} max={100} step={10}
          value={percent} onChange={setPercent} data-testid="share" />
        <Button variant="default" disabled={Number(percent) === board.share_percent} onClick={set} data-testid="set-share">{say("boardSet")}</Button>
      </Group>
      {refusal && <Text c="red.9" role="alert">{refusal}</Text>}
    </div>
  );
}

function Calls({ lines }: { lines: CallBackLine[] }) {
  const say = useText();
  const { time } = useDay();
  return (
    <Table verticalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          {(["ticket", "since", "dueBefore", "reason", "tries"] as TextKey[]).map((key) => <Table.Th key={key}>{say(key)}</Table.Th>)}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {lines.map((line) => (
          <Table.Tr key={line.number}>
            <Table.Td className="figures" fw={600}>{line.number}</Table.Td>
            <Table.Td className="figures">{time(line.since_at)}</Table.Td>
            <Table.Td className="figures">{time(line.due_at)}</Table.Td>
            <Table.Td>{line.reason && say(`owed_${line.reason}` as TextKey)}</Table.Td>
            <Table.Td className="figures">{line.tries || "–"}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
