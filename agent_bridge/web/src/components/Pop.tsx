// The screen pop: who calls and why, while the phone still rings.
import { Badge, Card, Divider, Grid, Group, Stack, Text, Title } from "@mantine/core";
import { useContext } from "react";
import type { PopView } from "../api/client";
import { minutes, secondsBetween } from "../clock";
import { LanguageContext, type TextKey, useText } from "../text";
import { Steps } from "./Steps";

export function Pop({ pop, now }: { pop: PopView; now: number }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const waitedUntil = pop.answered_at ? Date.parse(pop.answered_at) : now;
  return (
    <Card withBorder padding="lg" data-testid="pop" data-call={pop.call_id} data-phase={pop.phase}>
      <Stack gap="lg">
        <Group justify="space-between" align="flex-start">
          <div>
            <Text fz="sm" c="dark.3">{say("ticket")}</Text>
            <Title order={2} fz={38} lh={1.1} className="figures" data-testid="pop-ticket">
              {pop.ticket?.number ?? say("noTicket")}
            </Title>
          </div>
          <div style={{ textAlign: "right" }}>
            <Text fz="sm" c="dark.3">{say("waited")}</Text>
            <Text fz={28} fw={700} className="figures" data-testid="pop-waited">
              {pop.queued_at ? minutes(secondsBetween(pop.queued_at, waitedUntil)) : "–"}
            </Text>
          </div>
        </Group>
        <Steps steps={pop.steps} now={now} />
        <Divider />
        <Grid gap="xl">
          <Grid.Col span={6}>
            <Caller caller={pop.caller} />
          </Grid.Col>
          <Grid.Col span={6}>
            <Text fz="sm" c="dark.3">{say("category")}</Text>
            <Text fz="xl" fw={600} data-testid="pop-category">{pop.category ? pop.category[language] : say("noCategory")}</Text>
          </Grid.Col>
        </Grid>
        <Earlier caller={pop.caller} />
      </Stack>
    </Card>
  );
}

function Caller({ caller }: { caller: PopView["caller"] }) {
  const say = useText();
  return (
    <div>
      <Text fz="sm" c="dark.3">{say("caller")}</Text>
      <Text fz="xl" fw={600} className="figures" data-testid="pop-caller">{caller.masked_number ?? say("withheld")}</Text>
      <Badge mt={6} size="lg" variant="outline" color="dark" tt="none" data-testid="pop-standing" data-standing={caller.standing}>
        {say(caller.standing)}
      </Badge>
    </div>
  );
}

function Earlier({ caller }: { caller: PopView["caller"] }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const day = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "id-ID", { dateStyle: "medium", timeZone: "Asia/Jakarta" });
  return (
    <section>
      <Title order={3} fz="md" mb={6}>{say("earlier")}</Title>
      {caller.earlier.length === 0 && <Text c="dark.3">{say("noEarlier")}</Text>}
      <Stack gap={4} data-testid="pop-earlier">
        {caller.earlier.map((ticket) => (
          <Group key={ticket.number} gap="md" className="figures">
            <Text fw={600}>{ticket.number}</Text>
            <Text>{day.format(new Date(ticket.opened_at))}</Text>
            <Text>{say(ticket.state as TextKey)}</Text>
            <Text>{ticket.category?.[language]}</Text>
          </Group>
        ))}
      </Stack>
    </section>
  );
}
