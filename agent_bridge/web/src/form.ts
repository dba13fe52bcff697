// The form of SOP steps 5 to 7: what of it was handed in, what the server doubts, what is still missing.
import { useRef, useState } from "react";
import { type ActView, type CaseView, type ChoicesView, type FormField, type Typed, type WarningView } from "./api/client";
import type { Acting } from "./cases";
import type { DraftInHand } from "./draft";

const HANDED_IN: FormField[] = ["name", "nik", "phone", "district", "type", "category", "story"];
export type Doubted = "nik" | "phone";

export interface FormInHand {
  warnings: WarningView[];
  required: string[];
  missing: string[];
  /** Hands in what changed, and the outline; null where the server refused. */
  record: (more?: Typed) => Promise<ActView | null>;
  keep: (field: Doubted, reason: string) => Promise<void>;
  useOfferedNik: () => Promise<void>;
}

export function useForm(found: CaseView, draft: DraftInHand, acting: Acting, choices: ChoicesView | null): FormInHand {
  const [warnings, setWarnings] = useState<WarningView[]>([]);
  const recorded = useRef<Typed>(known(found, draft.typed));
  const kept = useRef<Partial<Record<Doubted, { value: string; reason: string }>>>({});
  const underWay = useRef<Promise<ActView | null>>(Promise.resolve(null));

  const handIn = async (more: Typed): Promise<ActView | null> => {
    const values: Typed = { ...draft.typed, ...more };
    const outline = await handInOutline(values.outline);
    const changed = HANDED_IN.filter((field) => values[field]?.trim() && values[field] !== recorded.current[field]);
    if (changed.length === 0) return outline;
    const body: Record<string, unknown> = Object.fromEntries(changed.map((field) => [field, values[field]]));
    // Type and matter decide what is missing, and go along each time.
    for (const field of ["type", "category"] as const) if (values[field]) body[field] = values[field];
    const overrides = (["nik", "phone"] as const).filter((field) => field in body && kept.current[field]?.value === values[field]);
    if (overrides.length) Object.assign(body, { overrides, override_reason: kept.current[overrides[0]!]!.reason });
    const answer = await acting.actAside("PUT", "form", body);
    if (!answer) return null;
    const doubted = (answer.warnings ?? []).map((one) => one.field);
    setWarnings(answer.warnings ?? []);
    // A story that lacks something beside it was not taken in yet: it is handed in again with the rest.
    const waits = (field: FormField) => field === "story" && (answer.missing ?? []).length > 0;
    for (const field of changed) if (!doubted.includes(field) && !waits(field)) recorded.current[field] = values[field];
    return answer;
  };
  const handInOutline = async (outline: string | undefined) => {
    if (!outline?.trim() || outline === recorded.current.outline) return null;
    const answer = await acting.actAside("POST", "outline", { text: outline });
    if (answer) recorded.current.outline = outline;
    return answer;
  };
  // One after the other: two hand-ins at once would tell the server the same twice.
  const record = (more: Typed = {}) => (underWay.current = underWay.current.then(() => handIn(more)));

  // Until the type is chosen nobody knows what else is required.
  const required = choices?.required[draft.typed.type ?? ""] ?? ["type"];
  const filled = (field: string) => Boolean(draft.typed[field as FormField]?.trim()) || found.identity.fields.includes(field);
  return {
    warnings,
    required,
    missing: required.filter((field) => !filled(field)),
    record,
    keep: async (field, reason) => {
      kept.current[field] = { value: draft.typed[field] ?? "", reason };
      await record();
    },
    useOfferedNik: async () => {
      await acting.act("PUT", "form", { use_offered_nik: true });
    },
  };
}

/** What stood in the case already when the form was opened. */
function known(found: CaseView, typed: Typed): Typed {
  const identity = (["name", "nik", "phone", "district"] as const).filter((field) => found.identity.fields.includes(field));
  const told: Typed = Object.fromEntries(identity.map((field) => [field, typed[field]]));
  const complaint = found.story ? { story: found.story, type: found.type ?? "", category: found.category?.code ?? "" } : {};
  return { ...told, ...complaint, ...(found.outline ? { outline: found.outline } : {}) };
}
