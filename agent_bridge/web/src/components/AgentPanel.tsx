// The left column: the agent's state and phone, and what can be done with the call in hand.
import { Button, Card, Group, Menu, Select, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useContext } from "react";
import { call, type DeskChoices, type DeskView } from "../api/client";
import { minutes, secondsBetween } from "../clock";
import { useAltKey } from "../keys";
import type { BrowserPhone } from "../phone";
import { LanguageContext, type TextKey, useText } from "../text";
import { HandedOn, HandOn } from "./HandOn";

interface Props {
  view: DeskView;
  now: number;
  phone: BrowserPhone | null;
  atBrowser: boolean;
  ask: (method: string, path: string, body?: unknown) => Promise<void>;
  takePhone: (phone: string) => Promise<void>;
}

export function AgentPanel(props: Props) {
  const say = useText();
  const { agent } = props.view;
  return (
    <Card withBorder padding="md">
      <Stack gap="md">
        <Group justify="space-between" align="baseline">
          <Title order={2} fz="lg" data-testid="agent-state" data-state={agent.state}>{say(agent.state)}</Title>
          <Text className="figures" c="dark.3">{agent.since_at && minutes(secondsBetween(agent.since_at, props.now))}</Text>
        </Group>
        <PhoneChoice {...props} />
        <Readiness {...props} />
        {agent.state === "ringing" && <Ringing {...props} />}
        {agent.state === "calling" && <Text fw={600} data-testid="calling">{say(props.atBrowser ? "callingHint" : "liftPhone")}</Text>}
        {agent.state === "talking" && <Talking {...props} />}
        {props.phone && handedOn(agent.state, props.phone) && <HandedOn phone={props.phone} />}
        {agent.state === "wrap_up" && <WrapUp {...props} />}
      </Stack>
    </Card>
  );
}

function handedOn(state: DeskView["agent"]["state"], phone: BrowserPhone): boolean {
  return ["ready", "not_ready"].includes(state) && ["ringing", "talking"].includes(phone.state);
}

function PhoneChoice({ view, phone, atBrowser, takePhone }: Props) {
  const say = useText();
  const choices = useChoices();
  const seated = view.agent.state !== "signed_out";
  const value = !seated ? null : atBrowser ? "browser" : (view.agent.phone ?? null);
  const label = (one: { phone: string; label: string }) =>
    one.phone === "browser" ? say("browserPhone") : `${say("deskPhone")} ${one.label}`;
  const state: TextKey | null = !phone ? null : phone.state === "lost" ? "phoneLost" : phone.state === "connecting" ? "phoneConnecting" : "phoneRegistered";
  return (
    <div>
      <Select label={say("phone")} placeholder={say("choosePhone")} value={value} allowDeselect={false} data-testid="phone-choice"
        disabled={["ringing", "calling", "talking"].includes(view.agent.state)}
        onChange={(chosen) => chosen && void takePhone(chosen)}
        data={choices.phones.map((one) => ({ value: one.phone, label: label(one) }))} />
      {state && <Text fz="sm" mt={4} c={state === "phoneLost" ? "red.9" : "dark.3"} data-testid="phone-state" data-state={phone?.state}>{say(state)}</Text>}
      {phone?.microphoneRefused && <Text fz="sm" mt={4} c="red.9" role="alert">{say("microphone")}</Text>}
    </div>
  );
}

function useChoices(): DeskChoices {
  const { data } = useQuery({ queryKey: ["choices"], queryFn: () => call<DeskChoices>("GET", "/api/desk/choices"), staleTime: 60_000 });
  return data ?? { phones: [], not_ready_reasons: [] };
}

function Readiness({ view, ask }: Props) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const { not_ready_reasons } = useChoices();
  const ready = () => void ask("POST", "/api/desk/ready");
  const canBeReady = view.agent.state === "not_ready";
  useAltKey("s", canBeReady ? ready : null);
  if (view.agent.state === "signed_out") return null;
  const reason = not_ready_reasons.find((one) => one.code === view.agent.reason);
  return (
    <Stack gap="xs">
      {canBeReady && reason && <Text fz="sm">{reason[language]}</Text>}
      <Group grow gap="xs">
        {canBeReady && <Button onClick={ready} data-testid="ready">{say("goReady")} (Alt+S)</Button>}
        {view.agent.state !== "wrap_up" && (
          <Menu>
            <Menu.Target>
              <Button variant="default" data-testid="not-ready">{say("goNotReady")}</Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>{say("chooseReason")}</Menu.Label>
              {not_ready_reasons.map((one) => (
                <Menu.Item key={one.code} onClick={() => void ask("POST", "/api/desk/not-ready", { reason: one.code })} data-testid={`reason-${one.code}`}>
                  {one[language]}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </Group>
    </Stack>
  );
}

function Ringing({ phone, atBrowser }: Props) {
  const say = useText();
  const rings = phone?.state === "ringing";
  const answer = () => phone?.answer();
  useAltKey("t", rings ? answer : null);
  if (!atBrowser) return <Text fw={600}>{say("liftPhone")}</Text>;
  return (
    <Button size="xl" autoFocus disabled={!rings} onClick={answer} data-testid="answer">
      {say("answer")} (Alt+T)
    </Button>
  );
}

function Talking({ view, phone, ask }: Props) {
  const say = useText();
  const callId = view.pop?.call_id;
  const closing = Boolean(view.pop?.closing_at);
  const close = () => void ask("POST", `/api/calls/${callId}/${closing ? "hang-up" : "closing"}`);
  useAltKey("u", callId ? close : null);
  useAltKey("b", phone ? () => phone.mute() : null);
  return (
    <Stack gap="xs">
      {phone && (
        <Button variant={phone.muted ? "filled" : "default"} color="red.9" onClick={() => phone.mute()} data-testid="mute">
          {say(phone.muted ? "unmute" : "mute")} (Alt+B)
        </Button>
      )}
      {closing && <Text fs="italic" data-testid="farewell">{say("farewell")}</Text>}
      <Button variant={closing ? "filled" : "default"} color="red.9" size="md" onClick={close} data-testid={closing ? "hang-up" : "close"}>
        {say(closing ? "hangUp" : "close")} (Alt+U)
      </Button>
      {view.pop?.queued_at && <HandOn callId={view.pop.call_id} ask={ask} />}
    </Stack>
  );
}

function WrapUp({ view, now, ask }: Props) {
  const say = useText();
  const end = () => void ask("POST", "/api/desk/wrap-up/end");
  useAltKey("r", end);
  const left = view.agent.wrap_up_until_at ? Math.max(0, (Date.parse(view.agent.wrap_up_until_at) - now) / 1000) : 0;
  return (
    <Stack gap="xs">
      <Group justify="space-between" align="baseline">
        <Text>{say("wrapUpTitle")}</Text>
        <Text fz={28} fw={700} className="figures" data-testid="wrap-up-clock">{minutes(left)}</Text>
      </Group>
      <Text fz="sm" c="dark.3">{say("wrapUpHint")}</Text>
      <Stack gap="xs">
        <Button variant="default" onClick={() => void ask("POST", "/api/desk/wrap-up/extend", { seconds: 60 })} data-testid="extend-wrap-up">{say("extend")}</Button>
        <Button onClick={end} data-testid="end-wrap-up">{say("endWrapUp")} (Alt+R)</Button>
      </Stack>
    </Stack>
  );
}
