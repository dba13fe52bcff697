// How old a board's data is; once it is stale the board says so, and what it shows greys out.
import { Alert, Text } from "@mantine/core";
import { useNow } from "../clock";
import { useText } from "../text";

const STALE_MS = 10_000;

export const isStale = (readAt: number): boolean => Date.now() - readAt > STALE_MS;

export function Age({ readAt }: { readAt: number }) {
  const say = useText();
  const s = Math.max(0, Math.floor((useNow(0) - readAt) / 1000));
  if (isStale(readAt)) return <Alert color="orange" py={6} role="alert" data-testid="stale">{say("staleList", { s })}</Alert>;
  return <Text fz="sm" c="dark.3" ta="right" className="figures" data-testid="age">{say("age", { s })}</Text>;
}
