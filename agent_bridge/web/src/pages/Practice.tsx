// The practice phone: a citizen's telephone in the browser.
import { Alert, Button, Card, Container, Grid, Group, Progress, Select, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { call, type PracticeView } from "../api/client";
import { minutes, useNow } from "../clock";
import { Frame } from "../components/Frame";
import { type BrowserPhone, type PhoneState, usePhone } from "../phone";
import { type TextKey, useText } from "../text";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const SAID: Record<PhoneState, TextKey> = {
  connecting: "phoneConnecting",
  registered: "phoneRegistered",
  lost: "phoneLost",
  calling: "calling",
  ringing: "ringing",
  talking: "inCall",
  ended: "ended",
  failed: "failed",
};

export function PracticePage() {
  const say = useText();
  const practice = useQuery({ queryKey: ["practice"], queryFn: () => call<PracticeView>("GET", "/api/practice") });
  const [account, setAccount] = useState<string | null>(null);
  const phones = practice.data?.phones ?? [];
  const chosen = phones.find((phone) => phone.account === account) ?? phones[0];
  const phone = usePhone(chosen?.sip ?? null);
  const busy = phone?.state === "calling" || phone?.state === "talking";
  const rung = phone?.state === "ringing";
  return (
    <Frame practice title={say("practicePhone")}>
      <Container size="md" py="xl">
        {practice.isError && <Alert color="red">{practice.error.message}</Alert>}
        <Grid gap="xl">
          <Grid.Col span={{ base: 12, sm: 6 }}>
            <Card withBorder padding="lg">
              <Stack>
                <Select label={say("line")} value={chosen?.account ?? null} onChange={setAccount} disabled={busy} allowDeselect={false}
                  data={phones.map((one) => ({ value: one.account, label: `${one.label}  ${one.caller_number_masked} (${say("callerNumber")})` }))} />
                {phone && <Status phone={phone} />}
                <Keypad phone={phone} />
                {rung && <Button size="lg" onClick={() => phone.answer()} data-testid="answer">{say("answer")}</Button>}
                {busy || rung ? (
                  <Button color="red.9" size="lg" onClick={() => phone.hangUp()} data-testid="hang-up">{say("hangUp")}</Button>
                ) : (
                  <Button size="lg" disabled={phone?.state === "connecting" || phone?.state === "lost" || !phone}
                    onClick={() => phone?.call(practice.data?.line_number ?? "")} data-testid="dial">
                    {say("dial")} {practice.data?.line_number}
                  </Button>
                )}
              </Stack>
            </Card>
          </Grid.Col>
          <Grid.Col span={{ base: 12, sm: 6 }}>
            <Stack>
              <Text fz="lg">{say(busy ? "nextSteps" : "beforeDial")}</Text>
              <Button component="a" href="/meja" target="_blank" variant="default" w="fit-content">{say("desk")}</Button>
              {phone?.microphoneRefused && <Alert color="red" role="alert">{say("microphone")}</Alert>}
            </Stack>
          </Grid.Col>
        </Grid>
      </Container>
    </Frame>
  );
}

function Status({ phone }: { phone: BrowserPhone }) {
  const say = useText();
  const now = useNow(0);
  const [level, setLevel] = useState(0);
  useEffect(() => {
    let last = 0;
    const timer = window.setInterval(async () => {
      const { inboundEnergy } = await phone.stats();
      setLevel(Math.min(100, Math.sqrt(Math.max(0, inboundEnergy - last)) * 400));
      last = inboundEnergy;
    }, 300);
    return () => window.clearInterval(timer);
  }, [phone]);
  return (
    <div>
      <Group justify="space-between">
        <Title order={2} fz="md" data-testid="phone-state" data-state={phone.state}>{say(SAID[phone.state])}</Title>
        <Text className="figures">{phone.state === "talking" ? minutes((now - phone.since) / 1000) : ""}</Text>
      </Group>
      <Progress mt="xs" value={level} aria-label={say("hearing")} transitionDuration={150} />
    </div>
  );
}

function Keypad({ phone }: { phone: BrowserPhone | null }) {
  const talking = phone?.state === "talking";
  useEffect(() => {
    const typed = (event: KeyboardEvent) => {
      if (talking && KEYS.includes(event.key) && !event.altKey && !event.ctrlKey) phone.press(event.key);
    };
    window.addEventListener("keydown", typed);
    return () => window.removeEventListener("keydown", typed);
  }, [phone, talking]);
  return (
    <SimpleGrid cols={3} spacing="xs">
      {KEYS.map((key) => (
        <Button key={key} variant="default" size="lg" fz={24} h={56} disabled={!talking} onClick={() => phone?.press(key)} data-testid={`key-${key}`}>
          {key}
        </Button>
      ))}
    </SimpleGrid>
  );
}
