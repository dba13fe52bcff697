"""What the caller's walk asks of others: the wait, causes, a ticket's status. Each has a plain default."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from config.clock import Clock, office_day
from config.office import Office
from ivr.steps import Ahead, SpokenStatus
from ticketing.calls.call import Call
from ticketing.citizens.status import Standing, StatusDesk
from ticketing.desk.owed import promise_at
from ticketing.ledger.reader import Reader
from ticketing.tickets.number import TicketNumber, from_digits
from ticketing.waits.forecast import Untold
from ticketing.waits.reading import Forecaster


class Forecast(Protocol):
    """Foretells waits, from memory."""

    def at_most_seconds(self, queue: str, position: int) -> int | None:
        """The longest wait at that place, in whole minutes; None where nobody can tell."""

    def is_long(self, queue: str, position: int) -> bool:
        """Whether a call-back is worth offering there."""


class Causes(Protocol):
    """The causes (peristiwa) that many call about."""

    def open_now(self) -> Sequence[str]:
        """The ids of those that callers are told of."""

    async def link(self, ticket_id: str, cause_id: str, call_id: str) -> None:
        """The caller says that their ticket is about it."""


class Statuses(Protocol):
    """Tells how tickets stand to whoever knows number and PIN."""

    async def spoken(self, digits: str, pin: str, call_id: str) -> SpokenStatus | None:
        """The status; None for whatever is wrong."""


class ByKeypad:
    """A ticket's status as it is spoken."""

    def __init__(self, desk: StatusDesk) -> None:
        self._desk = desk

    async def spoken(self, digits: str, pin: str, call_id: str) -> SpokenStatus | None:
        """The status, in a prompt's name; raises AskedTooOften."""
        found = await self._desk.check(digits, pin, f"call|{call_id}")
        if found is None:
            return None
        prompt = SPOKEN[found.standing]
        return SpokenStatus(from_digits(found.ticket_id), prompt, found.promised_at, found.is_open)


SPOKEN = {
    Standing.REGISTERED: "status-terdaftar",
    Standing.CALL_BACK: "status-telepon-kembali",
    Standing.IN_HAND: "status-ditangani",
    Standing.WITH_DISPATCHER: "status-dispatcher",
    Standing.WITH_OFFICIAL: "status-pejabat",
    Standing.ANSWERED: "status-dijawab",
    Standing.CLOSED: "status-selesai",
    Standing.ENDED: "status-dibatalkan",
}


class NoForecast:
    """Nothing is foretold."""

    def at_most_seconds(self, queue: str, position: int) -> int | None:
        """Nothing."""
        return None

    def is_long(self, queue: str, position: int) -> bool:
        """Nothing is known to be."""
        return False


class Foretold:
    """The forecast as callers hear it; a wait too long to be kept is long, and nothing is said of it."""

    def __init__(self, forecaster: Forecaster, office: Callable[[], Office]) -> None:
        self._forecaster = forecaster
        self._office = office

    def at_most_seconds(self, queue: str, position: int) -> int | None:
        """The bound, where one is honest."""
        return self._forecaster.at_most_seconds(queue, position)

    def is_long(self, queue: str, position: int) -> bool:
        """From what the office calls long on."""
        told = self._forecaster.outlook(queue, position)
        if isinstance(told, Untold):
            return told in (Untold.TOO_LONG, Untold.PAST_CLOSING)
        return told >= self._office().call_backs.offer_from_seconds


class NoCauses:
    """No cause is open."""

    def open_now(self) -> Sequence[str]:
        """None."""
        return ()

    async def link(self, ticket_id: str, cause_id: str, call_id: str) -> None:
        """There is nothing to link to."""


class NoStatuses:
    """No status is told."""

    async def spoken(self, digits: str, pin: str, call_id: str) -> SpokenStatus | None:
        """Nothing."""
        return None


class Outlook:
    """What awaits a caller in a queue: the place, the wait, and by when they would be called instead."""

    def __init__(
        self, reader: Reader, forecast: Forecast, office: Callable[[], Office], clock: Clock
    ) -> None:
        self._reader = reader
        self._forecast = forecast
        self._office = office
        self._clock = clock

    async def of(self, ticket: TicketNumber | None, queue: str) -> Ahead:
        """The outlook for the ticket's caller; a place in the queue is kept within the office's day."""
        at = self._clock()
        earlier, kept, promised_at = await asyncio.to_thread(self._read, ticket, queue, at)
        position = earlier + 1
        return Ahead(
            position=position,
            kept=kept,
            at_most_seconds=self._forecast.at_most_seconds(queue, position),
            is_long=self._forecast.is_long(queue, position),
            call_back_at=promised_at,
        )

    async def place(self, call: Call, queue: str) -> int:
        """The place of a caller in the queue, or of one who joins it now; 1 is next."""
        return await asyncio.to_thread(self._place, call, queue, self._clock())

    async def promise_at(self, queue: str) -> datetime:
        """By when somebody who asks now will have been called."""
        return await asyncio.to_thread(self._promise, queue, self._clock())

    def _read(self, ticket: TicketNumber | None, queue: str, at: datetime) -> tuple[int, bool, datetime]:
        since_at = self._kept_since(ticket.digits if ticket else None, at)
        earlier = self._reader.waiting_before(queue, since_at or at)
        return earlier, since_at is not None, self._promise(queue, at)

    def _place(self, call: Call, queue: str, at: datetime) -> int:
        since_at = self._kept_since(call.ticket_id, at) or call.queued_at or at
        return self._reader.waiting_before(queue, since_at) + 1

    def _kept_since(self, ticket_id: str | None, at: datetime) -> datetime | None:
        row = self._reader.ticket(ticket_id) if ticket_id else None
        since_at: datetime | None = row.place_since_at if row else None
        return since_at if since_at and office_day(since_at) == office_day(at) else None

    def _promise(self, queue: str, at: datetime) -> datetime:
        with self._reader.connect() as connection:
            return promise_at(connection, queue, self._office(), at)
