// The way in: the desk, or the practice phone.
import { Button, Card, Container, SimpleGrid, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { call, type PracticeView } from "../api/client";
import { Frame } from "../components/Frame";
import { type TextKey, useText } from "../text";

export function HomePage() {
  const say = useText();
  const practice = useQuery({ queryKey: ["practice"], queryFn: () => call<PracticeView>("GET", "/api/practice") });
  return (
    <Frame practice={practice.isSuccess} title={say("title")}>
      <Container size="sm" py={60}>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <Door title="desk" hint="deskHint" to="/meja" />
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
