"""The standard operating procedure as the office set it up: steps, actors, standard times, boundaries."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from config.errors import Text
from config.yaml_files import WHOLE_NUMBER, Located, fingerprint, unknown

ACTORS = ("citizen", "agent", "dispatcher", "official", "system")
WARN_RATIO = 0.8
_BOUNDARIES = ("starts_on", "ends_on", "only_if")


STEP_ENDED = "step_ended"
"""What stands for the end of another step in a boundary; written `{step: 5}`."""
STARTS = ("first", "latest", "each")


@dataclass(frozen=True, slots=True)
class FactPattern:
    """Facts that mark a boundary: of this kind, with these values."""

    fact: str
    where: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SopStep:
    """One step. A step without boundaries is not observed yet; its times are known all the same.

    `start` says which of several starts counts: the first, the latest before the end, or each, and then
    the step is taken again (a round) each time. `only_if` names facts without which the step is not on
    this case's way. With `ends_after_seconds` it ends by itself, so long after it began.
    """

    number: int
    name: Text
    actor: str | None
    standard_seconds: int | None
    output: Text | None
    starts_on: tuple[FactPattern, ...] = ()
    ends_on: tuple[FactPattern, ...] = ()
    start: Literal["first", "latest", "each"] = "first"
    warn_ratio: float = WARN_RATIO
    only_if: tuple[FactPattern, ...] = ()
    ends_after_seconds: int | None = None

    @property
    def observed(self) -> bool:
        """Whether facts tell when the step begins and ends."""
        return bool(self.starts_on)

    @property
    def warn_seconds(self) -> float | None:
        """When the step's clock turns amber."""
        return None if self.standard_seconds is None else self.standard_seconds * self.warn_ratio


@dataclass(frozen=True)
class Sop:
    """One version of the procedure."""

    number: str
    name: str
    made_on: date
    revised_on: date
    effective_on: date
    steps: tuple[SopStep, ...]

    @cached_property
    def version(self) -> str:
        """The SOP's number and what it says: a case keeps the version it began under."""
        return f"{self.number}@{fingerprint(json.dumps(self.to_json(), sort_keys=True))}"

    def step(self, number: int) -> SopStep:
        """The step of that number."""
        return self.steps[number - 1]

    def to_json(self) -> dict[str, Any]:
        """The SOP as plain JSON, to be kept with the cases that began under it."""
        plain = asdict(self)
        for name in ("made_on", "revised_on", "effective_on"):
            plain[name] = plain[name].isoformat()
        return plain

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "Sop":
        """The SOP that `to_json` wrote down."""
        dates = {name: date.fromisoformat(plain[name]) for name in ("made_on", "revised_on", "effective_on")}
        steps = tuple(_step_from_json(step) for step in plain["steps"])
        return cls(number=plain["number"], name=plain["name"], steps=steps, **dates)


def _step_from_json(plain: dict[str, Any]) -> SopStep:
    boundaries = {
        name: tuple(FactPattern(**pattern) for pattern in plain.get(name, ()))
        for name in ("starts_on", "ends_on", "only_if")
    }
    output = Text(**plain["output"]) if plain["output"] else None
    return SopStep(**(plain | boundaries | {"name": Text(**plain["name"]), "output": output}))


def read_sop(top: Located, known_facts: frozenset[str]) -> Sop:
    """The SOP of `sop.yaml`; refused where a step can begin and never end, or a number is skipped."""
    fields = top.fields(("number", "name", "made_on", "revised_on", "effective_on", "steps"))
    steps = []
    for expected, item in enumerate(fields["steps"].items(), start=1):
        steps.append(_read_step(item, expected, known_facts))
    return Sop(
        number=fields["number"].text(),
        name=fields["name"].text(),
        made_on=fields["made_on"].day(),
        revised_on=fields["revised_on"].day(),
        effective_on=fields["effective_on"].day(),
        steps=tuple(steps),
    )


def _read_step(item: Located, expected: int, known_facts: frozenset[str]) -> SopStep:
    fields = item.fields(
        ("number", "name"),
        ("actor", "standard_seconds", "output", *_BOUNDARIES, "start", "warn_ratio", "ends_after_seconds"),
    )
    number = fields["number"].number(least=1)
    if number != expected:
        fields["number"].refuse(
            f"Langkah {expected} harus ada di sini, bukan {number}. Tulis 'number: {expected}'.",
            f"Step {expected} belongs here, not {number}. Write 'number: {expected}'.",
        )
    starts_on, ends_on, only_if = (_patterns(fields.get(name), known_facts, number) for name in _BOUNDARIES)
    if bool(starts_on) != bool(ends_on):
        (fields.get("starts_on") or fields["ends_on"]).refuse(
            f"Langkah {number} dapat mulai tetapi tidak dapat selesai, atau sebaliknya. "
            "Isi 'starts_on' dan 'ends_on', atau kosongkan keduanya.",
            f"Step {number} can begin but not end, or the reverse. "
            "Fill in both 'starts_on' and 'ends_on', or neither.",
        )
    start: Any = fields["start"].choice(STARTS) if "start" in fields else "first"
    return SopStep(
        number=number,
        name=fields["name"].label(),
        actor=fields["actor"].choice(ACTORS) if "actor" in fields else None,
        standard_seconds=_seconds(fields, "standard_seconds"),
        output=fields["output"].label() if "output" in fields else None,
        starts_on=starts_on,
        ends_on=ends_on,
        start=start,
        warn_ratio=fields["warn_ratio"].share() if "warn_ratio" in fields else WARN_RATIO,
        only_if=only_if,
        ends_after_seconds=_seconds(fields, "ends_after_seconds"),
    )


def _seconds(fields: dict[str, Located], name: str) -> int | None:
    return fields[name].number(least=1) if name in fields else None


def _patterns(items: Located | None, known_facts: frozenset[str], number: int) -> tuple[FactPattern, ...]:
    return tuple(_pattern(item, known_facts, number) for item in items.items()) if items else ()


def _pattern(item: Located, known_facts: frozenset[str], number: int) -> FactPattern:
    """`{fact: ..., where: {...}}`, or `{step: n}` for the end of an earlier step."""
    fields = item.fields((), ("fact", "where", "step"))
    if "step" in fields:
        step = fields["step"].number(least=1)
        if step >= number:
            fields["step"].refuse(
                f"Langkah {number} hanya dapat menunggu langkah sebelumnya, bukan langkah {step}.",
                f"Step {number} can only wait for an earlier step, not for step {step}.",
            )
        return FactPattern(STEP_ENDED, {"step": step})
    name = item.fields(("fact",), ("where",))["fact"].text()
    if known_facts and name not in known_facts:
        fields["fact"].refuse(*unknown(name, sorted(known_facts)))
    where = {key: _value(value) for key, value in fields["where"].pairs()} if "where" in fields else {}
    return FactPattern(name, where)


def _value(item: Located) -> Any:
    """A whole number, yes or no, or a word."""
    text = item.text()
    if text in ("true", "false"):
        return text == "true"
    return item.number() if WHOLE_NUMBER.fullmatch(text) else text
