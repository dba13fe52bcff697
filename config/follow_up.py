"""Periodic follow-up as the office set it up (the SOP's "Peringatan"): classes, intervals, escalation."""

import re
from dataclasses import dataclass
from datetime import date

from config.errors import Text
from config.yaml_files import Located

LEVELS = ("owner", "dispatcher", "unit_head", "supervisor", "department_head")
_SPAN = re.compile(r"([1-9][0-9]{0,3}) (hari kerja|jam|menit|detik)")
_SECONDS = {"jam": 3600, "menit": 60, "detik": 1}


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: working days of the office's calendar, or plain seconds."""

    working_days: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class FollowUpClass:
    """One kind of promise: the limit, and how often the owner must show that something happens."""

    code: str
    label: Text
    limit: Span
    first_response: Span
    until_plan: Span
    after_plan: Span
    last_call_before_limit: Span
    source: str
    valid_from: date


@dataclass(frozen=True, slots=True)
class FollowUp:
    """All classes, and who hears of a due time that passed: `levels[0]` at the first, and so on."""

    classes: dict[str, FollowUpClass]
    again_after: Span
    levels: tuple[tuple[str, ...], ...]
    consult_window: Span
    tell_citizen_every: Span
    citizen_answers_within: Span

    def people_at(self, level: int) -> tuple[str, ...]:
        """Who is told at that level, from 1; the last level goes on for ever."""
        return self.levels[min(level, len(self.levels)) - 1]


def read_follow_up(top: Located) -> FollowUp:
    """The follow-up of `follow_up.yaml`."""
    spans = ("consult_window", "tell_citizen_every", "citizen_answers_within")
    fields = top.fields(("escalation", "classes", *spans))
    escalation = fields["escalation"].fields(("again_after", "levels"))
    levels = tuple(
        tuple(who.choice(LEVELS) for who in level.items()) for level in escalation["levels"].items()
    )
    if not levels or not all(levels):
        escalation["levels"].refuse(
            "Paling sedikit satu tingkat, dan tiap tingkat paling sedikit satu orang.",
            "At least one level is needed, and somebody at each of them.",
        )
    return FollowUp(
        classes={code: _read_class(code, item) for code, item in fields["classes"].pairs()},
        again_after=read_span(escalation["again_after"]),
        levels=levels,
        **{name: read_span(fields[name]) for name in spans},
    )


def _read_class(code: str, item: Located) -> FollowUpClass:
    spans = ("limit", "first_response", "until_plan", "after_plan", "last_call_before_limit")
    fields = item.fields(("id", "en", "source", "valid_from", *spans))
    return FollowUpClass(
        code=code,
        label=Text(fields["id"].text(), fields["en"].text()),
        source=fields["source"].text(),
        valid_from=fields["valid_from"].day(),
        **{name: read_span(fields[name]) for name in spans},
    )


def read_span(item: Located) -> Span:
    """A length of time such as `2 hari kerja` or `15 menit`."""
    found = _SPAN.fullmatch(item.text())
    if found is None:
        item.refuse(
            f"'{item.text()}' bukan jangka waktu. Tulis seperti '2 hari kerja', '3 jam' atau '30 detik'.",
            f"'{item.text()}' is no length of time. Write it like '2 hari kerja', '3 jam' or '30 detik'.",
        )
    count, unit = int(found[1]), found[2]
    return Span(working_days=count) if unit == "hari kerja" else Span(seconds=count * _SECONDS[unit])
