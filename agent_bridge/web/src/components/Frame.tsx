// What every page stands in: the practice banner, the title, the language switch.
import { Button, Group, SegmentedControl, Text, Title } from "@mantine/core";
import { type ReactNode, useContext } from "react";
import { LanguageContext, type Language, useText } from "../text";

export function Frame(props: { practice: boolean; title: string; right?: ReactNode; children: ReactNode }) {
  const { language, choose } = useContext(LanguageContext);
  const say = useText();
  return (
    <>
      {props.practice && (
        <Text component="div" ta="center" fz="sm" fw={600} py={4} bg="yellow.2" c="dark.8" role="status">
          {say("practice")}
        </Text>
      )}
      <Group component="header" justify="space-between" px="md" h={60} bg="white" style={{ borderBottom: "1px solid #dee2e6" }}>
        <Title order={1} fz="lg">
          {props.title}
        </Title>
        <Group gap="md">
          {props.right}
          <SegmentedControl
            size="xs"
            aria-label="Bahasa / Language"
            value={language}
            onChange={(chosen) => choose(chosen as Language)}
            data={[
              { value: "id", label: "ID" },
              { value: "en", label: "EN" },
            ]}
          />
        </Group>
      </Group>
      <main>{props.children}</main>
    </>
  );
}

export function Plain(props: { onClick: () => void; children: ReactNode; testId?: string; disabled?: boolean }) {
  return (
    <Button variant="default" onClick={props.onClick} data-testid={props.testId} disabled={props.disabled}>
      {props.children}
    </Button>
  );
}
