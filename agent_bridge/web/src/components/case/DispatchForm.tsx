// SOP step 9: to the dispatcher, with everything entered so far; at once or for later, pressing or not.
import { Button, Group, Radio, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useText } from "../../text";

interface Props {
  onCall: boolean;
  missing: boolean;
  busy: boolean;
  send: (track: string, urgency: string) => Promise<unknown>;
  leave: () => void;
}

export function DispatchForm({ onCall, missing, busy, send, leave }: Props) {
  const say = useText();
  const [track, setTrack] = useState("deferred");
  const [urgency, setUrgency] = useState("normal");
  return (
    <form
      className="case-side"
      data-testid="dispatch-form"
      onSubmit={(event) => {
        event.preventDefault();
        void send(track, urgency);
      }}
      onKeyDown={(event) => event.key === "Escape" && leave()}
    >
      <Stack gap="sm">
        <Title order={3} fz="md">{say("toDispatcher")}</Title>
        <Radio.Group label={say("track")} value={track} onChange={setTrack}>
          <Stack gap={6} mt={4}>
            <Radio value="deferred" label={say("deferred")} autoFocus data-testid="track-deferred" />
            <Radio value="live" label={say("live")} disabled={!onCall} data-testid="track-live" />
          </Stack>
        </Radio.Group>
        <Radio.Group label={say("urgency")} value={urgency} onChange={setUrgency}>
          <Group gap="lg" mt={4}>
            <Radio value="normal" label={say("normal")} />
            <Radio value="high" label={say("high")} data-testid="urgency-high" />
          </Group>
        </Radio.Group>
        {missing && <Text fz="sm" className="note">{say("storyFirst")}</Text>}
        <Group gap="xs">
          <Button type="submit" loading={busy} data-testid="send">{say("send")} (Enter)</Button>
          <Button variant="default" onClick={leave}>{say("leave")} (Esc)</Button>
        </Group>
      </Stack>
    </form>
  );
}
