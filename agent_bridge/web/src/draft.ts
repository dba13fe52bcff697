// What is typed into a case's form: kept in the page, saved to the server while one types, never thrown away.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { type ActView, call, type CaseView, type FormField, Refusal, type Typed } from "./api/client";

const SAVE_AFTER_MS = 1_200;
const SOON_MS = 200;
const AGAIN_AFTER_MS = 3_000;

export interface DraftInHand {
  typed: Typed;
  type: (field: FormField, value: string) => void;
  /** What was typed there has become part of the case: from now on its facts are shown. */
  forget: (...fields: FormField[]) => void;
  /** When it was last saved, by this browser's clock; null before the first time. */
  savedAt: number | null;
  /** Typed and not saved yet, because the server does not answer. */
  unsaved: boolean;
}

export function useDraft(found: CaseView): DraftInHand {
  const { number } = found;
  const queries = useQueryClient();
  const [typed, setTyped] = useState<Typed>(() => restored(found));
  const [savedAt, setSavedAt] = useState<number | null>(null);
  const [unsaved, setUnsaved] = useState(false);
  const newest = useRef(typed);
  const dirty = useRef(false);
  const timer = useRef(0);
  const underWay = useRef(false);
  const latestSave = useRef<() => Promise<void>>(async () => undefined);

  const save = useCallback(async () => {
    timer.current = 0;
    // One after the other, lest an older text arrive last.
    if (underWay.current) return void (timer.current = window.setTimeout(() => void latestSave.current(), SOON_MS));
    dirty.current = false;
    underWay.current = true;
    try {
      const saved = await call<ActView>("PUT", `/api/cases/${number}/draft`, { typed: newest.current }, []);
      setSavedAt(Date.now());
      setUnsaved(dirty.current);
      if (saved.nik_offered || found.state !== saved.state) void queries.invalidateQueries({ queryKey: ["case", number] });
    } catch (fault) {
      // A case that is over keeps no drafts; whatever else is wrong, what was typed is tried again.
      if (fault instanceof Refusal && fault.status === 409) return setUnsaved(false);
      dirty.current = true;
      setUnsaved(true);
      timer.current ||= window.setTimeout(() => void latestSave.current(), AGAIN_AFTER_MS);
    } finally {
      underWay.current = false;
    }
  }, [number, queries, found.state]);
  latestSave.current = save;

  const change = useCallback((changed: Typed) => {
    newest.current = changed;
    setTyped(changed);
    dirty.current = true;
    timer.current ||= window.setTimeout(() => void latestSave.current(), SAVE_AFTER_MS);
  }, []);
  const type = useCallback((field: FormField, value: string) => change({ ...newest.current, [field]: value }), [change]);
  const forget = useCallback(
    (...fields: FormField[]) => {
      const left = { ...newest.current };
      for (const field of fields) delete left[field];
      if (fields.some((field) => field in newest.current)) change(left);
    },
    [change],
  );

  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => dirty.current && event.preventDefault();
    window.addEventListener("beforeunload", leaving);
    return () => {
      window.removeEventListener("beforeunload", leaving);
      window.clearTimeout(timer.current);
      timer.current = 0;
      if (dirty.current) void latestSave.current();
    };
  }, []);
  return { typed, type, forget, savedAt, unsaved };
}

/** The form as it was left, or as the case's facts fill it in. */
function restored(found: CaseView): Typed {
  const known: Typed = {
    name: found.identity.name ?? "",
    district: found.identity.district?.code ?? "",
    type: found.type ?? "",
    category: found.category?.code ?? "",
    story: found.story ?? "",
    outline: found.outline ?? "",
  };
  return { ...known, ...found.draft?.typed };
}
