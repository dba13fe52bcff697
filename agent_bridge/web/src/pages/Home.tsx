// The way in: the page of whoever is signed in, else the doors to all of them.
import { Button, Card, Container, SimpleGrid, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { call, type PracticeView, type Role, whoAmI } from "../api/client";
import { Frame } from "../components/Frame";
import { pageOf, useSignOut } from "../session";
import { type TextKey, useText } from "../text";

const DOORS: { roles: Role[]; title: TextKey; hint: TextKey; to: string }[] = [
  { roles: ["agent", "supervisor"], title: "desk", hint: "deskHint", to: "/meja" },
  { roles: ["dispatcher", "supervisor"], title: "dispatcher", hint: "dispatcherHint", to: "/dispatcher" },
  { roles: ["supervisor"], title: "supervisor", hint: "supervisorHint", to: "/pengawas" },
  { roles: ["agent", "supervisor"], title: "paperTitle", hint: "paperHint", to: "/kertas" },
  { roles: ["official"], title: "official", hint: "officialHint", to: "/pejabat" },
];

export function HomePage() {
  const say = useText();
  const practice = useQuery({ queryKey: ["practice"], queryFn: () => call<PracticeView>("GET", "/api/practice"), retry: false });
  const session = useQuery({ queryKey: ["session"], queryFn: whoAmI, retry: false });
  const signOut = useSignOut();
  const user = session.data?.user;
  const open = DOORS.filter((door) => !user || door.roles.includes(user.role));
  return (
    <Frame
      practice={practice.isSuccess}
      title={say("title")}
      right={
        user && (
          <>
            <Text fw={600}>{user.name}</Text>
            <Button size="xs" variant="default" onClick={() => void signOut()}>{say("signOut")}</Button>
          </>
        )
      }
    >
      <Container size="sm" py={60}>
        {user && pageOf(user.role) === "/" && (
          <Text mb="lg" fz="lg" role="status" data-testid="no-page">{say("noPageYet", { role: say(`role_${user.role}`) })}</Text>
        )}
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {open.map((door) => <Door key={door.to} {...door} />)}
          {!user && <Door title="statusTitle" hint="statusHint" to="/status" />}
          {!user && <Door title="webForm" hint="webFormHint" to="/daftar" />}
          {practice.isSuccess && <Door title="practicePhone" hint="practiceHint" to="/telepon" />}
        </SimpleGrid>
      </Container>
    </Frame>
  );
}

function Door(props: { title: TextKey; hint: TextKey; to: string }) {
  const say = useText();
  return (
    <Card withBorder padding="lg">
      <Title order={2} fz="lg">
        {say(props.title)}
      </Title>
      <Text my="sm" c="dark.4">
        {say(props.hint)}
      </Text>
      <Button component="a" href={props.to} variant="default">
        {say("open")}
      </Button>
    </Card>
  );
}
