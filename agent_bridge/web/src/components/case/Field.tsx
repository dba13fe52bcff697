// What the server doubts about a field, said beside it: keep it for a reason, or put it right; never a wall.
import { Button, Group, Text, TextInput } from "@mantine/core";
import { useContext, useState } from "react";
import type { WarningView } from "../../api/client";
import { LanguageContext, useText } from "../../text";

export const HIGHEST_REASON = 1000;

export function Doubt({ warning, keep }: { warning: WarningView; keep: (reason: string) => Promise<void> }) {
  const say = useText();
  const { language } = useContext(LanguageContext);
  const [reason, setReason] = useState<string | null>(null);
  const enough = (reason ?? "").trim().length >= 3;
  const send = () => reason && enough && void keep(reason);
  return (
    <div className="doubt" role="status" data-testid={`doubt-${warning.field}`}>
      <Text fz="sm" flex={1}>{warning[language]}</Text>
      {reason === null ? (
        <Button size="xs" variant="default" flex="none" onClick={() => setReason("")} data-testid={`keep-${warning.field}`}>{say("keepAnyway")} ...</Button>
      ) : (
      <Group gap={6} wrap="nowrap">
        <TextInput size="xs" w={150} autoFocus value={reason} maxLength={HIGHEST_REASON} placeholder={say("keepReason")} aria-label={say("keepReason")}
          onChange={(event) => setReason(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && send()} />
        <Button size="xs" variant="default" disabled={!enough} onClick={send}>{say("keepAnyway")}</Button>
      </Group>
      )}
    </div>
  );
}
