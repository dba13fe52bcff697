// The call that is owed next: one press, and the agent's telephone rings, then the citizen's.
import { Button, Card, Group, Text } from "@mantine/core";
import type { DeskView } from "../api/client";
import { useDay } from "../cases";
import { useAltKey } from "../keys";
import { useText } from "../text";

export function NextCallBack({ view, place }: { view: DeskView; place: () => void }) {
  const say = useText();
  const { time } = useDay();
  const next = view.agent.state === "ready" ? view.queue.next_call_back : null;
  useAltKey("o", next ? place : null);
  if (!next) return null;
  return (
    <Card withBorder padding="sm" data-testid="next-call-back">
      <Group justify="space-between">
        <div>
          <Text fz="sm" c="dark.3">{say("callNext")}</Text>
          <Text fz={22} fw={700} className="figures">{next.number}</Text>
          <Text fz="sm">
            {say("callWaits", { at: time(next.since_at) })} · {say("callBefore", { at: time(next.due_at) })}
            {next.tries > 0 && ` · ${say("callTries", { n: next.tries })}`}
          </Text>
        </div>
        <Button onClick={place} data-testid="call-next">{say("callNow")} (Alt+O)</Button>
      </Group>
    </Card>
  );
}
