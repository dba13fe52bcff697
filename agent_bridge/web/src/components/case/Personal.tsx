// What is the citizen's own wish and secret: text only, never a call; the PIN, read out while they are on the line.
import { Button, Group, Switch, Text } from "@mantine/core";
import { useState } from "react";
import { call, type CaseView, type PinView } from "../../api/client";
import type { Acting } from "../../cases";
import { useText } from "../../text";

export function Personal({ found, acting, talking }: { found: CaseView; acting: Acting; talking: boolean }) {
  const say = useText();
  const [pin, setPin] = useState("");
  const [refusal, setRefusal] = useState("");
  const read = () => {
    setRefusal("");
    call<PinView>("POST", `/api/cases/${found.number}/pin`)
      .then((answer) => setPin(answer.pin))
      .catch((fault: unknown) => setRefusal(fault instanceof Error ? fault.message : String(fault)));
  };
  return (
    <Group gap="md" mt={6} mih={30}>
      <Switch label={say("textOnly")} checked={found.text_only} data-testid="text-only"
        onChange={(event) => void acting.act("PUT", "contact", { contact: event.currentTarget.checked ? "text" : "call" })} />
      {talking && !pin && <Button size="compact-sm" variant="default" onClick={read} data-testid="read-pin">{say("readPin")}</Button>}
      {talking && pin && <Text fw={700} className="figures" data-testid="pin">PIN {pin.replace(/(...)(...)/, "$1 $2")}</Text>}
      {refusal && <Text fz="sm" c="red.9" role="alert" data-testid="pin-refusal">{refusal}</Text>}
    </Group>
  );
}
