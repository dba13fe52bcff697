"""How a ticket stands, for whoever knows its number and PIN, at any hour; nothing personal.

A wrong PIN, an unknown number and a locked one cannot be told apart, neither by the answer nor by the work:
each is looked up, compared and counted in the same statements. Numbers that no ticket has are counted in
a few rows that stand for all of them: nobody fills the ledger by guessing, nor locks a number not yet issued.
"""

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select

from config.clock import Clock
from config.office import Office
from config.sliding_window import SlidingWindow
from ticketing import case_facts, tables
from ticketing.citizens.limits import AskedTooOften
from ticketing.facts import Provenance
from ticketing.ledger.cases import FoldedCase
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.ledger.writing import Writing
from ticketing.people.pin import pin_of
from ticketing.people.privacy import Vault
from ticketing.sop.run import StepTiming, steps_of
from ticketing.statements import upsert
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.case import Stage
from ticketing.tickets.follow_up import call_back_owed, duty
from ticketing.tickets.number import NotATicketNumber, from_digits
from ticketing.tickets.ticket import TicketState

LOCKED_AFTER = 10
"""Failures on one number; then only the citizen's next call opens it again."""
AT_ONCE = 4
"""Questions in the writer's hands: however many ask, a caller who registers waits for no more of them."""
KEPT_FOR = timedelta(days=30)
GUESS, CALL, TICKET = tables.pin_guesses.c, tables.calls.c, tables.tickets.c
UNKNOWN, BUCKET_DIGITS = "?", 3
"""Numbers no ticket has are counted by their last digits: a thousand rows for all there could be."""
NOBODY = "00000000000"
"""Stands for what is no number at all, so that it costs as much as one that is."""


class Standing(StrEnum):
    """How a ticket stands, in the words a citizen knows."""

    REGISTERED = "registered"
    CALL_BACK = "call_back"
    IN_HAND = "in_hand"
    WITH_DISPATCHER = "with_dispatcher"
    WITH_OFFICIAL = "with_official"
    ANSWERED = "answered"
    CLOSED = "closed"
    ENDED = "ended"


_OF_STATE = {
    Stage.WITH_DISPATCHER: Standing.WITH_DISPATCHER,
    Stage.WITH_OFFICIAL: Standing.WITH_OFFICIAL,
    Stage.SOLVED: Standing.ANSWERED,
    Stage.AWAITING_CONFIRMATION: Standing.ANSWERED,
    Stage.SETTLED: Standing.ANSWERED,
    Stage.CLOSED: Standing.CLOSED,
    Stage.CANCELLED: Standing.ENDED,
    Stage.REFERRED: Standing.ANSWERED,
}


@dataclass(frozen=True, slots=True)
class CitizenStatus:
    """What a citizen may know of a ticket at `asked_at`. `call_by`, `answer_by`: what the office promised."""

    ticket_id: str
    standing: Standing
    registered_at: datetime
    closed_at: datetime | None
    steps_passed: tuple[int, ...]
    call_by: datetime | None
    answer_by: datetime | None
    in_a_cause: bool
    """Whether it counts as one of many with a common cause, and can be taken out."""
    asked_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether anything is still owed."""
        return self.standing not in (Standing.CLOSED, Standing.ENDED)

    @property
    def promised_at(self) -> datetime | None:
        """The next promise that can still be kept."""
        return self._promise if self._promise and self._promise > self.asked_at else None

    @property
    def missed_at(self) -> datetime | None:
        """The promise that was not kept; nobody is told a date that is past as if it were to come."""
        return self._promise if self._promise and self._promise <= self.asked_at else None

    @property
    def _promise(self) -> datetime | None:
        return self.call_by or self.answer_by


class StatusDesk:
    """Answers who asks for a ticket's status."""

    def __init__(
        self, journal: Journal, reader: Reader, vault: Vault, office: Callable[[], Office], clock: Clock
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._vault = vault
        self._office = office
        self._clock = clock
        self._of_source = SlidingWindow(30, timedelta(hours=1), AskedTooOften)
        self._of_number = SlidingWindow(5, timedelta(minutes=15), AskedTooOften)
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def check(self, digits: str, pin: str, source: str) -> CitizenStatus | None:
        """The status; None where number and PIN do not belong together. Raises AskedTooOften.

        `source` is who asks: an address, a call.
        """
        at, ticket_id = self._clock(), _number(digits)
        self._of_source.count(source, at)
        self._of_number.count(f"{source}|{ticket_id}", at)
        right = hmac.compare_digest(pin_of(self._vault, ticket_id).encode(), pin.encode(errors="replace"))
        async with self._at_once:
            known = await self._journal.do(lambda connection: _count(connection, ticket_id, right, at))
        return await asyncio.to_thread(self._told, ticket_id, at) if known else None

    async def not_mine(self, digits: str, pin: str, source: str) -> CitizenStatus | None:
        """Take the ticket out of its common cause ("bukan masalah saya"); the status as it is then.

        None where number and PIN do not belong together; said again, it is done once. Raises AskedTooOften.
        """
        found = await self.check(digits, pin, source)
        if found is None or not found.in_a_cause:
            return found
        at = self._clock()
        await self._journal.write(lambda writing: _take_out(writing, found.ticket_id, at))
        return await asyncio.to_thread(self._told, found.ticket_id, at)

    def _told(self, ticket_id: str, at: datetime) -> CitizenStatus | None:
        office = self._office()
        found = self._reader.case(ticket_id, office)
        return self._status(found, self._goes_on_in(found, office), office, at) if found else None

    def _goes_on_in(self, found: FoldedCase, office: Office) -> FoldedCase:
        """The ticket that goes on for a merged one: what comes of it is news for both citizens."""
        last, seen = found, set[str]()
        while (into := last.standing.case.merged_into) and into not in seen:
            seen.add(into)
            last = self._reader.case(into, office) or last
        return last

    def _status(self, found: FoldedCase, last: FoldedCase, office: Office, at: datetime) -> CitizenStatus:
        standing, case = found.standing, last.standing.case
        sop = self._reader.sop(found.ticket["sop_version"]) or office.sop
        owes = duty(last.standing, office, Calendar(office.hours))
        owed = call_back_owed(standing)
        passed = {timing.step.number for timing in steps_of(sop, found.facts) if _is_past(timing)}
        return CitizenStatus(
            ticket_id=standing.ticket_id,
            standing=_standing_of(last, owed is not None),
            registered_at=standing.registered_at,
            closed_at=case.closed_at,
            steps_passed=tuple(sorted(passed)),
            call_by=owed.due_at if owed else None,
            answer_by=owes.limit_at if owes and case.delivered is None else None,
            in_a_cause=standing.case.cause_id is not None and not standing.case.is_over,
            asked_at=at,
        )


def _number(digits: str) -> str:
    try:
        return from_digits(digits).digits
    except NotATicketNumber:
        return NOBODY


def _count(connection: Connection, ticket_id: str, right: bool, at: datetime) -> bool:
    """Whether the PIN opens this ticket now; counts the failure otherwise, be there such a ticket or not."""
    ticket = connection.execute(_TICKET, {"of_ticket": ticket_id}).one_or_none()
    counted_as = ticket_id if ticket else f"{UNKNOWN}{ticket_id[-BUCKET_DIGITS:]}"
    row = connection.execute(_GUESSES, {"of_ticket": counted_as}).one_or_none()
    failures, locked_at = (row.failures, row.locked_at) if row else (0, None)
    person_id = (ticket.person_id if ticket else None) or NOBODY
    since = {"of_ticket": counted_as, "of_person": person_id, "since_at": locked_at or at}
    if connection.scalar(_CALLS_SINCE, since):
        failures, locked_at = 0, None
    opened = right and ticket is not None and locked_at is None
    failures = 0 if opened else failures + 1
    if failures >= LOCKED_AFTER:
        locked_at = locked_at or at
    count = {"ticket_id": counted_as, "failures": failures, "failed_at": at, "locked_at": locked_at}
    _PUT.many(connection, [count])
    connection.execute(_FORGET, {"before_at": at - KEPT_FOR})
    return opened


# Built once: others wait for the writer while a guess is counted.
_TICKET = select(TICKET.person_id).where(TICKET.ticket_id == bindparam("of_ticket"))
_GUESSES = select(tables.pin_guesses).where(GUESS.ticket_id == bindparam("of_ticket"))
_CALLS_SINCE = select(func.count()).where(
    CALL.ticket_id == bindparam("of_ticket"),
    or_(
        and_(CALL.arrived_at > bindparam("since_at"), CALL.person_id == bindparam("of_person")),
        CALL.answered_at > bindparam("since_at"),
    ),
)
"""The calls by which the citizen opens a lock: from their own line, or talking to an agent.

Who keys in somebody else's number has not shown to be them until an agent answers."""
_PUT = upsert(tables.pin_guesses, tables.pin_guesses.c.keys())
_FORGET = delete(tables.pin_guesses).where(
    GUESS.failed_at < bindparam("before_at"), GUESS.locked_at.is_(None)
)
"""A lock has no end of its own: only the citizen's call is one."""


def _take_out(writing: Writing, ticket_id: str, at: datetime) -> None:
    """Nothing where an agent, or the same citizen, was faster."""
    found = writing.case(ticket_id)
    if found is None or found.standing.case.cause_id is None or found.standing.case.is_over:
        return
    before = sum(isinstance(fact, case_facts.UnlinkedFromCause) for fact in found.case_facts)
    writing.record(
        case_facts.UnlinkedFromCause(
            key=f"{ticket_id}/citizen/unlinked/{before}",
            occurred_at=at,
            provenance=Provenance.DECLARED,
            ticket_id=ticket_id,
            actor_id=case_facts.CITIZEN,
            actor_role=case_facts.CITIZEN,
            cause_id=found.standing.case.cause_id,
        )
    )


def _is_past(timing: StepTiming) -> bool:
    return timing.ended_at is not None and timing.skip_reason_id is None


def _standing_of(found: FoldedCase, owed_a_call: bool) -> Standing:
    case = found.standing.case
    if case.stage in _OF_STATE:
        return _OF_STATE[case.stage]
    if case.stage is not Stage.UNTOUCHED or found.standing.call_state is TicketState.WITH_AGENT:
        return Standing.IN_HAND
    return Standing.CALL_BACK if owed_a_call else Standing.REGISTERED
