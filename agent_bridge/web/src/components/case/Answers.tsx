// What comes after the FAQ book: others have the case, their solution is here, the citizen was told, was asked.
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import type { CaseView } from "../../api/client";
import { type Acting, useDay } from "../../cases";
import { minutes } from "../../clock";
import { useAltKey } from "../../keys";
import { type TextKey, useText } from "../../text";

interface Props {
  found: CaseView;
  acting: Acting;
  now: number;
  onCall: boolean;
}

/** With the dispatcher or an official: since when, and how long the citizen still holds the line. */
export function Elsewhere({ found, now }: Props) {
  const say = useText();
  const { time } = useDay();
  const left = found.consult_until_at ? (Date.parse(found.consult_until_at) - now) / 1000 : null;
  const last = found.events.filter((event) => event.kind === "returned").at(-1);
  return (
    <Stack gap={6} data-testid="elsewhere" data-state={found.state}>
      <Title order={3} fz="md">{say(`st_${found.state}` as TextKey)}</Title>
      {found.official && <Text fz="sm">{found.official}</Text>}
      {found.track === "live" && left !== null && left > 0 && (
        <Text fz={28} fw={700} className="figures" data-testid="consult-left">{minutes(left)}</Text>
      )}
      <Text fz="sm">
        {found.track === "live" ? say("citizenHolds") : found.next_due_at && say("answerBy", { at: time(found.next_due_at) })}
      </Text>
      {last?.text && <Text fz="sm">{say("ev_returned")}: {last.text}</Text>}
    </Stack>
  );
}

/** The solution that came, and whether the citizen was told. */
export function SolutionCard({ found, acting, onCall }: Props) {
  const say = useText();
  const { time } = useDay();
  const { solution } = found;
  const text = solution?.text ?? found.events.filter((event) => event.kind === "referred_elsewhere").at(-1)?.text;
  const toTell = (found.state === "solved" && solution?.deliver_by !== "official") || found.state === "referred";
  const tell = () => void acting.act("POST", "delivery", { channel: onCall ? "live_call" : "call_back" });
  useAltKey("p", toTell ? tell : null);
  if (!solution && !found.belongs_to) return null;
  return (
    <Stack gap={6} data-testid="solution">
      <Title order={3} fz="md">{found.belongs_to && !solution ? say("belongsTo", { where: found.belongs_to }) : say("solution")}</Title>
      <Text className="words" data-testid="solution-text">{text}</Text>
      {solution && (
        <Text fz="sm" c="dark.3">
          {[solution.author, solution.article && `${solution.article} v${solution.article_version}`, time(solution.written_at)].filter(Boolean).join(" · ")}
        </Text>
      )}
      {solution?.told_at && <Text fz="sm" data-testid="told">{say("toldBy", { who: solution.told_by ?? "–", at: time(solution.told_at) })}</Text>}
      {found.state === "solved" && solution?.deliver_by === "official" && <Text fz="sm">{say("officialTells")}</Text>}
      {toTell && (
        <Button onClick={tell} loading={acting.busy} data-testid="told-citizen">{say(onCall ? "toldNow" : "toldByCall")} (Alt+P)</Button>
      )}
    </Stack>
  );
}

/** SOP step 12: does that settle it, and is there anything else. */
export function Confirmation({ found, acting, talking }: Props & { talking: boolean }) {
  const say = useText();
  const answer = (satisfied: boolean) => void acting.act("POST", "confirmation", { satisfied });
  const told = found.state === "awaiting_confirmation";
  const later = talking && ["with_dispatcher", "with_official"].includes(found.state) && found.track === "deferred" && !askedSinceSent(found);
  useAltKey("y", told || later ? () => answer(told) : null);
  useAltKey("x", told ? () => answer(false) : null);
  if (!told && !later) return null;
  return (
    <Stack gap={6} data-testid="confirmation">
      <Title order={3} fz="md">{say(told ? "confirmTold" : "confirmLater")}</Title>
      <Group gap="xs">
        <Button onClick={() => answer(told)} loading={acting.busy} data-testid="confirm-yes">{say(told ? "yes" : "nothingElse")} (Alt+Y)</Button>
        {told && <Button variant="default" onClick={() => answer(false)} data-testid="confirm-no">{say("notYet")} (Alt+X)</Button>}
      </Group>
    </Stack>
  );
}

function askedSinceSent(found: CaseView): boolean {
  const last = (kind: string) => found.events.filter((event) => event.kind === kind).at(-1)?.at ?? "";
  return last("citizen_confirmed") > last("sent_to_dispatcher");
}
