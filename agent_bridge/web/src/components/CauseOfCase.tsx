// Whether the case in hand is about a cause (peristiwa): said by one key, and taken back by a button.
import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { call, type CaseView, type CauseView } from "../api/client";
import type { Acting } from "../cases";
import { useCauses } from "../causes";
import { useAltKey } from "../keys";
import { useText } from "../text";

/** One for each cause there may be at a time; none of them is a key of another part of these pages. */
const KEYS = ["g", "a", "c", "m", "z"] as const;

export function CauseOfCase({ found, acting }: { found: CaseView; acting: Acting }) {
  // The oldest first: a cause that is opened meanwhile takes no key from another under one's hands.
  const causes = useCauses().toReversed();
  const open = found.restricted ? [] : causes.slice(0, KEYS.length);
  if (found.cause_id) return <Linked found={found} causeId={found.cause_id} acting={acting} />;
  return (
    <Group gap="xs">
      {open.map((one, n) => <Link key={one.cause_id} cause={one} letter={KEYS[n]!} acting={acting} />)}
    </Group>
  );
}

function Link({ cause, letter, acting }: { cause: CauseView; letter: string; acting: Acting }) {
  const say = useText();
  const link = () => void acting.act("POST", "cause", { cause_id: cause.cause_id });
  useAltKey(letter, acting.busy ? null : link);
  return (
    <Button size="compact-sm" variant="default" disabled={acting.busy} onClick={link} data-testid="link-cause">
      {say("causeIs", { title: cause.title })} (Alt+{letter.toUpperCase()})
    </Button>
  );
}

function Linked({ found, causeId, acting }: { found: CaseView; causeId: string; acting: Acting }) {
  const say = useText();
  // One that is over stands in no list, and has its title all the same.
  const { data } = useQuery({ queryKey: ["cause", causeId], queryFn: () => call<CauseView>("GET", `/api/causes/${causeId}`), staleTime: 60_000 });
  return (
    <Group gap="xs" data-testid="linked-cause">
      <Text fz="sm" fw={600}>{say("causeIs", { title: data?.title ?? "" })}</Text>
      {!found.closed_at && (
        <Button size="compact-sm" variant="default" disabled={acting.busy} onClick={() => void acting.act("POST", "cause/unlink")} data-testid="unlink-cause">{say("causeNot")}</Button>
      )}
    </Group>
  );
}
