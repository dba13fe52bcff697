"""The SOP being carried out: which steps a case has begun and ended, how long each took, who says so.

One engine for every step: a step begins and ends on the facts its definition in `sop.yaml` names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from msgspec import Struct

from config.sop import STEP_ENDED, FactPattern, Sop, SopStep
from ticketing.case_facts import StepDone, StepSkipped
from ticketing.facts import Fact, Provenance


class StepTiming(Struct, frozen=True, gc=False):
    """One step of one case. `ended_at` is None while it runs; `round` counts how often it was taken.

    `by` is who acted last in it, where people did. A skipped step has the reason's text, and no seconds.
    """

    step: SopStep
    started_at: datetime
    started_by: Provenance
    ended_at: datetime | None = None
    ended_by: Provenance | None = None
    round: int = 1
    by: str | None = None
    skip_reason_id: str | None = None

    @property
    def seconds(self) -> float | None:
        """How long the step took."""
        if self.ended_at is None or self.skip_reason_id:
            return None
        return (self.ended_at - self.started_at).total_seconds()

    @property
    def within(self) -> bool | None:
        """Whether it kept its standard time; None while it runs or where there is none."""
        seconds, standard = self.seconds, self.step.standard_seconds
        return None if seconds is None or standard is None else seconds <= standard


class _Boundary(NamedTuple):
    """A moment at which a step may begin or end; `key` tells two of one instant apart."""

    at: datetime
    provenance: Provenance
    by: str | None
    key: str


def steps_of(sop: Sop, known: Iterable[Fact]) -> tuple[StepTiming, ...]:
    """The steps that the facts show as begun, in the SOP's order. Pure and order-independent."""
    told = _told(known)
    said = [*told.by_kind.get(StepDone.kind, ()), *told.by_kind.get(StepSkipped.kind, ())]
    timings: list[StepTiming] = []
    for step in sop.steps:
        of_step = [fact for fact in said if fact.step == step.number] if said else said
        timings += _rounds(step, told, of_step, timings)
    return tuple(timings)


@dataclass(frozen=True, slots=True)
class _Told:
    """The facts in order, by kind: a step looks only at those that its boundaries name."""

    by_kind: dict[str, list[Fact]]
    latest_at: datetime | None


def _told(known: Iterable[Fact]) -> _Told:
    once = {fact.key: fact for fact in known}
    facts = sorted(once.values(), key=_in_time)
    by_kind: dict[str, list[Fact]] = {}
    for fact in facts:
        by_kind.setdefault(fact.kind, []).append(fact)
    return _Told(by_kind, facts[-1].occurred_at if facts else None)


def _in_time(fact: Fact) -> tuple[datetime, str]:
    return fact.occurred_at, fact.key


def missing(sop: Sop, known: Sequence[Fact], timings: Sequence[StepTiming]) -> tuple[int, ...]:
    """Steps on this case's way that neither took place to their end nor were skipped for a reason."""
    over = {timing.step.number for timing in timings if timing.ended_at}
    return tuple(
        step.number
        for step in sop.steps
        if step.observed and step.number not in over and is_on_the_way(step, known)
    )


def is_on_the_way(step: SopStep, known: Iterable[Fact]) -> bool:
    """Whether the case takes this step: the FAQ book solves some, the others go to officials."""
    return not step.only_if or any(_matches(step.only_if, fact) for fact in known)


def _rounds(step: SopStep, told: _Told, said: Sequence[Fact], earlier: list[StepTiming]) -> list[StepTiming]:
    """Each time the step was taken. A skip puts an end to it; what was over before stands."""
    done = [_boundary(fact) for fact in said if isinstance(fact, StepDone)]
    taken = _taken(step, told, done, earlier)
    skip = next((fact for fact in said if isinstance(fact, StepSkipped)), None)
    if skip is None:
        return taken
    before = [timing for timing in taken if timing.ended_at and timing.ended_at <= skip.occurred_at]
    return [*before, _skipped(step, skip, len(before) + 1)]


def _taken(step: SopStep, told: _Told, done: list[_Boundary], earlier: list[StepTiming]) -> list[StepTiming]:
    """`done` are ends that somebody declared, beside those of the definition."""
    starts = _boundaries(step.starts_on, told, earlier)
    if not starts or told.latest_at is None:
        return []
    ends = _boundaries(step.ends_on, told, earlier)
    ends = sorted([*ends, *done], key=lambda end: end.at) if done else ends
    found: list[StepTiming] = []
    while starts:
        timing = _timing(step, starts, ends, len(found) + 1, told.latest_at)
        found.append(timing)
        if step.start != "each" or timing.ended_at is None:
            break
        over_at = timing.ended_at
        # What ended this round does not begin the next one as well.
        spent = [end for end in ends if end.at == over_at]
        starts = [s for s in starts if s.at >= over_at and s.at > timing.started_at and s not in spent]
        ends = [end for end in ends if end.at > over_at]
    return found


def _timing(
    step: SopStep, starts: list[_Boundary], ends: list[_Boundary], round: int, latest_at: datetime
) -> StepTiming:
    end = next((end for end in ends if end.at >= starts[0].at), None)
    start = _start(step, starts, end)
    end = _by_itself(step, start, end, latest_at)
    who = (end and end.by) or start.by
    if end is None:
        return StepTiming(step, start.at, start.provenance, round=round, by=who)
    return StepTiming(step, start.at, start.provenance, end.at, end.provenance, round, who)


def _start(step: SopStep, starts: list[_Boundary], end: _Boundary | None) -> _Boundary:
    """The first start, or the latest before the end: a second ring is a new try at taking the call."""
    if step.start != "latest":
        return starts[0]
    return [start for start in starts if end is None or start.at <= end.at][-1]


def _by_itself(
    step: SopStep, start: _Boundary, end: _Boundary | None, latest_at: datetime
) -> _Boundary | None:
    """The end a step comes to by itself, once anything later is known of the case."""
    if step.ends_after_seconds is None:
        return end
    last = start.at + timedelta(seconds=step.ends_after_seconds)
    if min(end.at if end else latest_at, latest_at) <= last:
        return end
    return _Boundary(last, Provenance.INFERRED, start.by, f"step/{step.number}/by-itself")


def _skipped(step: SopStep, skip: StepSkipped, round: int) -> StepTiming:
    at, how = skip.occurred_at, skip.provenance
    return StepTiming(step, at, how, at, how, round, skip.actor_id, skip.reason_id)


def _boundaries(patterns: tuple[FactPattern, ...], told: _Told, earlier: list[StepTiming]) -> list[_Boundary]:
    found: list[_Boundary] = []
    matching: list[Fact] = []
    for pattern in patterns:
        if pattern.fact == STEP_ENDED:
            found += _ends_of(pattern.where["step"], earlier)
        elif of_kind := told.by_kind.get(pattern.fact):
            matching += [fact for fact in of_kind if _has(fact, pattern.where)] if pattern.where else of_kind
    if len(patterns) > 1:
        matching = sorted({fact.key: fact for fact in matching}.values(), key=_in_time)
    # Of one instant, an earlier step's end comes before a fact.
    found += [_boundary(fact) for fact in matching]
    return found if len(patterns) == 1 else sorted(found, key=lambda boundary: boundary.at)


def _ends_of(step: int, earlier: list[StepTiming]) -> list[_Boundary]:
    return [
        _Boundary(
            timing.ended_at,
            timing.ended_by or timing.started_by,
            timing.by,
            f"step/{timing.step.number}/{timing.round}",
        )
        for timing in earlier
        if timing.ended_at and timing.step.number == step
    ]


def _boundary(fact: Fact) -> _Boundary:
    return _Boundary(fact.occurred_at, fact.provenance, _who(fact), fact.key)


def _who(fact: Fact) -> str | None:
    return getattr(fact, "actor_id", None) or getattr(fact, "agent_id", None)


def _matches(patterns: tuple[FactPattern, ...], fact: Fact) -> bool:
    return any(pattern.fact == fact.kind and _has(fact, pattern.where) for pattern in patterns)


def _has(fact: Fact, where: dict[str, Any]) -> bool:
    return all(getattr(fact, name, None) == value for name, value in where.items())
