"""The standard operating procedure as the office set it up: steps, actors, standard times, boundaries."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from config.errors import Text
from config.yaml_files import fingerprint

WARN_RATIO = 0.8
BOUNDARIES = ("starts_on", "ends_on", "only_if")
SERVICE_DESK = "service_desk"
"""The lane of this software: "Service Desk / Database" in the source's table."""
SYSTEM = "system"
ROLES = ("citizen", "agent", "dispatcher", "official", "supervisor", "analyst", "admin", SYSTEM)
"""Who acts, in the hotline's own words; a lane of the SOP stands for one or more of them."""

STEP_ENDED = "step_ended"
"""What stands for the end of another step in a boundary; written `{step: 5}`."""
STARTS = ("first", "latest", "each")


@dataclass(frozen=True, slots=True)
class Actor:
    """One lane of the SOP's table. `roles` are those whose doings stand in it."""

    code: str
    label: Text
    roles: tuple[str, ...]


def an_actor(code: str, id: str, en: str, *roles: str) -> Actor:
    """A lane; without roles it is that of the role it is named after."""
    return Actor(code, Text(id, en), roles or ((SYSTEM,) if code == SERVICE_DESK else (code,)))


EARLIER_ACTORS = (
    an_actor("citizen", "Masyarakat", "Citizen"),
    an_actor("agent", "Call Center", "Call centre"),
    an_actor(SERVICE_DESK, "Service Desk / Database", "Service desk / database"),
    an_actor("dispatcher", "Dispatcher Agent", "Dispatcher"),
    an_actor("official", "Pejabat terkait", "Official in charge"),
)
"""The lanes of an SOP written down before SOPs named theirs."""


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
    actors: tuple[Actor, ...]
    steps: tuple[SopStep, ...]

    @cached_property
    def version(self) -> str:
        """The SOP's number and what it says: a case keeps the version it began under."""
        return _version(self.to_json())

    def step(self, number: int) -> SopStep:
        """The step of that number."""
        return self.steps[number - 1]

    def ending_on(self, fact: str) -> SopStep | None:
        """The first step that is over once that fact is there."""
        return next((step for step in self.steps if any(end.fact == fact for end in step.ends_on)), None)

    def actor(self, code: str | None) -> Actor | None:
        """The lane of that name."""
        return next((actor for actor in self.actors if actor.code == code), None)

    def lane_of(self, role: str) -> str:
        """The lane in which a role's doings stand; who has none is shown in the software's."""
        return next((actor.code for actor in self.actors if role in actor.roles), SERVICE_DESK)

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
        actors = tuple(_actor_from_json(actor) for actor in plain.get("actors", ())) or EARLIER_ACTORS
        sop = cls(number=plain["number"], name=plain["name"], actors=actors, steps=steps, **dates)
        # It keeps the name it was kept under, whatever a later hotline would write down of it.
        vars(sop)["version"] = _version(plain)
        return sop


def _version(plain: dict[str, Any]) -> str:
    return f"{plain['number']}@{fingerprint(json.dumps(plain, sort_keys=True))}"


def _actor_from_json(plain: dict[str, Any]) -> Actor:
    return Actor(plain["code"], Text(**plain["label"]), tuple(plain["roles"]))


def _step_from_json(plain: dict[str, Any]) -> SopStep:
    boundaries = {
        name: tuple(FactPattern(**pattern) for pattern in plain.get(name, ())) for name in BOUNDARIES
    }
    output = Text(**plain["output"]) if plain["output"] else None
    return SopStep(**(plain | boundaries | {"name": Text(**plain["name"]), "output": output}))
