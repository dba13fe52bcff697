// Causes (peristiwa) as the pages read and run them.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call, type CauseList, type CauseView, type Hints } from "./api/client";

const READ_AGAIN_MS = 1_000;
const LATER_MS = 10_000;
const HINT_MS = 30_000;

/** Those that callers are told of; on the desk within a second. */
export function useCauses(): CauseView[] {
  const { data } = useQuery({ queryKey: ["causes"], queryFn: () => call<CauseList>("GET", "/api/causes"), refetchInterval: READ_AGAIN_MS });
  return data?.causes ?? [];
}

/** Those that ended lately: whoever is linked to them may still wait for an answer. */
export function useEndedCauses(): CauseView[] {
  const { data } = useQuery({ queryKey: ["causes", "over"], queryFn: () => call<CauseList>("GET", "/api/causes?over=true"), refetchInterval: LATER_MS });
  return data?.causes ?? [];
}

export function useHints(): Hints["surges"] {
  const { data } = useQuery({ queryKey: ["causes", "hint"], queryFn: () => call<Hints>("GET", "/api/causes/hint"), refetchInterval: HINT_MS });
  return data?.surges ?? [];
}

/** Asks the server to run a cause; false where it refused, and the refusal is said. */
export function useAsking(): { ask: (path: string, body?: unknown) => Promise<boolean>; refusal: string; busy: boolean } {
  const queries = useQueryClient();
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const ask = async (path: string, body?: unknown) => {
    setRefusal("");
    setBusy(true);
    try {
      await call("POST", path, body);
      return true;
    } catch (fault) {
      setRefusal(fault instanceof Error ? fault.message : String(fault));
      return false;
    } finally {
      setBusy(false);
      void queries.invalidateQueries({ queryKey: ["causes"] });
    }
  };
  return { ask, refusal, busy };
}
