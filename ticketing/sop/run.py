"""The SOP being carried out: which steps a case has begun and ended, how long each took, who says so.

One engine for every step: a step begins and ends on the facts its definition in `sop.yaml` names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from config.office import FactPattern, Sop, SopStep
from ticketing.facts import Fact, Provenance


@dataclass(frozen=True, slots=True)
class StepTiming:
    """One step of one case. `ended_at` is None while it runs."""

    step: SopStep
    started_at: datetime
    started_by: Provenance
    ended_at: datetime | None = None
    ended_by: Provenance | None = None

    @property
    def seconds(self) -> float | None:
        """How long the step took."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None

    @property
    def within(self) -> bool | None:
        """Whether it kept its standard time; None while it runs or where there is none."""
        if self.seconds is None or self.step.standard_seconds is None:
            return None
        return self.seconds <= self.step.standard_seconds


def steps_of(sop: Sop, known: Iterable[Fact]) -> tuple[StepTiming, ...]:
    """The steps that the facts show as begun, in the SOP's order. Pure and order-independent."""
    once = {fact.key: fact for fact in known}
    facts = sorted(once.values(), key=lambda fact: (fact.occurred_at, fact.key))
    timings = (_timing(step, facts) for step in sop.steps)
    return tuple(timing for timing in timings if timing)


def _timing(step: SopStep, facts: list[Fact]) -> StepTiming | None:
    starts = [fact for fact in facts if _matches(step.starts_on, fact)]
    if not starts:
        return None
    ends = [fact for fact in facts if _matches(step.ends_on, fact)]
    end = next((fact for fact in ends if fact.occurred_at >= starts[0].occurred_at), None)
    start = _start(step, starts, end)
    if end is None:
        return StepTiming(step, start.occurred_at, start.provenance)
    return StepTiming(step, start.occurred_at, start.provenance, end.occurred_at, end.provenance)


def _start(step: SopStep, starts: list[Fact], end: Fact | None) -> Fact:
    """The first start, or the latest before the end: a second ring is a new try at taking the call."""
    if step.start == "first":
        return starts[0]
    in_time = [fact for fact in starts if end is None or fact.occurred_at <= end.occurred_at]
    return in_time[-1]


def _matches(patterns: tuple[FactPattern, ...], fact: Fact) -> bool:
    return any(
        pattern.fact == fact.kind
        and all(getattr(fact, name) == value for name, value in pattern.where.items())
        for pattern in patterns
    )
