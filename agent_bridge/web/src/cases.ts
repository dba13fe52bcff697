// Cases as the pages read and work on them.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useContext, useState } from "react";
import { type ActView, call, type CaseLine, type CaseList, type CaseView, type ChoicesView, type SuggestionView } from "./api/client";
import { LanguageContext } from "./text";

const SOON_MS = 2_000;
const LATER_MS = 10_000;
const AWAITED = ["with_dispatcher", "with_official", "returned"];

/** A case; asked for every two seconds while something is awaited from others. */
export function useCase(number: string): { found: CaseView | null; fault: string } {
  const { data, error } = useQuery({
    queryKey: ["case", number],
    queryFn: () => call<CaseView>("GET", `/api/cases/${number}`),
    refetchInterval: ({ state }) => (AWAITED.includes(state.data?.state ?? "") ? SOON_MS : LATER_MS),
  });
  return { found: data ?? null, fault: error?.message ?? "" };
}

export interface Listed {
  lines: CaseLine[] | null;
  readAt: number;
  /** Server time minus this browser's, in milliseconds: what is left is counted on the server's. */
  offset: number;
  fault: string;
}

export function useCases(query: string): Listed {
  const { data, error, dataUpdatedAt } = useQuery({
    queryKey: ["cases", query],
    queryFn: () => call<CaseList>("GET", `/api/cases?${query}`),
    refetchInterval: SOON_MS,
  });
  const timed = data?.cases.find((line) => line.next_due_at && line.seconds_left !== null);
  const serverAt = timed ? Date.parse(timed.next_due_at!) - timed.seconds_left! * 1000 : dataUpdatedAt;
  return { lines: data?.cases ?? null, readAt: dataUpdatedAt, offset: serverAt - dataUpdatedAt, fault: error?.message ?? "" };
}

export function useChoicesOfForm(): ChoicesView | null {
  const { data } = useQuery({
    queryKey: ["form"],
    queryFn: () => call<ChoicesView>("GET", "/api/choices"),
    staleTime: 300_000,
  });
  return data ?? null;
}

/** Whom the hotline suggests to forward a case to. */
export function useAdvice(number: string, wanted: boolean): SuggestionView | null {
  const { data } = useQuery({
    queryKey: ["advice", number],
    queryFn: () => call<SuggestionView>("GET", `/api/cases/${number}/suggestion`),
    enabled: wanted,
    staleTime: 60_000,
    retry: false,
  });
  return data ?? null;
}

export interface Acting {
  /** Does something to the case; null where it was refused, and the refusal is said. */
  act: (method: string, path: string, body?: unknown) => Promise<ActView | null>;
  /** The same beside what is asked for by a button: no button waits for it. */
  actAside: (method: string, path: string, body?: unknown) => Promise<ActView | null>;
  refusal: string;
  forget: () => void;
  busy: boolean;
}

export function useActing(number: string): Acting {
  const queries = useQueryClient();
  const [refusal, setRefusal] = useState("");
  const [underWay, setUnderWay] = useState(0);
  const actAside = useCallback(
    async (method: string, path: string, body?: unknown) => {
      setRefusal("");
      try {
        return await call<ActView>(method, `/api/cases/${number}/${path}`, body);
      } catch (fault) {
        setRefusal(fault instanceof Error ? fault.message : String(fault));
        return null;
      } finally {
        void queries.invalidateQueries({ queryKey: ["case", number] });
        void queries.invalidateQueries({ queryKey: ["cases"] });
      }
    },
    [number, queries],
  );
  const act = useCallback(
    async (method: string, path: string, body?: unknown) => {
      setUnderWay((count) => count + 1);
      return actAside(method, path, body).finally(() => setUnderWay((count) => count - 1));
    },
    [actAside],
  );
  return { act, actAside, refusal, forget: () => setRefusal(""), busy: underWay > 0 };
}

/** Days and times of the office, in the reader's language. */
export function useDay(): { day: (at: string) => string; time: (at: string) => string } {
  const { language } = useContext(LanguageContext);
  const locale = language === "en" ? "en-GB" : "id-ID";
  const said = (at: string, more: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { ...more, timeZone: "Asia/Jakarta" }).format(new Date(at));
  return {
    day: (at) => said(at, { weekday: "long", day: "numeric", month: "long" }),
    time: (at) => said(at, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
  };
}
