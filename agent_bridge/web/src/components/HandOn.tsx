// The caller goes on to a colleague: chosen from those who are free, and asked about once.
import { Button, Group, Menu, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call, type ColleaguesView, type ColleagueView } from "../api/client";
import { useAltKey } from "../keys";
import type { BrowserPhone } from "../phone";
import { useText } from "../text";

const ASKED_EVERY_MS = 4_000;

interface Props {
  callId: string;
  ask: (method: string, path: string, body?: unknown) => Promise<void>;
}

export function HandOn({ callId, ask }: Props) {
  const say = useText();
  const [opened, setOpened] = useState(false);
  const [chosen, setChosen] = useState<ColleagueView | null>(null);
  const { data } = useQuery({
    queryKey: ["colleagues"],
    queryFn: () => call<ColleaguesView>("GET", "/api/desk/colleagues"),
    refetchInterval: ASKED_EVERY_MS,
  });
  const free = data?.colleagues ?? [];
  useAltKey("h", free.length ? () => setOpened(true) : null);
  if (chosen) return <Sure colleague={chosen} leave={() => setChosen(null)} handOn={() => ask("POST", `/api/calls/${callId}/transfer`, { agent_id: chosen.agent_id })} />;
  return (
    <Menu opened={opened} onChange={setOpened} width="target">
      <Menu.Target>
        <Button variant="default" size="xs" disabled={!free.length} title={free.length ? undefined : say("nobodyFree")} data-testid="hand-on">
          {say("handOn")} (Alt+H)
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {free.map((one) => (
          <Menu.Item key={one.agent_id} onClick={() => setChosen(one)} data-testid="colleague">{one.name}</Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** A call that only the phone knows of: a colleague handed the caller on, and the queue has nothing to do with it. */
export function HandedOn({ phone }: { phone: BrowserPhone }) {
  const say = useText();
  const rings = phone.state === "ringing";
  const answer = () => phone.answer();
  useAltKey("t", rings ? answer : null);
  useAltKey("b", rings ? null : () => phone.mute());
  const ticket = phone.shows.replace(/(\d)$/, "-$1");
  return (
    <Stack gap="xs" data-testid="handed-on">
      <Text fw={600} className="figures">{say(rings ? "ringsForTicket" : "talksForTicket", { n: ticket })}</Text>
      {rings ? (
        <Button size="md" autoFocus onClick={answer} data-testid="answer-colleague">{say("answer")} (Alt+T)</Button>
      ) : (
        <>
          <Button variant={phone.muted ? "filled" : "default"} color="red.9" onClick={() => phone.mute()}>{say(phone.muted ? "unmute" : "mute")} (Alt+B)</Button>
          <Button color="red.9" onClick={() => phone.hangUp()} data-testid="hang-up-colleague">{say("hangUp")}</Button>
        </>
      )}
    </Stack>
  );
}

function Sure({ colleague, leave, handOn }: { colleague: ColleagueView; leave: () => void; handOn: () => Promise<void> }) {
  const say = useText();
  const [busy, setBusy] = useState(false);
  const sure = async () => {
    setBusy(true);
    await handOn();
    leave();
  };
  return (
    <Stack gap={6} role="group" aria-label={say("handOn")} onKeyDown={(event) => event.key === "Escape" && leave()}>
      <Text fz="sm" data-testid="hand-on-question">{say("handOnSure", { name: colleague.name })}</Text>
      <Group gap="xs" grow>
        <Button size="xs" autoFocus loading={busy} onClick={() => void sure()} data-testid="hand-on-sure">{say("handOnDo")}</Button>
        <Button size="xs" variant="default" onClick={leave}>{say("leave")}</Button>
      </Group>
    </Stack>
  );
}
