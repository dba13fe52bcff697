// Signing in: by name and password, or at once by a one-time link.
import { Alert, Button, Card, Container, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { type SessionView, signIn, signInOnce } from "../api/client";
import { Frame } from "../components/Frame";
import { pageOf } from "../session";
import { useText } from "../text";

export function SignInPage() {
  const say = useText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const used = useRef(false);

  const enter = async (session: Promise<SessionView>) => {
    setBusy(true);
    setRefusal("");
    try {
      const opened = await session;
      // Nothing that somebody else read in this tab stays in it.
      queries.clear();
      await navigate({ to: pageOf(opened.user.role) });
    } catch (fault) {
      setRefusal(fault instanceof Error ? fault.message : say("networkDown"));
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    const token = new URLSearchParams(location.hash.slice(1)).get("sekali");
    if (!token || used.current) return;
    used.current = true;
    // A token in the address bar would end up in the browser's history.
    history.replaceState(null, "", "/masuk");
    void enter(signInOnce(token));
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void enter(signIn(username, password));
  };
  return (
    <Frame practice={false} title={say("title")}>
      <Container size={420} py={60}>
        <Card withBorder padding="lg">
          <form onSubmit={submit}>
            <Stack>
              <TextInput label={say("username")} value={username} autoComplete="username" required autoFocus
                onChange={(event) => setUsername(event.currentTarget.value)} data-testid="username" />
              <PasswordInput label={say("password")} value={password} autoComplete="current-password" required
                onChange={(event) => setPassword(event.currentTarget.value)} data-testid="password" />
              {refusal && <Alert color="red" role="alert">{refusal}</Alert>}
              <Button type="submit" loading={busy} data-testid="sign-in">{say("signIn")}</Button>
            </Stack>
          </form>
        </Card>
      </Container>
    </Frame>
  );
}
