// The SOP's steps on this call: each with its seconds and its standard, amber at the warning, red past it.
import { Text } from "@mantine/core";
import { useContext } from "react";
import type { StepView } from "../api/client";
import { minutes, secondsBetween } from "../clock";
import { LanguageContext, useText } from "../text";

export function Steps(props: { steps: StepView[]; now: number }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const shown = props.steps.filter((step) => step.standard_seconds);
  const running = shown.filter((step) => step.state === "running").at(-1);
  return (
    <section aria-label={say("steps")}>
      <div className="steps figures">
        {shown.map((step) => (
          <Step key={step.step} step={step} now={props.now} />
        ))}
      </div>
      <Text mt={8} fz="sm" mih={22} aria-live="polite">
        {running && `${say("step")} ${running.step}: ${running[language]}`}
      </Text>
    </section>
  );
}

function Step({ step, now }: { step: StepView; now: number }) {
  const { language } = useContext(LanguageContext);
  const end = step.ended_at ? Date.parse(step.ended_at) : now;
  const seconds = step.started_at ? secondsBetween(step.started_at, end) : null;
  return (
    <div className="step" data-state={step.state} data-colour={colour(step, seconds)} title={step[language]} data-testid={`step-${step.step}`}>
      <Text fz="xs" fw={700}>
        {step.step}
        {step.state === "done" && " ✓"}
      </Text>
      <Text fz="sm" fw={step.state === "running" ? 700 : 400}>
        {seconds === null ? "–" : minutes(seconds)}
      </Text>
      <Text fz={11} c="dark.3">
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
