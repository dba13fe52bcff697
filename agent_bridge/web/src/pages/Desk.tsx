// The agent's desk: the phone on the left, the caller and the SOP on the right; nothing scrolls during a call.
import { Alert, Button, Card, Center, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { call, type DeskView, type PhoneView, type SipAccount } from "../api/client";
import { minutes, secondsBetween, useNow } from "../clock";
import { AgentPanel } from "../components/AgentPanel";
import { Frame } from "../components/Frame";
import { NextCallBack } from "../components/NextCallBack";
import { Earlier, Pop } from "../components/Pop";
import { TaskInHand, Tasks } from "../components/Tasks";
import { useDeskFeed } from "../feed";
import { usePhone } from "../phone";
import { useSession } from "../session";
import { useText } from "../text";

export function DeskPage() {
  const { session, fault } = useSession("agent", "supervisor");
  if (!session) return <Center h={300}>{fault ? <Alert color="red">{fault}</Alert> : <Loader />}</Center>;
  return <SeatedDesk practice={session.profile === "latihan"} name={session.user.name} />;
}

function SeatedDesk({ practice, name }: { practice: boolean; name: string }) {
  const say = useText();
  const navigate = useNavigate();
  const { view, offset, staleSeconds, signedOut } = useDeskFeed();
  const now = useNow(offset);
  const [sip, setSip] = useState<SipAccount | null>(null);
  const [refusal, setRefusal] = useState("");
  const [help, setHelp] = useState(false);
  const [task, setTask] = useState<string | null>(null);
  const phone = usePhone(sip);

  const ask = async (method: string, path: string, body?: unknown) => {
    setRefusal("");
    try {
      await call(method, path, body);
    } catch (fault) {
      setRefusal(fault instanceof Error ? fault.message : say("networkDown"));
    }
  };
  const place = () => void ask("POST", "/api/call-backs/next");
  // The agent asked for this call: the browser's phone takes its own ring by itself.
  const ringsForUs = view?.agent.state === "calling" && phone?.state === "ringing";
  useEffect(() => {
    if (ringsForUs) phone?.answer();
  }, [ringsForUs, phone]);
  const takePhone = async (wanted: string) => {
    setRefusal("");
    try {
      const taken = await call<PhoneView>("POST", "/api/desk/phone", { phone: wanted });
      setSip(taken.sip ?? null);
    } catch (fault) {
      setRefusal(fault instanceof Error ? fault.message : say("networkDown"));
    }
  };
  // After a reload the shift goes on; the browser's phone has to be taken up again.
  const seatedAtBrowser = view?.agent.phone?.startsWith("PJSIP/layar") && view.agent.state !== "signed_out";
  useEffect(() => {
    if (seatedAtBrowser && !sip && view?.agent.state !== "talking") void takePhone("browser").then(() => {
      if (view?.agent.state === "ready") void ask("POST", "/api/desk/ready");
    });
    // Once, when the snapshot says so.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [seatedAtBrowser]);
  useEffect(() => {
    if (signedOut) void navigate({ to: "/masuk" });
  }, [signedOut, navigate]);
  useEffect(() => {
    const typed = (event: KeyboardEvent) => {
      const writing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (event.key === "?" && !writing) setHelp((shown) => !shown);
    };
    window.addEventListener("keydown", typed);
    return () => window.removeEventListener("keydown", typed);
  }, []);

  const leave = async () => {
    setSip(null);
    await ask("DELETE", "/api/session");
    await navigate({ to: "/masuk" });
  };
  return (
    <Frame
      practice={practice}
      title={say("title")}
      right={
        <>
          {view && <QueueSummary view={view} now={now} />}
          <Text fw={600}>{name}</Text>
          <Button size="xs" variant="default" onClick={() => void leave()}>{say("signOut")}</Button>
        </>
      }
    >
      {staleSeconds > 0 && <Alert color="orange" radius={0} py={6}>{say("stale", { s: staleSeconds })}</Alert>}
      {view?.link.pbx === "stale" && <Alert color="orange" radius={0} py={6}>{say("pbxStale")}</Alert>}
      {view?.link.pbx === "absent" && <Alert color="orange" radius={0} py={6}>{say("pbxAbsent")}</Alert>}
      {!view ? (
        <Center h={300}><Loader /></Center>
      ) : (
        <div className="desk" style={{ opacity: staleSeconds ? 0.5 : 1 }}>
          <Stack gap="md">
            <AgentPanel view={view} now={now} phone={phone} atBrowser={Boolean(sip)} ask={ask} takePhone={takePhone} />
            {refusal && <Alert color="red" role="alert" withCloseButton onClose={() => setRefusal("")}>{refusal}</Alert>}
            {view.pop && !["ringing", "calling"].includes(view.pop.phase) && <Card withBorder padding="md"><Earlier caller={view.pop.caller} /></Card>}
            {help && <Alert title={say("keys")} withCloseButton onClose={() => setHelp(false)}>{say("keysHelp")}</Alert>}
          </Stack>
          {view.pop ? (
            <Pop pop={view.pop} now={now} />
          ) : task ? (
            <TaskInHand number={task} now={now} leave={() => setTask(null)} />
          ) : (
            <Idle view={view} now={now} open={setTask} place={place} />
          )}
        </div>
      )}
    </Frame>
  );
}

function QueueSummary({ view, now }: { view: DeskView; now: number }) {
  const say = useText();
  const { waiting, longest_wait_since_at, call_backs_due, ready_agents } = view.queue;
  return (
    <Group gap="lg" className="figures" data-testid="queue">
      <Text fz="sm">
        {say("queue")} <b>{waiting}</b>
        {longest_wait_since_at && ` · ${say("longest")} ${minutes(secondsBetween(longest_wait_since_at, now))}`}
      </Text>
      <Text fz="sm">{say("readyAgents")} <b>{ready_agents}</b></Text>
      <Text fz="sm">{say("callBacks")} <b>{call_backs_due}</b></Text>
    </Group>
  );
}

function Idle({ view, now, open, place }: { view: DeskView; now: number; open: (number: string) => void; place: () => void }) {
  const say = useText();
  const hint = { ready: "idleReady", not_ready: "idleNotReady" }[view.agent.state as string] ?? "idleSignedOut";
  return (
    <Card withBorder padding="xl" data-testid="idle">
      <Stack align="center" gap="xs" my="xl">
        <Title order={2} fz="xl" c="dark.3">{say("idleTitle")}</Title>
        <Text c="dark.3">{say(hint as "idleReady")}</Text>
      </Stack>
      <NextCallBack view={view} place={place} />
      <Tasks open={open} now={now} />
    </Card>
  );
}
