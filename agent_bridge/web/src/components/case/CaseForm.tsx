// The form: who calls, about what, in whose words. What its type requires is marked; nothing blocks.
import { Button, Group, Select, SimpleGrid, Text, Textarea, TextInput } from "@mantine/core";
import { useContext, useEffect, useRef, useState } from "react";
import type { CaseView, ChoicesView, FormField, LabelView } from "../../api/client";
import { useNow } from "../../clock";
import type { DraftInHand } from "../../draft";
import type { FormInHand } from "../../form";
import { useAltKey } from "../../keys";
import { LanguageContext, type TextKey, useText } from "../../text";
import { Doubt } from "./Field";

interface Props {
  found: CaseView;
  /** Whether the citizen is on the line: what was typed of NIK and number is shown in full only then. */
  onCall: boolean;
  over: boolean;
  choices: ChoicesView | null;
  draft: DraftInHand;
  form: FormInHand;
}

export function CaseForm({ found, onCall, over, choices, draft, form }: Props) {
  const say = useText();
  const first = useRef<HTMLInputElement>(null);
  useAltKey("n", () => first.current?.focus());
  useEffect(() => {
    if (onCall) first.current?.focus();
  }, [onCall]);
  const [shown, setShown] = useState({ nik: onCall, phone: onCall });
  const box = (field: FormField) => ({
    size: "sm" as const,
    label: say(field as TextKey),
    withAsterisk: form.required.includes(field),
    value: draft.typed[field] ?? "",
    "data-testid": `field-${field}`,
    onChange: (event: { currentTarget: { value: string } }) => draft.type(field, event.currentTarget.value),
  });
  const masked = (field: "nik" | "phone", known: string | null) => ({
    ...box(field),
    value: shown[field] ? (draft.typed[field] ?? "") : "",
    placeholder: known ?? mask(draft.typed[field]),
    onChange: (event: { currentTarget: { value: string } }) => {
      setShown({ ...shown, [field]: true });
      draft.type(field, event.currentTarget.value);
    },
  });
  const doubt = (field: "nik" | "phone") => {
    const warning = form.warnings.find((one) => one.field === field);
    return warning && <Doubt warning={warning} keep={(reason) => form.keep(field, reason)} />;
  };
  return (
    <fieldset className="case-form" disabled={over} onBlur={() => void form.record()}>
      <SimpleGrid cols={2} spacing="sm" verticalSpacing={6}>
        <TextInput {...box("name")} ref={first} maxLength={120} autoComplete="off" />
        <Choice field="district" among={choices?.districts} {...{ draft, form }} />
        <div>
          <TextInput {...masked("nik", found.identity.nik_masked)} maxLength={30} inputMode="numeric" autoComplete="off" />
          {found.identity.offered_nik_masked && (
            <Button size="compact-sm" variant="light" color="dark" mt={4} onClick={() => void form.useOfferedNik()} data-testid="offered-nik">
              {say("useOfferedNik", { nik: found.identity.offered_nik_masked })}
            </Button>
          )}
        </div>
        <TextInput {...masked("phone", found.identity.phone_masked)} maxLength={30} inputMode="tel" autoComplete="off" />
        {doubt("nik")}
        {doubt("phone")}
        <Choice field="type" among={choices?.types} {...{ draft, form }} />
        <Choice field="category" among={choices?.categories} {...{ draft, form }} />
      </SimpleGrid>
      <Textarea {...box("story")} rows={2} mt={6} maxLength={4000} />
      <Textarea {...box("outline")} rows={2} mt={6} maxLength={4000} />
    </fieldset>
  );
}

/** What was typed and not taken in yet, as the server masks what was. */
function mask(typed: string | undefined): string {
  if (!typed) return "";
  return typed.length < 12 ? "••••" : `${typed.slice(0, 4)}••••••••${typed.slice(-4)}`;
}

function Choice(props: { field: "district" | "type" | "category"; among: LabelView[] | undefined; draft: DraftInHand; form: FormInHand }) {
  const { field, draft, form } = props;
  const say = useText();
  const { language } = useContext(LanguageContext);
  return (
    <Select size="sm" label={say(field)} withAsterisk={field === "type" || form.required.includes(field)} searchable clearable={false} allowDeselect={false}
      selectFirstOptionOnChange maxDropdownHeight={260} nothingFoundMessage={say("nothingFound")} data-testid={`field-${field}`}
      value={draft.typed[field] || null} onChange={(chosen) => draft.type(field, chosen ?? "")}
      data={(props.among ?? []).map((one) => ({ value: one.code, label: one[language as "id"] }))} />
  );
}

/** Whether what is typed is safe, and what the form still lacks. */
export function FormState({ draft, form }: { draft: DraftInHand; form: FormInHand }) {
  const say = useText();
  const now = useNow(0);
  const since = draft.savedAt === null ? null : Math.max(0, Math.floor((now - draft.savedAt) / 1000));
  return (
    <Group justify="space-between" gap="sm" mih={22} flex={1} wrap="nowrap">
      <Text fz="sm" c={form.missing.length ? "dark.8" : "dark.3"} lineClamp={2} data-testid="missing">
        {draft.unsaved ? "" : form.missing.length > 0 ? say("missing", { fields: form.missing.map((field) => say(field as TextKey)).join(", ") }) : say("complete")}
      </Text>
      {draft.unsaved ? (
        <Text fz="sm" fw={700} c="red.9" role="alert" data-testid="unsaved">{say("unsaved")}</Text>
      ) : (
        <Text fz="sm" c="dark.3" className="figures" flex="none" data-testid="saved">{since !== null && say("saved", { s: since })}</Text>
      )}
    </Group>
  );
}
