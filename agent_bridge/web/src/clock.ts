// Clocks that run on the server's time.
import { useEffect, useState } from "react";

export function useNow(offset: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 250);
    return () => window.clearInterval(timer);
  }, []);
  return now + offset;
}

export function secondsBetween(start: string | null | undefined, end: number): number {
  return start ? Math.max(0, (end - Date.parse(start)) / 1000) : 0;
}

/** Minutes and seconds, as `1:05`. */
export function minutes(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
