// Open tickets that may be this very case: offered, never merged by themselves.
import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useContext, useState } from "react";
import { call, type CaseList, type CaseView } from "../../api/client";
import type { Acting } from "../../cases";
import { LanguageContext, type TextKey, useText } from "../../text";
import { Reason } from "./Reason";

export function Duplicates({ found, acting }: { found: CaseView; acting: Acting }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const [into, setInto] = useState<string | null>(null);
  const { data } = useQuery({
    // Asked again when what it is recognised by has changed.
    queryKey: ["duplicates", found.number, found.identity.fields.join(), found.state === "merged"],
    queryFn: () => call<CaseList>("GET", `/api/cases/${found.number}/duplicates`),
    staleTime: 30_000,
  });
  const near = [found.parent, ...found.children];
  const offered = (data?.cases ?? []).filter((one) => !near.includes(one.number));
  if (offered.length === 0 || found.state === "merged") return null;
  return (
    <div className="note" data-testid="duplicates">
      {into === null ? (
        offered.slice(0, 3).map((one) => (
          <Group key={one.number} gap="sm" justify="space-between" wrap="nowrap">
            <Text fz="sm">
              {say("maybeSame")} <b className="figures">{one.number}</b> ({[one.category?.[language], say(`st_${one.state}` as TextKey)].filter(Boolean).join(", ")})
            </Text>
            <Button size="compact-sm" variant="default" flex="none" onClick={() => setInto(one.number)} data-testid="merge-offer">{say("merge")} ...</Button>
          </Group>
        ))
      ) : (
        <Reason label={say("mergeWhy", { into })} initial={say("mergeReason")} submit={say("merge")} testId="merge" rows={1} onLeave={() => setInto(null)}
          onSubmit={async (reason) => (await acting.act("POST", "merge", { into, reason })) && setInto(null)} />
      )}
    </div>
  );
}
