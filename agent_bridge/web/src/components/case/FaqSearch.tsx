// The FAQ book beside the form: it follows what is typed, and its answer is told by one key.
import { Button, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useRef, useState } from "react";
import { call, type FaqHit, type FaqHits } from "../../api/client";
import { useAltKey } from "../../keys";
import { useText } from "../../text";

const DEBOUNCE_MS = 250;
const SHOWN = 6;
const LONGEST = 200;

interface Props {
  /** Searched for as long as nothing is typed here: the citizen's own words. */
  story: string;
  opened: (article: string) => void;
  tell: ((hit: FaqHit, query: string) => Promise<unknown>) | null;
  busy: boolean;
}

export function FaqSearch({ story, opened, tell, busy }: Props) {
  const say = useText();
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const box = useRef<HTMLInputElement>(null);
  const wanted = (typed.trim() || story.trim()).slice(0, LONGEST);
  const [query] = useDebouncedValue(wanted, DEBOUNCE_MS);
  const { data } = useQuery({
    queryKey: ["faq", query],
    queryFn: () => call<FaqHits>("POST", "/api/faq/search", { text: query }),
    enabled: query.length > 1,
    placeholderData: keepPreviousData,
    gcTime: 10_000,
  });
  const hits = query.length > 1 ? (data?.hits ?? []).slice(0, SHOWN) : [];
  const hit = hits[Math.min(chosen, hits.length - 1)];
  useAltKey("q", () => box.current?.focus());
  useAltKey("p", hit && tell ? () => void tell(hit, wanted) : null);

  const choose = (place: number) => {
    const next = Math.max(0, Math.min(hits.length - 1, place));
    setChosen(next);
    return hits[next];
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      choose(chosen + step);
    } else if (event.key === "Enter" && hit) opened(hit.code);
  };
  return (
    <Stack gap={6} className="case-side">
      <TextInput ref={box} size="sm" label={`${say("faq")} (Alt+Q)`} placeholder={story ? say("faqFollows") : say("faqHint")} value={typed} maxLength={LONGEST}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown} data-testid="faq-search" />
      <div className="hits">
        {hits.map((one, place) => (
          <Hit key={one.code} hit={one} open={one === hit}
            choose={() => {
              choose(place);
              opened(one.code);
            }} />
        ))}
        {query.length > 1 && data && hits.length === 0 && <Text fz="sm" c="dark.3" p={8}>{say("faqNothing")}</Text>}
      </div>
      {hit && tell && (
        <Button onClick={() => void tell(hit, wanted)} loading={busy} data-testid="tell-faq">{say("tellFaq", { code: hit.code })} (Alt+P)</Button>
      )}
    </Stack>
  );
}

function Hit({ hit, open, choose }: { hit: FaqHit; open: boolean; choose: () => void }) {
  return (
    <UnstyledButton className="hit" data-open={open} onClick={choose} aria-expanded={open} data-testid={`hit-${hit.code}`}>
      <Text fz="sm" fw={open ? 700 : 400}>
        <span className="figures">{hit.code}</span> {hit.question}
      </Text>
      {open && <Text fz="sm" mt={4} style={{ whiteSpace: "pre-wrap" }}>{hit.answer}</Text>}
    </UnstyledButton>
  );
}
