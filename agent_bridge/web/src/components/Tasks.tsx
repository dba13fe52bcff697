// Between calls: the agent's own open cases, the least time left first; each is worked on where calls are.
import { Alert, Button, Group, Stack, Table, Title } from "@mantine/core";
import { useContext } from "react";
import type { CaseLine, StepView } from "../api/client";
import { useCases, useChoicesOfForm } from "../cases";
import { LanguageContext, type TextKey, useText } from "../text";
import { CasePanel } from "./CasePanel";
import { TimeLeft } from "./TimeLeft";

export function Tasks({ open, now }: { open: (number: string) => void; now: number }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const { lines, fault } = useCases("mine=true&limit=50");
  if (fault) return <Alert color="red">{fault}</Alert>;
  if (!lines?.length) return null;
  return (
    <Stack gap={6} data-testid="tasks">
      <Title order={3} fz="md">{say("tasks")}</Title>
      <Table verticalSpacing={6} highlightOnHover>
        <Table.Tbody>
          {lines.map((line) => (
            <Table.Tr key={line.number}>
              <Table.Td className="figures" fw={600}>{line.number}</Table.Td>
              <Table.Td>{line.category?.[language] ?? "–"}</Table.Td>
              <Table.Td>{say(dueText(line))}</Table.Td>
              <Table.Td ta="right"><TimeLeft until={line.next_due_at} now={now} /></Table.Td>
              <Table.Td ta="right"><Button size="compact-sm" variant="default" onClick={() => open(line.number)} data-testid="open-task">{say("open")}</Button></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}

export function TaskInHand({ number, now, leave }: { number: string; now: number; leave: () => void }) {
  const say = useText();
  const choices = useChoicesOfForm();
  const steps: StepView[] = (choices?.steps ?? []).map((step) => ({ ...step, started_at: null, ended_at: null, state: "ahead", within: null }));
  return (
    <div className="at-work" data-testid="task">
      <Group justify="space-between">
        <Title order={2} fz={26} lh={1.1} className="figures">{number}</Title>
        <Button variant="default" size="compact-sm" onClick={leave} data-testid="leave-task">{say("backToTasks")}</Button>
      </Group>
      <CasePanel key={number} number={number} phase="none" steps={steps} now={now} />
    </div>
  );
}

export function dueText(line: CaseLine): TextKey {
  return line.due_kind ? (`due_${line.due_kind}` as TextKey) : (`st_${line.state}` as TextKey);
}

