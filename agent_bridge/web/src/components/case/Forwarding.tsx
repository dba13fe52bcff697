// SOP step 10: to whom the case goes; as suggested by one key, to somebody else for a reason.
import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useContext, useState } from "react";
import type { SuggestionView } from "../../api/client";
import { type Acting, useChoicesOfForm } from "../../cases";
import { useAltKey } from "../../keys";
import { LanguageContext, useText } from "../../text";

export function Forwarding({ advice, acting }: { advice: SuggestionView | null; acting: Acting }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const units = useChoicesOfForm()?.units ?? [];
  const [other, setOther] = useState<{ unit: string; official: string } | null>(null);
  const [reason, setReason] = useState("");
  const unit = other?.unit ?? advice?.unit ?? null;
  const official = other?.official ?? advice?.official ?? null;
  const differs = unit !== advice?.unit || official !== advice?.official;
  const ready = Boolean(unit && official && (!differs || reason.trim().length >= 3));
  const send = () => void acting.act("POST", "forward", { unit, official, reason: differs ? reason : null });
  useAltKey("t", ready && !acting.busy ? send : null);
  const people = units.find((one) => one.code === unit)?.officials ?? [];
  return (
    <Stack gap={6} data-testid="forwarding">
      <Group grow gap="xs" align="flex-start">
        <Select label={say("unit")} value={unit} allowDeselect={false} data-testid="forward-unit"
          data={units.map((one) => ({ value: one.code, label: one[language] }))}
          onChange={(chosen) => chosen && setOther({ unit: chosen, official: units.find((one) => one.code === chosen)?.officials[0]?.username ?? "" })} />
        <Select label={say("official_")} value={official} allowDeselect={false} data-testid="forward-official"
          data={people.map((one) => ({ value: one.username, label: one.name }))}
          onChange={(chosen) => chosen && unit && setOther({ unit, official: chosen })} />
      </Group>
      {advice && !differs && <Text fz="sm" c="dark.3" data-testid="why">{say("asSuggested")}: {advice.why}</Text>}
      {differs && (
        <TextInput label={say("otherReason")} value={reason} withAsterisk maxLength={1000} onChange={(event) => setReason(event.currentTarget.value)} data-testid="forward-reason" />
      )}
      <Button onClick={send} disabled={!ready} loading={acting.busy} data-testid="forward">{say("forward")} (Alt+T)</Button>
    </Stack>
  );
}
