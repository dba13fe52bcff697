// The SOP's steps on this call and case: each with its seconds and its standard, amber at the warning, red past it.
import { Button, Group, Text } from "@mantine/core";
import { useContext } from "react";
import type { CaseStepView, StepView } from "../api/client";
import { minutes, secondsBetween } from "../clock";
import { useAltKey } from "../keys";
import { LanguageContext, type TextKey, useText } from "../text";

const FIRST_OF_CASE = 5;
const LAST_OF_CASE = 12;
/** Steps for which the office has a sentence that can be read out. */
const SPOKEN = [5, 6, 7, 8, 9, 11, 12, 13];

export function Steps(props: { steps: StepView[]; now: number; done?: (step: number) => void }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const shown = props.steps.filter((step) => step.standard_seconds);
  const running = shown.filter((step) => step.state === "running").at(-1);
  const byHand = running && running.step >= FIRST_OF_CASE && running.step <= LAST_OF_CASE ? props.done : undefined;
  useAltKey("j", running && byHand ? () => byHand(running.step) : null);
  return (
    <section aria-label={say("steps")}>
      <div className="steps figures">
        {shown.map((step) => (
          <Step key={step.step} step={step} now={props.now} />
        ))}
      </div>
      <Group mt={4} mih={26} gap="sm" justify="space-between" wrap="nowrap" aria-live="polite">
        <Text fz="sm" lineClamp={1}>
          {running && props.done && SPOKEN.includes(running.step) && <b>{say(`say${running.step}` as TextKey)} </b>}
          {running && `${say("step")} ${running.step}: ${running[language]}`}
        </Text>
        {running && byHand && (
          <Button size="compact-sm" variant="default" flex="none" onClick={() => byHand(running.step)} data-testid="step-done">{say("goOn")} (Alt+J)</Button>
        )}
      </Group>
    </section>
  );
}

/** The same with what people did: where the case knows a step, its newest round counts, not the call's. */
export function CaseSteps(props: { steps: StepView[]; known: CaseStepView[]; now: number; done: (step: number) => void }) {
  const newest = new Map<number, CaseStepView>();
  for (const step of props.known) if ((newest.get(step.step)?.round ?? 0) < step.round) newest.set(step.step, step);
  const merged = props.steps.map((step): StepView => {
    const known = newest.get(step.step);
    if (!known) return step;
    const state = known.skipped_because ? "skipped" : known.ended_at ? "done" : "running";
    return { ...step, started_at: known.started_at, ended_at: known.ended_at, within: known.within, state };
  });
  return <Steps steps={merged} now={props.now} done={props.done} />;
}

function Step({ step, now }: { step: StepView; now: number }) {
  const { language } = useContext(LanguageContext);
  const end = step.ended_at ? Date.parse(step.ended_at) : now;
  const seconds = step.started_at && step.state !== "skipped" ? secondsBetween(step.started_at, end) : null;
  return (
    <div className="step" data-state={step.state} data-colour={colour(step, seconds)} title={step[language]} data-testid={`step-${step.step}`}>
      <Group gap={2} justify="space-between" wrap="nowrap">
        <Text fz={11} fw={700} style={{ whiteSpace: "nowrap" }}>
          {step.step}
          {step.state === "done" && "✓"}
        </Text>
        <Text fz={13} fw={step.state === "running" ? 700 : 400}>
          {seconds === null ? "–" : minutes(seconds)}
        </Text>
      </Group>
      <Text fz={12} c="dark.4" ta="right">
        / {minutes(step.standard_seconds ?? 0)}
      </Text>
    </div>
  );
}

function colour(step: StepView, seconds: number | null): string {
  if (seconds === null || !step.standard_seconds) return "";
  if (seconds > step.standard_seconds) return "red";
  return step.state === "running" && step.warn_seconds && seconds >= step.warn_seconds ? "amber" : "";
}
