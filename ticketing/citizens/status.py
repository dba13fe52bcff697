"""How a ticket stands, for whoever knows its number and PIN, at any hour; nothing personal.

A wrong PIN, an unknown number and a locked one cannot be told apart, neither by the answer nor by the work:
each is looked up, compared and counted in the same statements.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, func, or_, select

from config.clock import Clock
from config.office import Office
from config.sliding_window import SlidingWindow
from ticketing import tables
from ticketing.citizens.limits import AskedTooOften
from ticketing.ledger.cases import FoldedCase
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.people.pin import pin_of
from ticketing.people.privacy import Vault
from ticketing.sop.run import steps_of
from ticketing.statements import insert_for
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.case import Stage
from ticketing.tickets.follow_up import call_back_owed, duty
from ticketing.tickets.number import NotATicketNumber, from_digits
from ticketing.tickets.ticket import TicketState

LOCKED_AFTER = 10
"""Failures on one number; then only the citizen's next call opens it again."""
KEPT_FOR = timedelta(days=30)
GUESS, CALL = tables.pin_guesses.c, tables.calls.c
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
    Stage.MERGED: Standing.WITH_OFFICIAL,
    Stage.REFERRED: Standing.ANSWERED,
}


@dataclass(frozen=True, slots=True)
class CitizenStatus:
    """What a citizen may know of a ticket. `call_by` and `answer_by` are what the office promised."""

    ticket_id: str
    standing: Standing
    registered_at: datetime
    closed_at: datetime | None
    steps_passed: tuple[int, ...]
    call_by: datetime | None
    answer_by: datetime | None
    in_a_cause: bool

    @property
    def is_open(self) -> bool:
        """Whether anything is still owed."""
        return self.standing not in (Standing.CLOSED, Standing.ENDED)


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

    async def check(self, digits: str, pin: str, source: str) -> CitizenStatus | None:
        """The status; None where number and PIN do not belong together. Raises AskedTooOften.

        `source` is who asks: an address, a call.
        """
        at, ticket_id = self._clock(), _number(digits)
        self._of_source.count(source, at)
        self._of_number.count(f"{source}|{ticket_id}", at)
        right = hmac.compare_digest(pin_of(self._vault, ticket_id), pin.ljust(6)[:16])
        known = await self._journal.do(lambda connection: _count(connection, ticket_id, right, at))
        if not known:
            return None
        return self._told(ticket_id)

    def _told(self, ticket_id: str) -> CitizenStatus | None:
        office = self._office()
        found = self._reader.case(ticket_id, office)
        return _status(found, self._reader, office) if found else None


def _number(digits: str) -> str:
    try:
        return from_digits(digits).digits
    except NotATicketNumber:
        return NOBODY


def _count(connection: Connection, ticket_id: str, right: bool, at: datetime) -> bool:
    """Whether the PIN opens this ticket now; counts the failure otherwise, be there such a ticket or not."""
    ticket = tables.tickets.c
    known = connection.execute(
        select(ticket.ticket_id, ticket.person_id).where(ticket.ticket_id == ticket_id)
    ).one_or_none()
    row = connection.execute(select(tables.pin_guesses).where(GUESS.ticket_id == ticket_id)).one_or_none()
    failures, locked_at = (row.failures, row.locked_at) if row else (0, None)
    own_line = CALL.person_id == (known.person_id if known else NOBODY)
    called = connection.scalar(
        select(func.count()).where(
            CALL.ticket_id == ticket_id,
            CALL.outward.is_(False),
            CALL.arrived_at > (locked_at or at),
            or_(own_line, CALL.answered_at.is_not(None)),
        )
    )
    if locked_at and called:
        failures, locked_at = 0, None
    opened = right and known is not None and locked_at is None
    failures = 0 if opened else failures + 1
    if failures >= LOCKED_AFTER and locked_at is None:
        locked_at = at
    values = {"ticket_id": ticket_id, "failures": failures, "failed_at": at, "locked_at": locked_at}
    statement = insert_for(connection.dialect.name, tables.pin_guesses).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["ticket_id"], set_=values))
    connection.execute(delete(tables.pin_guesses).where(GUESS.failed_at < at - KEPT_FOR))
    return opened


def _status(found: FoldedCase, reader: Reader, office: Office) -> CitizenStatus:
    standing, case = found.standing, found.standing.case
    sop = reader.sop(found.ticket["sop_version"]) or office.sop
    owes = duty(standing, office, Calendar(office.hours))
    owed = call_back_owed(standing)
    passed = {timing.step.number for timing in steps_of(sop, found.facts) if timing.ended_at}
    return CitizenStatus(
        ticket_id=standing.ticket_id,
        standing=_standing_of(found, owed is not None),
        registered_at=standing.registered_at,
        closed_at=case.closed_at,
        steps_passed=tuple(sorted(passed)),
        call_by=owed.due_at if owed else None,
        answer_by=owes.limit_at if owes and case.delivered is None else None,
        in_a_cause=case.cause_id is not None,
    )


def _standing_of(found: FoldedCase, owed_a_call: bool) -> Standing:
    case = found.standing.case
    if case.stage in _OF_STATE:
        return _OF_STATE[case.stage]
    if case.stage is not Stage.UNTOUCHED or found.standing.call_state is TicketState.WITH_AGENT:
        return Standing.IN_HAND
    return Standing.CALL_BACK if owed_a_call else Standing.REGISTERED
