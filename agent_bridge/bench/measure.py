"""How benchmarks are taken: ours, a peer and a floor side by side in one run, told as ratios.

Rounds go A B F, then F B A, so that a machine that slows down slows all three. Each ratio is the median of
its rounds' ratios, with the 95 % interval of a bootstrap; a goal is met only when the worse bound meets it.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Measure = Callable[[], float]
"""Takes one measurement and returns its figure; smaller is better unless the benchmark says otherwise."""
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two figures over all rounds."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Goal:
    """What is promised: this ratio at most (or at least), in its worse bound."""

    of: str
    limit: float
    at_least: bool = False

    def met_by(self, ratio: Ratio) -> bool:
        """Whether the promise is kept."""
        return ratio.low >= self.limit if self.at_least else ratio.high <= self.limit

    def __str__(self) -> str:
        return f"{self.of} {'>=' if self.at_least else '<='} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Result:
    """One path's figures, as `hotline bench --json` prints them."""

    path: str
    unit: str
    ours: float
    peer: float | None
    floor: float | None
    ratio_to_peer: Ratio | None
    ratio_to_floor: Ratio | None
    goal: str
    met: bool
    rounds: int
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        plain: dict[str, Any] = _rounded(asdict(self))
        return plain


def compare(
    path: str,
    unit: str,
    goal: Goal,
    rounds: int,
    ours: Measure,
    peer: Measure | None = None,
    floor: Measure | None = None,
    facts: dict[str, Any] | None = None,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> Result:
    """Measure in interleaved rounds and weigh the result against the goal (`peer` or `floor`)."""
    measures = {"ours": ours, "peer": peer, "floor": floor}
    taken: dict[str, list[float]] = {name: [] for name, measure in measures.items() if measure}
    for n in range(rounds):
        names = list(taken) if n % 2 == 0 else list(reversed(taken))
        for name in names:
            measure = measures[name]
            assert measure is not None
            taken[name].append(measure())
        tell(n + 1, rounds)
    return weigh(path, unit, goal, taken, facts)


def weigh(
    path: str, unit: str, goal: Goal, taken: dict[str, list[float]], facts: dict[str, Any] | None = None
) -> Result:
    """The result of what was measured, round by round."""
    to_peer = ratio(taken["ours"], taken["peer"]) if taken.get("peer") else None
    to_floor = ratio(taken["ours"], taken["floor"]) if taken.get("floor") else None
    judged = to_peer if goal.of == "peer" else to_floor
    assert judged is not None
    return Result(
        path=path,
        unit=unit,
        ours=statistics.median(taken["ours"]),
        peer=statistics.median(taken["peer"]) if taken.get("peer") else None,
        floor=statistics.median(taken["floor"]) if taken.get("floor") else None,
        ratio_to_peer=to_peer,
        ratio_to_floor=to_floor,
        goal=str(goal),
        met=goal.met_by(judged),
        rounds=len(taken["ours"]),
        facts=facts or {},
    )


def ratio(ours: Sequence[float], other: Sequence[float]) -> Ratio:
    """The median of the rounds' ratios and its bootstrap interval."""
    ratios = [mine / theirs for mine, theirs in zip(ours, other, strict=True)]
    chance = random.Random(1)  # noqa: S311 - resampling, not a secret
    medians = sorted(statistics.median(chance.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES))
    return Ratio(
        statistics.median(ratios), medians[int(0.025 * RESAMPLES)], medians[int(0.975 * RESAMPLES) - 1]
    )


def cpu_seconds(work: Callable[[], object]) -> float:
    """The CPU time of this process that `work` takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` percent do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, round(len(ranked) * share / 100 + 0.5) - 1))]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value
