// The screen pop: who calls and why, while the phone still rings; a line above the case once one talks.
import { Badge, Card, Divider, Grid, Group, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useContext, useEffect } from "react";
import type { PopView } from "../api/client";
import { minutes, secondsBetween } from "../clock";
import { LanguageContext, type TextKey, useText } from "../text";
import { CasePanel } from "./CasePanel";
import { Steps } from "./Steps";

export function Pop({ pop, now }: { pop: PopView; now: number }) {
  if (pop.phase === "ringing" || !pop.ticket) return <Ringing pop={pop} now={now} />;
  return (
    <div className="at-work" data-testid="pop" data-call={pop.call_id} data-phase={pop.phase}>
      <InCall pop={pop} now={now} />
      <CasePanel key={pop.call_id} number={pop.ticket.number} phase={pop.phase} steps={pop.steps} now={now} />
    </div>
  );
}

function Ringing({ pop, now }: { pop: PopView; now: number }) {
  const say = useText();
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
            <Text fz={28} fw={700} className="figures" data-testid="pop-waited">{waited(pop, now)}</Text>
          </div>
        </Group>
        <Steps steps={pop.steps} now={now} />
        <Divider />
        <Grid gap="xl">
          <Grid.Col span={6}>
            <Text fz="sm" c="dark.3">{say("caller")}</Text>
            <Caller caller={pop.caller} />
          </Grid.Col>
          <Grid.Col span={6}>
            <Text fz="sm" c="dark.3">{say("category")}</Text>
            <Category pop={pop} />
          </Grid.Col>
        </Grid>
        <Earlier caller={pop.caller} />
      </Stack>
    </Card>
  );
}

function InCall({ pop, now }: { pop: PopView; now: number }) {
  const say = useText();
  const queries = useQueryClient();
  useEffect(() => {
    // The call's own steps are steps of the case too.
    void queries.invalidateQueries({ queryKey: ["case"] });
  }, [queries, pop.phase, pop.closing_at]);
  return (
    <Group justify="space-between" gap="md" wrap="nowrap">
      <Title order={2} fz={26} lh={1.1} className="figures" data-testid="pop-ticket">{pop.ticket?.number}</Title>
      {pop.category && <Category pop={pop} />}
      <Group gap="sm" wrap="nowrap">
        <Caller caller={pop.caller} short />
      </Group>
      <Text fz="sm" c="dark.3" className="figures">{say("waited")} {waited(pop, now)}</Text>
    </Group>
  );
}

function waited(pop: PopView, now: number): string {
  const until = pop.answered_at ? Date.parse(pop.answered_at) : now;
  return pop.queued_at ? minutes(secondsBetween(pop.queued_at, until)) : "–";
}

function Category({ pop }: { pop: PopView }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  return <Text fz={pop.phase === "ringing" ? "xl" : "md"} fw={600} data-testid="pop-category">{pop.category ? pop.category[language] : say("noCategory")}</Text>;
}

const SHORT: Record<PopView["caller"]["standing"], TextKey> = { known: "knownShort", maybe: "maybeShort", unknown: "unknown" };

function Caller({ caller, short }: { caller: PopView["caller"]; short?: boolean }) {
  const say = useText();
  return (
    <>
      <Text fz={short ? "md" : "xl"} fw={600} className="figures" data-testid="pop-caller">{caller.masked_number ?? say("withheld")}</Text>
      <Badge mt={short ? 0 : 6} size="lg" variant="outline" color="dark" tt="none" data-testid="pop-standing" data-standing={caller.standing}>
        {say(short ? SHORT[caller.standing] : caller.standing)}
      </Badge>
    </>
  );
}

export function Earlier({ caller }: { caller: PopView["caller"] }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const day = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "id-ID", { dateStyle: "medium", timeZone: "Asia/Jakarta" });
  return (
    <section>
      <Title order={3} fz="md" mb={6}>{say("earlier")}</Title>
      {caller.earlier.length === 0 && <Text c="dark.3">{say("noEarlier")}</Text>}
      <Stack gap={4} data-testid="pop-earlier">
        {caller.earlier.map((ticket) => (
          <Group key={ticket.number} className="figures" style={{ gap: "0 12px" }}>
            <Text fw={600}>{ticket.number}</Text>
            <Text>{day.format(new Date(ticket.opened_at))}</Text>
            <Text>{say(`st_${ticket.state}` as TextKey)}</Text>
            <Text>{ticket.category?.[language]}</Text>
          </Group>
        ))}
      </Stack>
    </section>
  );
}
