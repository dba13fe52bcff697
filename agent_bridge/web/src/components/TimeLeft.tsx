// The time left until something is due: minutes while it is near, hours and days while it is far; red once late.
import { Text } from "@mantine/core";
import { minutes } from "../clock";
import { useText } from "../text";

const WARN_AT = 0.8;
const AMBER = "#8f4a00";
const HOUR = 3600;
const DAY = 24 * HOUR;

/** `of` is the standard it counts down from, where there is one: amber once four fifths are gone. */
export function TimeLeft({ until, now, of }: { until: string | null; now: number; of?: number }) {
  const say = useText();
  if (!until) return <Text component="span" inherit>–</Text>;
  const left = (Date.parse(until) - now) / 1000;
  const size = Math.abs(left);
  const said =
    size < HOUR ? minutes(size) : size < 2 * DAY ? say("hours", { n: Math.floor(size / HOUR) }) : say("days", { n: Math.floor(size / DAY) });
  const late = left < 0;
  const soon = of !== undefined && left < of * (1 - WARN_AT);
  return (
    <Text component="span" inherit className="figures" fw={late ? 700 : 500} c={late ? "red.9" : soon ? AMBER : "dark.8"} data-late={late}>
      {late ? say("late", { by: said }) : said}
      {of !== undefined && ` / ${minutes(of)}`}
    </Text>
  );
}
