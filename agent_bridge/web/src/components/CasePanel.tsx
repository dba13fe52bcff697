// The case in hand: its form on the left; on the right the FAQ book, the dispatcher, the solution, the recap.
import { Alert, Button, Card, Center, Group, Loader, Tabs, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { CaseView, FaqHit, StepView } from "../api/client";
import { call, type ArticleView, type Typed } from "../api/client";
import { useActing, useCase, useChoicesOfForm } from "../cases";
import { useDraft } from "../draft";
import { useForm } from "../form";
import { useAltKey } from "../keys";
import { useText } from "../text";
import { Confirmation, Elsewhere, SolutionCard } from "./case/Answers";
import { CauseOfCase } from "./CauseOfCase";
import { CaseForm, FormState } from "./case/CaseForm";
import { DispatchForm } from "./case/DispatchForm";
import { Duplicates } from "./case/Duplicates";
import { FaqSearch } from "./case/FaqSearch";
import { Personal } from "./case/Personal";
import { Recap } from "./case/Recap";
import { CaseSteps } from "./Steps";

/** `none`: worked on without its citizen on the telephone, as a task. */
export type CallPhase = "calling" | "talking" | "wrap_up" | "none";

interface Props {
  number: string;
  phase: CallPhase;
  now: number;
  /** The call's own steps, for those the case does not know yet. */
  steps: StepView[];
}

const AT_BACK_OFFICE = ["with_dispatcher", "with_official"];
const OVER = ["closed", "cancelled", "merged"];

export function CasePanel({ number, ...rest }: Props) {
  const { found } = useCase(number);
  const [chosen, setChosen] = useState(number);
  const numbers = [number, ...(found?.children ?? [])];
  const shown = numbers.includes(chosen) ? chosen : number;
  return (
    <>
      {numbers.length > 1 && (
        <Tabs value={shown} onChange={(tab) => tab && setChosen(tab)} className="figures" keepMounted={false}>
          <Tabs.List>
            {numbers.map((one) => <Tabs.Tab key={one} value={one} data-testid={`tab-${one}`}>{one}</Tabs.Tab>)}
          </Tabs.List>
        </Tabs>
      )}
      <OneCase key={shown} number={shown} root={number} show={setChosen} {...rest} />
    </>
  );
}

function OneCase(props: Props & { root: string; show: (number: string) => void }) {
  const { found, fault } = useCase(props.number);
  if (!found) return <Center h={200}>{fault ? <Alert color="red">{fault}</Alert> : <Loader />}</Center>;
  return <Work {...props} found={found} />;
}

function Work({ found, phase, now, steps, show }: Props & { found: CaseView; root: string; show: (number: string) => void }) {
  const say = useText();
  const choices = useChoicesOfForm();
  const acting = useActing(found.number);
  const draft = useDraft(found);
  const form = useForm(found, draft, acting, choices);
  const [sending, setSending] = useState(false);
  const onCall = phase !== "none";
  const over = OVER.includes(found.state);
  const elsewhere = AT_BACK_OFFICE.includes(found.state);

  const openSending = async () => {
    setSending(true);
    await form.record();
    await acting.actAside("POST", "dispatch/opened");
  };
  const send = async (track: string, urgency: string) => {
    await form.record();
    if (await acting.act("POST", "dispatch", { track, urgency })) setSending(false);
  };
  const another = async () => {
    const opened = await acting.act("POST", "another");
    if (opened?.child_number) show(opened.child_number);
  };
  /** A short question: the article says what it is about, and the citizen's words are the search. */
  const tell = async (hit: FaqHit, query: string) => {
    const more: Typed = {};
    if (!draft.typed.type) more.type = "information";
    if (!draft.typed.story?.trim()) more.story = query;
    if (!draft.typed.category) more.category = (await call<ArticleView>("GET", `/api/faq/articles/${hit.code}`)).category;
    for (const [field, value] of Object.entries(more)) draft.type(field as keyof Typed, value);
    await form.record(more);
    await acting.act("POST", "answer", { article: hit.code, told: onCall });
  };
  const canSend = !over && !elsewhere && !sending;
  const canOpenAnother = phase === "talking" && !over;
  useAltKey("k", canSend ? () => void openSending() : null);
  useAltKey("l", canOpenAnother ? () => void another() : null);

  const shared = { found, acting, now, onCall };
  const recapping = phase === "wrap_up" || (phase === "none" && found.state === "settled");
  const searching = !over && !elsewhere && !sending && !recapping && !["solved", "awaiting_confirmation", "referred", "settled"].includes(found.state);
  return (
    <Card withBorder padding="sm" className="case" data-testid="case" data-state={found.state}>
      <CaseSteps steps={steps} known={found.steps} now={now} done={(step) => void acting.actAside("POST", "steps/done", { step })} />
      {acting.refusal && <Alert color="red" role="alert" py={6} withCloseButton onClose={acting.forget} data-testid="refusal">{acting.refusal}</Alert>}
      <div className="case-sides">
        <div>
          {!over && <CauseOfCase found={found} acting={acting} />}
          <Duplicates found={found} acting={acting} />
          <CaseForm found={found} onCall={onCall} over={over} choices={choices} draft={draft} form={form} />
          {!over && <Personal found={found} acting={acting} talking={phase === "talking"} />}
        </div>
        <Side>
          {over && <Text fw={600} data-testid="over">{say(`over_${found.state}` as "over_closed", { into: found.merged_into ?? "" })}</Text>}
          {sending && !over && <DispatchForm onCall={onCall} missing={form.missing.length > 0} busy={acting.busy} send={send} leave={() => setSending(false)} />}
          {elsewhere && <Elsewhere {...shared} />}
          {!sending && <SolutionCard {...shared} />}
          {!sending && <Confirmation {...shared} talking={phase === "talking"} />}
          {phase === "talking" && found.state === "settled" && <Text fw={600} data-testid="settled">{say("settledNow")}</Text>}
          {found.call_back_due_at && phase === "none" && <CallBack acting={acting} />}
          {recapping && !over && !sending && <Recap found={found} draft={draft} acting={acting} />}
          {searching && (
            <FaqSearch story={draft.typed.story ?? ""} tell={tell} busy={acting.busy}
              opened={(article) => void acting.actAside("POST", "faq", { article })} />
          )}
        </Side>
      </div>
      {!over && (
        <Group gap="xs" mt="auto" wrap="nowrap" mih={36}>
          {canSend && <Button variant="default" flex="none" onClick={() => void openSending()} data-testid="to-dispatcher">{say("toDispatcher")} (Alt+K)</Button>}
          {canOpenAnother && <Button variant="default" flex="none" onClick={() => void another()} data-testid="another">{say("another")} (Alt+L)</Button>}
          <FormState draft={draft} form={form} />
        </Group>
      )}
    </Card>
  );
}

function Side({ children }: { children: ReactNode }) {
  return <div className="case-answers">{children}</div>;
}

/** The office owes the citizen a call: whether it reached them. */
function CallBack({ acting }: { acting: ReturnType<typeof useActing> }) {
  const say = useText();
  const called = (reached: boolean) => void acting.act("POST", "call-backs", { reached });
  return (
    <Group gap="xs" align="center" data-testid="call-back">
      <Text fz="sm">{say("callBackOwed")}</Text>
      <Button size="compact-sm" onClick={() => void acting.act("POST", "call")} data-testid="call-citizen">{say("callNow")}</Button>
      <Button size="compact-sm" variant="default" onClick={() => called(true)}>{say("reached")}</Button>
      <Button size="compact-sm" variant="default" onClick={() => called(false)}>{say("notReached")}</Button>
    </Group>
  );
}
