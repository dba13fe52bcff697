// The supervisor's page: what everybody calls about, and what is owed to those who did not get through.
import { Alert, Button, Center, Loader, Text } from "@mantine/core";
import { CallBackBoard } from "../components/CallBackBoard";
import { CausesBoard } from "../components/Causes";
import { Frame } from "../components/Frame";
import { useSession, useSignOut } from "../session";
import { useText } from "../text";

export function SupervisorPage() {
  const say = useText();
  const { session, fault } = useSession("supervisor");
  const signOut = useSignOut();
  if (!session) return <Center h={300}>{fault ? <Alert color="red">{fault}</Alert> : <Loader />}</Center>;
  return (
    <Frame
      practice={session.profile === "latihan"}
      title={say("supervisor")}
      right={
        <>
          <Button component="a" href="/dispatcher" size="xs" variant="default">{say("dispatcher")}</Button>
          <Text fw={600}>{session.user.name}</Text>
          <Button size="xs" variant="default" onClick={() => void signOut()}>{say("signOut")}</Button>
        </>
      }
    >
      <div className="dispatch" style={{ paddingTop: 16 }}>
        <CallBackBoard maySet />
        <CausesBoard />
      </div>
    </Frame>
  );
}
