"""The courier: what the outbox owes by text goes out once, or stays owed until a person sees to it.

Each try is on record before it is made. Whether a try that was never answered went out, only a gateway that
knows our keys can tell: there it is made again under the same key, elsewhere a person looks.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config.checkpoint import reach
from config.clock import Clock
from config.errors import Unavailable
from config.office import Office
from ivr.texting.pace import Pace, again_after
from ivr.texting.port import GatewayAway, NotAccepted, RefusedForGood, Texts, Unsure
from ivr.texting.postbag import Opened, open_case
from ivr.texting.wording import Composer, StatusWays
from ticketing import case_facts
from ticketing.case_facts import SYSTEM, CaseFact, Channel
from ticketing.ledger import deliveries
from ticketing.ledger.deliveries import Delivery
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import AnyRow, Reader
from ticketing.ledger.writing import Writing
from ticketing.people.pin import pin_of
from ticketing.people.privacy import Vault
from ticketing.tickets.messages import Message

LOOK_EVERY_SECONDS = 1.0
SENDING_SECONDS = 30.0
LEASE = timedelta(seconds=60)
"""A try that nobody finished is looked at again after this; longer than any try may take."""
FINISH_SECONDS = 5.0
KEEP_AGAIN_SECONDS = (0.2, 1.0, 5.0)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to go, by which try; number and text are for the gateway's eyes only."""

    key: str
    ticket_id: str
    tries: int
    is_answer: bool
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
        ways: StatusWays,
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._vault = vault
        self._office = office
        self._clock = clock
        self._gateway = gateway
        self._ways = ways
        self._pace = Pace()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    @property
    def sends(self) -> bool:
        """Whether there is a gateway at all."""
        return self._gateway is not None

    async def run(self) -> None:
        """Send what is owed, for ever; what is under way at the end is finished, if it does not take long."""
        try:
            while self._gateway is not None:
                begun = 0
                try:
                    begun = await self.begin()
                except (Unavailable, SQLAlchemyError) as fault:
                    log.warning("texts wait", fault=type(fault).__name__)
                except Exception as fault:
                    # Whatever it is, it must not end all texts to come.
                    log.error("texts not looked for", fault=type(fault).__name__)
                await self._pause(begun)
        finally:
            await self._finish()

    async def begin(self) -> int:
        """Begin to send what may be sent now, as far as there is room; how many were begun."""
        at = self._clock()
        room = self._pace.room(at, len(self._under_way)) if self._gateway else 0
        if not room:
            return 0
        rows = await asyncio.to_thread(self._due, at, room, tuple(self._under_way))
        for row in rows:
            task = asyncio.create_task(self._deliver(row.key, row.ticket_id), name="text")
            self._under_way[row.key] = task
            task.add_done_callback(partial(self._is_done, row.key))
        return len(rows)

    async def settle(self) -> None:
        """Wait for everything that is under way."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _is_done(self, key: str, _: asyncio.Task[None]) -> None:
        del self._under_way[key]

    async def _pause(self, begun: int) -> None:
        """A second; where more may be owed, until one of those under way makes room."""
        if begun and self._under_way:
            more = asyncio.FIRST_COMPLETED
            await asyncio.wait(self._under_way.values(), timeout=LOOK_EVERY_SECONDS, return_when=more)
        else:
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _finish(self) -> None:
        tasks = list(self._under_way.values())
        if tasks:
            await asyncio.wait(tasks, timeout=FINISH_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._gateway:
            await self._gateway.close()

    def _due(self, at: datetime, limit: int, but: Sequence[str]) -> Sequence[AnyRow]:
        with self._reader.connect() as connection:
            return deliveries.due(connection, at, limit, but)

    async def _deliver(self, key: str, ticket_id: str) -> None:
        """One message, as far as it comes now. Whatever befalls it holds up no other."""
        try:
            letter = await self._journal.write(partial(self._take, key=key, ticket_id=ticket_id))
            if letter:
                await self._send(letter)
        except Unavailable as fault:
            log.warning("text waits", ticket_id=ticket_id, fault=type(fault).__name__)
        except Exception as fault:
            # The fault's text may quote values; its class is all that is logged.
            log.error("text not made", ticket_id=ticket_id, fault=type(fault).__name__)
            await self._keep(partial(self._put_off, key=key))

    def _take(self, writing: Writing, key: str, ticket_id: str) -> Letter | None:
        """Put the try on record; None where there is nothing to be sent now, or ever."""
        assert self._gateway is not None
        at, connection = self._clock(), writing.connection
        before = deliveries.find(connection, key)
        opened = open_case(writing, self._vault, ticket_id, key)
        if opened is None or (before and not _may_be_tried(before, at)):
            return None
        tries = before.tries if before else 0
        if before and before.state == Delivery.SENDING and not self._gateway.knows_keys:
            # The try before this one was never finished: it may have gone out.
            deliveries.put(connection, key, Delivery.UNSURE, tries, at)
            return None
        if wait := opened.waits():
            deliveries.put(connection, key, Delivery.WAITING, tries, at, at + wait)
            return None
        number = opened.number()
        if number is None:
            deliveries.put(connection, key, Delivery.REFUSED, tries, at)
            return None
        composer = Composer(self._office(), self._ways, pin_of(self._vault, ticket_id), opened.read)
        words = composer.compose(opened.message, opened.found)
        deliveries.put(connection, key, Delivery.SENDING, tries + 1, at, at + LEASE)
        return Letter(key, ticket_id, tries + 1, words.is_answer, number, words.text)

    async def _send(self, letter: Letter) -> None:
        assert self._gateway is not None
        reach("message taken")
        away, fault = False, ""
        try:
            async with asyncio.timeout(SENDING_SECONDS):
                await self._gateway.send(letter.number, letter.text, letter.key)
        except RefusedForGood as refusal:
            state, fault = Delivery.REFUSED, str(refusal)
        except NotAccepted as refusal:
            state, fault, away = Delivery.WAITING, str(refusal), isinstance(refusal, GatewayAway)
        except Exception as doubt:
            state = Delivery.WAITING if self._gateway.knows_keys else Delivery.UNSURE
            fault, away = str(doubt) if isinstance(doubt, Unsure) else type(doubt).__name__, True
        else:
            state = Delivery.SENT
            reach("message sent")
        self._judge_pace(state, away=away)
        if fault:
            log.warning("text not sent", state=state.value, why=fault, tries=letter.tries)
        await self._keep(partial(self._record, letter=letter, state=state, away=away))

    def _judge_pace(self, state: Delivery, *, away: bool) -> None:
        if away:
            self._pace.failed(self._clock())
        elif state is not Delivery.WAITING:
            self._pace.took()

    async def _keep(self, work: Callable[[Writing], None]) -> None:
        """Write down what became of a try; while the ledger is busy, again. Else its lease runs out."""
        for pause in KEEP_AGAIN_SECONDS:
            try:
                await self._journal.write(work)
                return
            except Unavailable:
                await asyncio.sleep(pause)
        log.error("what became of a text is not on record")

    def _put_off(self, writing: Writing, key: str) -> None:
        """It could not even be made: tried again later and later, as if the gateway had not taken it."""
        before, at = deliveries.find(writing.connection, key), self._clock()
        if before is None or _may_be_tried(before, at):
            tries = (before.tries if before else 0) + 1
            again_at = at + again_after(key, tries)
            deliveries.put(writing.connection, key, Delivery.WAITING, tries, at, again_at)

    def _record(self, writing: Writing, letter: Letter, state: Delivery, *, away: bool) -> None:
        """What became of the try. What is out was told; where that is how the citizen hears it, delivered."""
        at = self._clock()
        again = again_after(letter.key, letter.tries, away=away) if state is Delivery.WAITING else None
        deliveries.put(writing.connection, letter.key, state, letter.tries, at, at + again if again else None)
        if state is not Delivery.SENT:
            return
        opened = open_case(writing, self._vault, letter.ticket_id, letter.key)
        if opened is not None:
            writing.record(*_told(opened, letter, at))


def _may_be_tried(delivery: AnyRow, at: datetime) -> bool:
    """Whether it is this one's turn: another backend may have taken it meanwhile."""
    return (
        delivery.state in (Delivery.WAITING, Delivery.SENDING)
        and delivery.next_try_at is not None
        and bool(delivery.next_try_at <= at)
    )


def _told(opened: Opened, letter: Letter, at: datetime) -> list[CaseFact]:
    """The facts of a text that is out; it stands for earlier answers of the case, too."""
    covered: list[Message] = [opened.message, *(opened.outdated() if letter.is_answer else ())]
    more: dict[str, Any] = {"ticket_id": letter.ticket_id, "occurred_at": at, "channel": Channel.MESSAGE}
    facts: list[CaseFact] = [
        case_facts.CitizenTold(
            key=f"{one.key}/told", message=one.key, actor_id=SYSTEM, actor_role=SYSTEM, **more
        )
        for one in covered
    ]
    if letter.is_answer and (role := opened.delivers_as()):
        key = f"{letter.key}/delivered"
        facts.append(case_facts.SolutionDelivered(key=key, actor_id=SYSTEM, actor_role=role, **more))
    return facts
