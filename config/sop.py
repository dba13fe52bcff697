"""The standard operating procedure as the office set it up: steps, actors, standard times, boundaries."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from config.errors import Text
from config.yaml_files import Located, fingerprint, unknown

ACTORS = ("citizen", "agent", "dispatcher", "official", "system")
WARN_RATIO = 0.8


@dataclass(frozen=True, slots=True)
class FactPattern:
    """Facts that mark a boundary: of this kind, with these values."""

    fact: str
    where: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SopStep:
    """One step. A step without boundaries is not observed yet; its times are known all the same.

    `start` says which of several starts counts: the first, or the latest before the end.
    """

    number: int
    name: Text
    actor: str | None
    standard_seconds: int | None
    output: Text | None
    starts_on: tuple[FactPattern, ...] = ()
    ends_on: tuple[FactPattern, ...] = ()
    start: Literal["first", "latest"] = "first"
    warn_ratio: float = WARN_RATIO

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
        name: tuple(FactPattern(**pattern) for pattern in plain[name]) for name in ("starts_on", "ends_on")
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
        ("actor", "standard_seconds", "output", "starts_on", "ends_on", "start", "warn_ratio"),
    )
    number = fields["number"].number(least=1)
    if number != expected:
        fields["number"].refuse(
            f"Langkah {expected} harus ada di sini, bukan {number}. Tulis 'number: {expected}'.",
            f"Step {expected} belongs here, not {number}. Write 'number: {expected}'.",
        )
    starts_on = _patterns(fields.get("starts_on"), known_facts)
    ends_on = _patterns(fields.get("ends_on"), known_facts)
    if bool(starts_on) != bool(ends_on):
        (fields.get("starts_on") or fields["ends_on"]).refuse(
            f"Langkah {number} dapat mulai tetapi tidak dapat selesai, atau sebaliknya. "
            "Isi 'starts_on' dan 'ends_on', atau kosongkan keduanya.",
            f"Step {number} can begin but not end, or the reverse. "
            "Fill in both 'starts_on' and 'ends_on', or neither.",
        )
    start = fields["start"].choice(("first", "latest")) if "start" in fields else "first"
    return SopStep(
        number=number,
        name=fields["name"].label(),
        actor=fields["actor"].choice(ACTORS) if "actor" in fields else None,
        standard_seconds=fields["standard_seconds"].number(least=1) if "standard_seconds" in fields else None,
        output=fields["output"].label() if "output" in fields else None,
        starts_on=starts_on,
        ends_on=ends_on,
        start="latest" if start == "latest" else "first",
        warn_ratio=fields["warn_ratio"].share() if "warn_ratio" in fields else WARN_RATIO,
    )


def _patterns(items: Located | None, known_facts: frozenset[str]) -> tuple[FactPattern, ...]:
    if items is None:
        return ()
    patterns = []
    for item in items.items():
        fields = item.fields(("fact",), ("times",))
        name = fields["fact"].text()
        if known_facts and name not in known_facts:
            fields["fact"].refuse(*unknown(name, sorted(known_facts)))
        where = {"times": fields["times"].number(least=1)} if "times" in fields else {}
        patterns.append(FactPattern(name, where))
    return tuple(patterns)
