"""Due times: each one that passes is noticed once, told to those who must hear of it, and set anew."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection, delete, select

from config.clock import Clock
from config.errors import Unavailable
from config.office import Office
from ticketing import case_facts, tables
from ticketing.case_facts import SYSTEM, CaseFact
from ticketing.desk import silence
from ticketing.ledger import turns
from ticketing.ledger.cases import FoldedCase
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.ledger.writing import Writing
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.follow_up import DueKind, call_back_owed, is_settled_by_silence, told_of_miss

DUE_AT_A_TIME = 200
REFOLDED_AT_A_TIME = 20
"""Few enough that a caller who registers meanwhile does not notice."""
REQUESTS_KEPT = timedelta(hours=48)
"""How long a repeated request gets its first answer again."""

log = structlog.get_logger(__name__)


class Timekeeper:
    """Looks at the due times in the ledger; what fell due while nobody looked fires once, late."""

    def __init__(self, journal: Journal, reader: Reader, office: Callable[[], Office], clock: Clock) -> None:
        self._journal = journal
        self._reader = reader
        self._office = office
        self._clock = clock

    async def tick(self) -> int:
        """Notice every due time that has passed; returns how many there were.

        Each is a transaction of its own: who registers meanwhile waits for one of them at most.
        """
        at, noticed, last = self._clock(), 0, None
        while due := self._reader.due(at, DUE_AT_A_TIME, after=last):
            for one in due:
                noticed += await self._noticed(*one)
            last = due[-1]
        if noticed:
            log.info("due times passed", tickets=noticed)
        return noticed

    async def count_anew(self) -> int:
        """Set due times that were counted by another calendar, or never; returns how many there were.

        So no open ticket is nobody's after an upgrade, and days off that are filled in later count.
        """
        stale = self._reader.counted_otherwise(Calendar(self._office().hours).version)
        for start in range(0, len(stale), REFOLDED_AT_A_TIME):
            some = stale[start : start + REFOLDED_AT_A_TIME]
            await self._journal.write(partial(Writing.refold, ticket_ids=some))
        if stale:
            log.info("due times counted anew", tickets=len(stale))
        return len(stale)

    async def forget_requests(self) -> None:
        """Let go of answers nobody will ask for again, on the web or by telephone."""
        column = tables.requests.c
        old = delete(tables.requests).where(column.at < self._clock() - REQUESTS_KEPT)

        def forget(connection: Connection) -> None:
            connection.execute(old)
            turns.forget(connection, self._clock())

        await self._journal.do(forget)

    async def _noticed(self, ticket_id: str, due_at: datetime) -> bool:
        """Whether it was still to be noticed. A ticket whose notice fails does not hold up the others."""
        try:
            return await self._journal.write(partial(self._notice, ticket_id=ticket_id, due_at=due_at))
        except Unavailable:
            raise
        except Exception as fault:
            # The fault's text may quote values; its class is all that is logged.
            log.error("due time not noticed", ticket_id=ticket_id, fault=type(fault).__name__)
            return False

    def _notice(self, writing: Writing, ticket_id: str, due_at: datetime) -> bool:
        column = tables.tickets.c
        row = writing.connection.execute(
            select(column.due_kind, column.next_due_at).where(column.ticket_id == ticket_id)
        ).one_or_none()
        found = writing.case(ticket_id)
        if row is None or found is None or row.next_due_at != due_at:
            return False
        # A clock that was put back in between cannot make the notice earlier than what it notices.
        at = max(self._clock(), due_at)
        office = self._office()
        if is_settled_by_silence(found.standing, office, Calendar(office.hours), at):
            silence.settle(writing, found, _key(ticket_id, due_at), at)
        else:
            writing.record(*missed(found, DueKind(row.due_kind), due_at, office, at))
        return bool(writing.committed)


def missed(
    found: FoldedCase, kind: DueKind, due_at: datetime, office: Office, at: datetime
) -> tuple[CaseFact, ...]:
    """The facts that a due time passed. A caller is not kept on hold for it: their case goes on later.

    A call that was not made in time is owed by a new one, and the citizen hears of it.
    """
    ticket_id = found.standing.ticket_id
    key = _key(ticket_id, due_at)
    if kind is DueKind.CONSULT:
        deferred = case_facts.ConsultDeferred(
            key=f"{key}/deferred", occurred_at=at, ticket_id=ticket_id, actor_id=SYSTEM, actor_role=SYSTEM
        )
        return (deferred,)
    case = found.standing.case
    level = case.misses + 1
    late = case_facts.DueMissed(
        key=key,
        occurred_at=at,
        ticket_id=ticket_id,
        actor_id=SYSTEM,
        actor_role=SYSTEM,
        due_at=due_at,
        level=level,
        told=told_of_miss(found.standing, office, level, at),
    )
    owed = call_back_owed(found.standing)
    if owed is None or owed.due_at > due_at:
        return (late,)
    put_off = case_facts.CallBackPutOff(
        key=f"{key}/put-off",
        occurred_at=at,
        ticket_id=ticket_id,
        actor_id=SYSTEM,
        actor_role=SYSTEM,
        missed_at=due_at,
        due_at=Calendar(office.hours).next_day_at(at, office.call_backs.put_off_until),
    )
    return (late, put_off)


def _key(ticket_id: str, due_at: datetime) -> str:
    return f"{ticket_id}/due/{due_at.isoformat()}"
