"""The courier: what the outbox owes by text goes out once, or stays owed until a person sees to it.

Each try is on record before it is made. Whether a try that was never answered went out, only a gateway that
knows our keys can tell: there it is made again under the same key, elsewhere a person looks.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, or_, select

from config.checkpoint import reach
from config.clock import Clock
from config.office import Office
from ivr.texting.port import GatewayAway, NeverAccepted, NotAccepted, Texts, Unsure
from ivr.texting.wording import words_of
from ticketing import case_facts, tables
from ticketing.calls.call import CallPhase
from ticketing.case_facts import SYSTEM, CaseFact, Channel, Origin
from ticketing.ledger.cases import FoldedCase
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import AnyRow, Reader
from ticketing.ledger.writing import Writing
from ticketing.people import complainant, texts
from ticketing.people.phone_number import is_mobile, normalise
from ticketing.people.pin import pin_of
from ticketing.people.privacy import Vault
from ticketing.statements import insert_for
from ticketing.tickets.messages import Message, MessageKind

AT_A_TIME = 20
AT_ONCE = 5
NUMBER_WITHIN = timedelta(hours=24)
"""Who has called a day ago has long asked for the number, or does not need it."""
LEASE = timedelta(seconds=60)
"""A try that nobody finished is looked at again after this."""
FIRST_AGAIN, LAST_AGAIN = timedelta(seconds=5), timedelta(minutes=10)

OUTBOX, DELIVERY = tables.outbox.c, tables.deliveries.c
log = structlog.get_logger(__name__)


class Delivery(StrEnum):
    """Where a message stands on its way."""

    SENDING = "sending"
    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to go; number and text are for the gateway's eyes only."""

    key: str
    ticket_id: str
    tries: int
    number: str = field(repr=False)
    text: str = field(repr=False)


class Courier:
    """Sends what is owed, a few at a time."""

    def __init__(
        self,
        journal: Journal,
        reader: Reader,
        vault: Vault,
        office: Callable[[], Office],
        clock: Clock,
        gateway: Texts | None,
        line: str,
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._vault = vault
        self._office = office
        self._clock = clock
        self._gateway = gateway
        self._line = line
        self._rests_until: datetime | None = None
        self._rests_for = FIRST_AGAIN

    @property
    def sends(self) -> bool:
        """Whether there is a gateway at all."""
        return self._gateway is not None

    async def deliver(self) -> int:
        """One round: send what may be sent now; how many went out. While the gateway is away one is tried."""
        at = self._clock()
        if self._gateway is None or (self._rests_until and at < self._rests_until):
            return 0
        rows = await asyncio.to_thread(self._due, at)
        if self._rests_until:
            rows = rows[:1]
        sent = 0
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            sent += sum(await asyncio.gather(*(self._deliver_one(row.key, row.ticket_id) for row in some)))
        return sent

    def _due(self, at: datetime) -> Sequence[AnyRow]:
        """What may be tried now, the oldest first."""
        never_tried = DELIVERY.key.is_(None)
        again = and_(
            DELIVERY.state.in_((Delivery.WAITING.value, Delivery.SENDING.value)), DELIVERY.next_try_at <= at
        )
        recent = or_(OUTBOX.kind != MessageKind.NUMBER.value, OUTBOX.owed_at > at - NUMBER_WITHIN)
        statement = (
            select(OUTBOX.key, OUTBOX.ticket_id)
            .select_from(tables.outbox.outerjoin(tables.deliveries, DELIVERY.key == OUTBOX.key))
            .where(
                OUTBOX.told_at.is_(None), OUTBOX.by_text.is_(True), or_(never_tried, again), recent,
                ~_on_the_line(OUTBOX.ticket_id, OUTBOX.kind),
            )
            .order_by(OUTBOX.owed_at, OUTBOX.key)
        )  # fmt: skip
        with self._reader.connect() as connection:
            return connection.execute(statement.limit(AT_A_TIME)).all()

    async def _deliver_one(self, key: str, ticket_id: str) -> bool:
        assert self._gateway is not None
        letter = await self._journal.write(partial(self._take, key=key, ticket_id=ticket_id))
        if letter is None:
            return False
        reach("message taken")
        try:
            await self._gateway.send(letter.number, letter.text, letter.key)
        except NeverAccepted as fault:
            await self._ends(letter, Delivery.REFUSED, fault)
        except Unsure as fault:
            again = Delivery.WAITING if self._gateway.knows_keys else Delivery.UNSURE
            await self._ends(letter, again, fault)
        except NotAccepted as fault:
            self._gateway_is(away=isinstance(fault, GatewayAway))
            await self._ends(letter, Delivery.WAITING, fault)
        else:
            reach("message sent")
            self._gateway_is(away=False)
            await self._journal.write(partial(self._sent, letter=letter))
            return True
        return False

    def _gateway_is(self, *, away: bool) -> None:
        if not away:
            self._rests_until, self._rests_for = None, FIRST_AGAIN
            return
        self._rests_until = self._clock() + self._rests_for
        self._rests_for = min(2 * self._rests_for, timedelta(minutes=1))

    def _take(self, writing: Writing, key: str, ticket_id: str) -> Letter | None:
        """Put the try on record; None where it is not owed any more, or not by text."""
        assert self._gateway is not None
        at = self._clock()
        before = writing.connection.execute(
            select(tables.deliveries).where(DELIVERY.key == key)
        ).one_or_none()
        found = writing.case(ticket_id)
        message = _owed(found, key)
        if found is None or message is None:
            return None
        if before and before.state == Delivery.SENDING and not self._gateway.knows_keys:
            # The try before this one was never finished: it may have gone out.
            _put(writing, key, Delivery.UNSURE, before.tries, at, None)
            return None
        number = self._number(writing, found)
        tries = (before.tries if before else 0) + 1
        if number is None:
            _put(writing, key, Delivery.REFUSED, tries, at, None)
            return None
        text = self._words(writing, message, found)
        _put(writing, key, Delivery.SENDING, tries, at, at + LEASE)
        return Letter(key, ticket_id, tries, number, text)

    def _number(self, writing: Writing, found: FoldedCase) -> str | None:
        connection, vault, ticket_id = writing.connection, self._vault, found.standing.ticket_id
        written = texts.latest(connection, vault, ticket_id, (texts.PHONE,)).get(texts.PHONE)
        number = normalise(written) or complainant.phone(connection, vault, found.ticket["person_id"])
        return number if number and is_mobile(number) else None

    def _words(self, writing: Writing, message: Message, found: FoldedCase) -> str:
        read = partial(texts.read, writing.connection, self._vault)
        pin = pin_of(self._vault, message.ticket_id)
        return words_of(message, found, self._office(), self._line, pin, read)

    async def _ends(self, letter: Letter, state: Delivery, fault: Exception) -> None:
        """A try that did not get it there; the fault names a status or a kind, never a number."""
        at = self._clock()
        again = min(FIRST_AGAIN * 2 ** (letter.tries - 1), LAST_AGAIN)
        next_at = at + again if state is Delivery.WAITING else None
        log.warning("text not sent", state=state.value, fault=str(fault), tries=letter.tries)
        await self._journal.write(lambda writing: _put(writing, letter.key, state, letter.tries, at, next_at))

    def _sent(self, writing: Writing, letter: Letter) -> None:
        """It is out: the citizen is told, and where that is how they hear it, the solution delivered."""
        at = self._clock()
        _put(writing, letter.key, Delivery.SENT, letter.tries, at, None)
        found = writing.case(letter.ticket_id)
        message = _owed(found, letter.key)
        if found is None or message is None:
            return
        more: Any = {"ticket_id": letter.ticket_id, "actor_id": SYSTEM, "actor_role": SYSTEM}
        more |= {"occurred_at": at, "channel": Channel.MESSAGE}
        told: list[CaseFact] = [case_facts.CitizenTold(key=f"{letter.key}/told", message=letter.key, **more)]
        if message.kind is MessageKind.SOLUTION and _is_how_they_hear(found):
            told.append(case_facts.SolutionDelivered(key=f"{letter.key}/delivered", **more))
        writing.record(*told)


def _owed(found: FoldedCase | None, key: str) -> Message | None:
    """The message, if it is still to be given."""
    messages = found.messages if found else ()
    return next((one for one in messages if one.key == key and one.told_at is None), None)


def _is_how_they_hear(found: FoldedCase) -> bool:
    """Whether a text is the answer itself, and no call follows."""
    case = found.standing.case
    by_text = case.solution is not None and case.solution.deliver_by == "message"
    return case.text_only or case.origin is not Origin.CALL or by_text


def _on_the_line(ticket_id: ColumnElement[str], kind: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the citizen is talking about the ticket: then an agent tells them, all but the number."""
    call = tables.calls.c
    talking = select(call.call_id).where(
        call.ticket_id == ticket_id, call.phase.in_((CallPhase.TALKING.value, CallPhase.WRAP_UP.value))
    )
    return and_(kind != MessageKind.NUMBER.value, talking.exists())


def _put(
    writing: Writing, key: str, state: Delivery, tries: int, at: datetime, next_at: datetime | None
) -> None:
    row = {"key": key, "state": state.value, "tries": tries, "tried_at": at, "next_try_at": next_at}
    statement = insert_for(writing.connection.dialect.name, tables.deliveries).values(row)
    writing.connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=row))
