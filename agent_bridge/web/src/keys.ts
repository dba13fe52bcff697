// Keys that act anywhere on a page: always with Alt, so that nothing is done by typing into the form.
import { useEffect } from "react";

export function useAltKey(key: string, act: (() => void) | null): void {
  useEffect(() => {
    if (!act) return;
    const typed = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.key.toLowerCase() !== key) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", typed);
    return () => window.removeEventListener("keydown", typed);
  });
}
