// The case so far, for whoever goes on with it: who, what, and one line for each thing that was done. Masked.
import { Badge, Group, Stack, Text, Title } from "@mantine/core";
import { useContext } from "react";
import type { CaseView } from "../../api/client";
import { useChoicesOfForm, useDay } from "../../cases";
import { LanguageContext, type TextKey, useText } from "../../text";

/** What a keystroke or a look leaves behind tells nobody anything. */
const UNTOLD = ["entry_begun", "complainant_filed", "faq_opened", "dispatch_opened", "step_done"];

export function CaseStory({ found }: { found: CaseView }) {
  const say = useText();
  const { time } = useDay();
  const { language } = useContext(LanguageContext);
  const choices = useChoicesOfForm();
  const { identity } = found;
  const kind = choices?.types.find((one) => one.code === found.type);
  const told = found.events.filter((event) => !UNTOLD.includes(event.kind));
  // The same said twice in a row, without a word of its own, is said once.
  const events = told.filter((event, place) => event.text || event.kind !== told[place - 1]?.kind);
  const shown = new Set([found.story, found.outline, found.solution?.text]);
  return (
    <Stack gap="sm">
      <Group gap="xs">
        {kind && <Badge variant="outline" color="dark" tt="none">{kind[language]}</Badge>}
        {found.urgency === "high" && <Badge variant="filled" color="dark" tt="none">{say("urgent")}</Badge>}
        {found.restricted && <Badge variant="filled" color="dark" tt="none">{say("restricted")}</Badge>}
      </Group>
      <Text fz="sm" className="figures" data-testid="identity">
        {[identity.name, identity.nik_masked, identity.phone_masked, identity.district?.[language]].filter(Boolean).join(" · ")}
      </Text>
      <Words title="story" text={found.story} />
      <Words title="outline" text={found.outline} />
      <Words title="solution" text={found.solution?.text} />
      <section>
        <Title order={3} fz="sm" mb={4}>{say("history")}</Title>
        <Stack gap={2} component="ol" p={0} m={0} style={{ listStyle: "none" }} data-testid="history">
          {events.map((event, place) => (
            <Text key={place} component="li" fz="sm">
              <span className="figures">{time(event.at)}</span> {say(`ev_${event.kind}` as TextKey)}
              {event.by && ` · ${event.by}`}
              {event.text && !shown.has(event.text) && <span className="words">: {event.text}</span>}
            </Text>
          ))}
        </Stack>
      </section>
    </Stack>
  );
}

function Words({ title, text }: { title: TextKey; text: string | null | undefined }) {
  const say = useText();
  if (!text) return null;
  return (
    <section>
      <Title order={3} fz="sm">{say(title)}</Title>
      <Text className="words" data-testid={`case-${title}`}>{text}</Text>
    </section>
  );
}
