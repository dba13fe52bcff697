// SOP step 14: the recap stands filled in from the facts; it can be changed, kept, and the ticket closed with it.
import { Button, Stack, Text, Textarea, Title } from "@mantine/core";
import { useState } from "react";
import type { CaseView } from "../../api/client";
import { type Acting, useDay } from "../../cases";
import type { DraftInHand } from "../../draft";
import { useAltKey } from "../../keys";
import { useText } from "../../text";
import { Reason } from "./Reason";

const TOLD = ["awaiting_confirmation", "settled"];

export function Recap({ found, draft, acting }: { found: CaseView; draft: DraftInHand; acting: Acting }) {
  const say = useText();
  const { day } = useDay();
  const [cancelling, setCancelling] = useState(false);
  const { recap } = found;
  const promise = found.track === "deferred" && found.limit_at ? say("promise", { day: day(found.limit_at) }) : "";
  const problem = draft.typed.recap ?? recap.problem ?? draft.typed.story ?? "";
  const solution = draft.typed.solution ?? newSolution(found) ?? recap.solution ?? promise;
  const cancellable = !recap.written && !found.solution && found.track === null;
  const closable = TOLD.includes(found.state);
  const save = async (close: boolean) => {
    const body = { problem: unlessKnown(problem, found.outline ?? found.story), solution: unlessKnown(solution, found.solution?.text), close };
    if (await acting.act("POST", "recap", body)) draft.forget("recap", "solution");
  };
  useAltKey("i", () => void save(false));
  useAltKey("w", closable ? () => void save(true) : null);
  return (
    <Stack gap={8} data-testid="recap">
      <Title order={3} fz="md">{say("recap")}</Title>
      <Textarea label={say("recapProblem")} value={problem} rows={2} maxLength={4000} data-testid="recap-problem"
        onChange={(event) => draft.type("recap", event.currentTarget.value)} />
      <Textarea label={say("recapSolution")} value={solution} rows={3} maxLength={4000} data-testid="recap-solution"
        onChange={(event) => draft.type("solution", event.currentTarget.value)} />
      {recap.written && <Text fz="sm" data-testid="recap-saved">{say("recapSaved")}</Text>}
      {!closable && <Text fz="sm" c="dark.3">{say("notClosable")}</Text>}
      {closable && (
        <Button onClick={() => void save(true)} loading={acting.busy} data-testid="recap-close">{say("recapClose")} (Alt+W)</Button>
      )}
      <Button variant={closable ? "default" : "filled"} onClick={() => void save(false)} loading={acting.busy} data-testid="recap-save">{say("recapSave")} (Alt+I)</Button>
      {cancelling && cancellable && (
        <Reason label={say("cancelWhy")} submit={say("cancelTicket")} testId="cancel" onLeave={() => setCancelling(false)}
          onSubmit={(reason) => acting.act("POST", "cancel", { reason })} />
      )}
      {!cancelling && cancellable && (
        <Button variant="subtle" color="dark" size="compact-sm" onClick={() => setCancelling(true)}>{say("cancelTicket")} ...</Button>
      )}
    </Stack>
  );
}

/** A solution that came after the recap takes the place of what was promised. */
function newSolution(found: CaseView): string | null {
  const recapped = found.events.filter((event) => event.kind === "recap_written").at(-1)?.at ?? "";
  return found.solution && Date.parse(found.solution.written_at) > (Date.parse(recapped) || 0) ? found.solution.text : null;
}

/** What the facts say already is left to them. */
function unlessKnown(typed: string, known: string | null | undefined): string | null {
  return typed.trim() && typed !== known ? typed : null;
}
