"""What people made of a ticket: where it stands, and everything that decides about it."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from ticketing.case_facts import Channel, Origin, Track, Urgency


class Stage(StrEnum):
    """Where a case stands by what people did; before anybody did anything its calls decide."""

    UNTOUCHED = "untouched"
    BEGUN = "begun"
    RECORDED = "recorded"
    ANALYSED = "analysed"
    SEARCHING = "searching"
    WITH_DISPATCHER = "with_dispatcher"
    WITH_OFFICIAL = "with_official"
    RETURNED = "returned"
    SOLVED = "solved"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    SETTLED = "settled"
    REFERRED = "referred"
    MERGED = "merged"
    CLOSED = "closed"
    CANCELLED = "cancelled"


OVER = frozenset({Stage.CLOSED, Stage.CANCELLED, Stage.MERGED})
"""Nobody owes anything for these any more; to the reporter of a merged one the other ticket's news."""
WITH_BACK_OFFICE = frozenset({Stage.WITH_DISPATCHER, Stage.WITH_OFFICIAL})


class Solution(Struct, frozen=True, gc=False):
    """What is to be told to the citizen, and who answers for it."""

    text_id: str
    author_id: str
    author_role: str
    written_at: datetime
    article: str | None = None
    article_version: int | None = None
    deliver_by: str | None = None
    cause_id: str | None = None


class Told(Struct, frozen=True, gc=False):
    """That the citizen was told: when, by whom, how."""

    at: datetime
    by: str
    channel: Channel


class Wait(Struct, frozen=True, gc=False):
    """Waiting for the citizen; `ended_at` is None while it goes on."""

    began_at: datetime
    ended_at: datetime | None = None


class Recap(Struct, frozen=True, gc=False):
    """SOP step 14's output, by its texts' ids."""

    problem_id: str
    solution_id: str
    told_by: str | None
    told_at: datetime | None


class Case(Struct, frozen=True, gc=False):
    """What people made of a ticket. `acted_at` is when it was last moved on; misses follow it.

    While it is merged, `stage_before` is where it would stand by itself.
    """

    ticket_id: str
    stage: Stage = Stage.UNTOUCHED
    opened_at: datetime | None = None
    origin: Origin = Origin.CALL
    by_mobile: bool = False
    text_only: bool = False
    cause_id: str | None = None
    put_off_to_at: datetime | None = None
    parent_ticket_id: str | None = None
    person_id: str | None = None
    sop_version: str | None = None
    agent_id: str | None = None
    call_ids: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    district: str | None = None
    ticket_type: str | None = None
    category: str | None = None
    story_id: str | None = None
    outline_id: str | None = None
    solution: Solution | None = None
    delivered: Told | None = None
    satisfied: bool | None = None
    confirmed_at: datetime | None = None
    track: Track | None = None
    urgency: Urgency = Urgency.NORMAL
    sent_at: datetime | None = None
    forwarded_at: datetime | None = None
    unit: str | None = None
    official_id: str | None = None
    consult_until_at: datetime | None = None
    consult_accepted: bool = False
    reason_id: str | None = None
    belongs_to: str | None = None
    recap: Recap | None = None
    waits: tuple[Wait, ...] = ()
    plan_made: bool = False
    followed_up_at: datetime | None = None
    misses: int = 0
    missed_at: datetime | None = None
    acted_at: datetime | None = None
    taken_over_by: str | None = None
    told_at: datetime | None = None
    called_back_at: datetime | None = None
    times_called_back: int = 0
    reached_at: datetime | None = None
    messages_told: frozenset[str] = frozenset()
    merged_into: str | None = None
    merge_reason_id: str | None = None
    stage_before: Stage = Stage.UNTOUCHED
    closed_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nobody owes anything any more."""
        return self.stage in OVER

    @property
    def is_with_back_office(self) -> bool:
        """Whether dispatcher or official have it."""
        return self.stage in WITH_BACK_OFFICE

    @property
    def reached(self) -> bool:
        """Whether the citizen was ever reached by a call back."""
        return self.reached_at is not None

    @property
    def consults(self) -> bool:
        """Whether the citizen holds the line for the answer."""
        return self.track is Track.LIVE

    @property
    def deliver_by_official(self) -> bool:
        """Whether the official wants to tell the citizen in person."""
        return self.solution is not None and self.solution.deliver_by == "official"

    @property
    def was_told_by_message(self) -> bool:
        """Whether the answer went out by a message, which says how to object: it is the citizen's turn."""
        told = self.delivered
        waits = self.stage is Stage.AWAITING_CONFIRMATION
        return waits and told is not None and told.channel is Channel.MESSAGE

    @property
    def answer_is_of_another_cause(self) -> bool:
        """Whether the solution is a cause's that the case, as it turned out, is not about."""
        return self.solution is not None and self.solution.cause_id not in (None, self.cause_id)

    @property
    def waiting_since_at(self) -> datetime | None:
        """Since when the office waits for the citizen, if it does."""
        last = self.waits[-1] if self.waits else None
        return last.began_at if last and last.ended_at is None else None

    def paused(self, until_at: datetime) -> timedelta:
        """How long the office's clock stood still up to `until_at`."""
        spans = ((wait.ended_at or until_at) - wait.began_at for wait in self.waits)
        return sum(spans, timedelta())
