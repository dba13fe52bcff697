// A short text and what is done with it: a reason, an answer, a place where a case belongs.
import { Button, Group, Textarea } from "@mantine/core";
import { useState } from "react";
import { useText } from "../../text";

interface Props {
  label: string;
  submit: string;
  onSubmit: (text: string) => Promise<unknown>;
  onLeave?: () => void;
  initial?: string;
  least?: number;
  rows?: number;
  busy?: boolean;
  autoFocus?: boolean;
  testId: string;
}

export function Reason({ least = 3, rows = 2, autoFocus = true, initial = "", ...props }: Props) {
  const say = useText();
  const [text, setText] = useState(initial);
  const enough = text.trim().length >= least;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (enough) void props.onSubmit(text.trim());
      }}
    >
      <Textarea label={props.label} value={text} rows={rows} maxLength={4000} autoFocus={autoFocus} data-testid={`${props.testId}-text`}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.currentTarget.form?.requestSubmit()} />
      <Group gap="xs" mt={8}>
        <Button type="submit" disabled={!enough} loading={props.busy} data-testid={props.testId}>{props.submit}</Button>
        {props.onLeave && <Button variant="default" onClick={props.onLeave}>{say("leave")}</Button>}
      </Group>
    </form>
  );
}
