"""The story of a case: what `hotline ticket show`, the story's page, rehearsals and the API tell of it.

Nothing in it identifies the citizen: texts are masked before they get here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import to_builtins

from config.errors import Text


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of the SOP as this case took it; `round` counts how often. Provenances are those of facts.

    `by` is the name of who acted, None for citizens. A skipped step has `skip_reason` and no seconds.
    """

    step: int
    round: int
    name: Text
    actor: str | None
    by: str | None
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None
    standard_seconds: int | None
    within: bool | None
    started_by: str
    ended_by: str | None
    skip_reason: str | None = None


@dataclass(frozen=True, slots=True)
class EventLine:
    """One thing that happened; `lane` is one of the SOP's actors.

    `words` is what was written on the occasion, masked; None where nothing was.
    """

    at: datetime
    kind: str
    lane: str
    by: str | None
    text: Text
    words: str | None = None


@dataclass(frozen=True, slots=True)
class MessageLine:
    """Something the citizen is owed since `owed_at`, and has been told at `told_at` or not yet."""

    kind: str
    owed_at: datetime
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaseStory:
    """One ticket from its registration to its end. Both clocks are in seconds; the citizen's never stops.

    `unexplained` are steps on the case's way that neither took place to their end nor were skipped for
    a reason, once the case is closed.
    """

    number: str
    state: str
    state_name: Text
    sop_number: str
    ticket_type: Text | None
    category: Text | None
    district: str | None
    registered_at: datetime
    closed_at: datetime | None
    owner: str | None
    next_due_at: datetime | None
    limit_at: datetime | None
    calendar_version: str
    citizen_seconds: float
    office_seconds: float
    steps: tuple[StepLine, ...]
    events: tuple[EventLine, ...]
    unexplained: tuple[int, ...]
    messages: tuple[MessageLine, ...] = ()

    @property
    def observed_share(self) -> float:
        """The share of step boundaries that were seen or read off what people did, not declared by a key.

        Steps without a standard time promise nothing and do not count.
        """
        timed = [line for line in self.steps if line.standard_seconds]
        marks = [mark for line in timed for mark in (line.started_by, line.ended_by) if mark]
        seen = [mark for mark in marks if mark in ("observed", "inferred")]
        return len(seen) / len(marks) if marks else 1.0

    def to_json(self) -> dict[str, Any]:
        """The story as plain JSON."""
        plain: dict[str, Any] = to_builtins(self)
        return plain | {"observed_share": round(self.observed_share, 3)}
