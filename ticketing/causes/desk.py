"""What supervisors do with causes, and the answer's way to every citizen who is linked."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import select

from config.checkpoint import reach
from config.clock import Clock
from config.errors import Unavailable
from config.office import Office
from ticketing import facts, tables
from ticketing.case_facts import CITIZEN, LinkedToCause
from ticketing.causes import book
from ticketing.causes.book import Author, NewCause
from ticketing.causes.giving import give
from ticketing.causes.progress import waiting_for_answer
from ticketing.desk.once import Answer, Asked, once
from ticketing.desk.sight import Actor
from ticketing.facts import Provenance, Report
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import AnyRow, Reader
from ticketing.ledger.writing import Writing
from ticketing.people.audit import write_audit
from ticketing.people.privacy import Vault

AT_A_TIME = 20
"""Answers in one transaction: a caller who registers meanwhile does not notice."""
ID_LETTERS = 12
SPOKEN_AGAIN_AFTER = timedelta(minutes=1)

Speak = Callable[[str, str | None], None]
"""Makes the sound of a cause from its text, or takes it away (None); raises Unavailable."""

log = structlog.get_logger(__name__)


class CauseDesk:
    """Opens, closes and answers causes; links callers; carries answers out."""

    def __init__(
        self,
        journal: Journal,
        reader: Reader,
        vault: Vault,
        office: Callable[[], Office],
        clock: Clock,
        speak: Speak = lambda _id, _text: None,
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._vault = vault
        self._office = office
        self._clock = clock
        self._speak = speak
        self._open: tuple[str, ...] = ()
        self._spoken: set[str] = set()
        self._mute_until: dict[str, datetime] = {}
        self._set_aside: set[str] = set()
        self._speaking = asyncio.Lock()

    def open_now(self) -> Sequence[str]:
        """The causes callers are told of, as of the last look."""
        return self._open

    async def refresh(self) -> None:
        """Look which causes are open, and have their sounds made; one whose time is over goes by itself.

        One that cannot be spoken is told to nobody, and tried again later.
        """
        async with self._speaking:
            await self._look()

    async def _look(self) -> None:
        rows = {row.cause_id: row for row in await asyncio.to_thread(self._rows)}
        for cause_id in [one for one in self._spoken if one not in rows]:
            await self._fall_silent(cause_id)
        for row in rows.values():
            await self._speak_once(row)
        self._open = tuple(one for one in rows if one in self._spoken)

    async def open(self, actor: Actor, asked: Asked, new: NewCause) -> str:
        """Open a cause, once its sound is there; its id. Raises what `book` refuses, and Unavailable."""
        cause_id = asked.id_of(self._vault, actor.user_id)[:ID_LETTERS]

        def work(writing: Writing, at: datetime) -> Answer:
            book.add(writing.connection, cause_id, new, actor, at)
            return {"cause_id": cause_id}

        async with self._speaking:
            if not await asyncio.to_thread(self._is_known, cause_id):
                new.check(self._office(), self._clock())
                await asyncio.to_thread(self._speak, cause_id, new.spoken)
                self._spoken.add(cause_id)
            try:
                await self._once(actor, asked, "cause.open", work, facts.CauseOpened, cause_id)
            finally:
                # What was refused is open to nobody: its sound goes again.
                await self._look()
        return cause_id

    async def close(self, actor: Actor, asked: Asked, cause_id: str) -> None:
        """Callers are told of it no more. Raises NoSuchCause."""

        def work(writing: Writing, at: datetime) -> Answer:
            book.close(writing.connection, cause_id, at)
            return {"cause_id": cause_id}

        await self._once(actor, asked, "cause.close", work, facts.CauseClosed, cause_id)
        await self.refresh()

    async def answer(
        self, actor: Actor, asked: Asked, cause_id: str, text: str, author: Author | None = None
    ) -> None:
        """The answer for everybody who is linked, now or later; whoever writes it down answers for it, or
        the author named. Raises NoSuchCause, NotForAll.
        """

        def work(writing: Writing, at: datetime) -> Answer:
            by = author or Author(actor.user_id, actor.role)
            version = book.answer(writing.connection, cause_id, text, by, at)
            return {"cause_id": cause_id, "version": version}

        await self._once(actor, asked, "cause.answer", work, facts.CauseAnswered, cause_id)
        self._set_aside.clear()

    async def link(self, ticket_id: str, cause_id: str, call_id: str) -> None:
        """The caller says that their ticket is about it; said twice in one call it is said once."""
        if cause_id not in self._open:
            return
        fact = LinkedToCause(
            key=f"{ticket_id}/cause/{cause_id}/by/{call_id}",
            occurred_at=self._clock(),
            ticket_id=ticket_id,
            actor_id=CITIZEN,
            actor_role=CITIZEN,
            cause_id=cause_id,
        )
        await self._journal.record(Report(fact))

    async def spread(self) -> int:
        """Give the newest answers to some who wait for them; how many were tried. To be called until it is 0.

        A ticket that cannot be answered holds up no other; it is tried again with the next answer or start.
        """
        tickets = await asyncio.to_thread(self._waiting)
        if not tickets:
            return 0
        try:
            given = await self._journal.write(partial(self._give, tickets=tickets))
        except Unavailable:
            raise
        except Exception:
            for ticket_id in tickets:
                await self._give_alone(ticket_id)
        else:
            self._set_aside.update(set(tickets) - set(given))
        return len(tickets)

    async def _give_alone(self, ticket_id: str) -> None:
        try:
            await self._journal.write(partial(self._give, tickets=[ticket_id]))
        except Unavailable:
            raise
        except Exception as fault:
            self._set_aside.add(ticket_id)
            # The fault's text may quote values; its class is all that is logged.
            log.error("cause not answered", ticket_id=ticket_id, fault=type(fault).__name__)

    def _give(self, writing: Writing, tickets: Sequence[str]) -> list[str]:
        """Those of the tickets that got it; another backend may have been faster with the rest."""
        at = self._clock()
        given = [ticket_id for ticket_id in tickets if give(writing, self._vault, ticket_id, at)]
        reach("cause answered")
        return given

    def _waiting(self) -> list[str]:
        with self._reader.connect() as connection:
            waiting = waiting_for_answer(but=self._set_aside).limit(AT_A_TIME)
            return list(connection.scalars(waiting))

    async def _once(
        self,
        actor: Actor,
        asked: Asked,
        action: str,
        work: Callable[[Writing, datetime], Answer],
        kind: type[facts.CauseFact],
        cause_id: str,
    ) -> Answer:
        at, vault = self._clock(), self._vault

        def carried_out(writing: Writing) -> Answer:
            done = work(writing, at)
            key = f"cause/{cause_id}/{kind.kind}/{asked.id_of(vault, actor.user_id)[:ID_LETTERS]}"
            writing.record(
                kind(key=key, occurred_at=at, provenance=Provenance.DECLARED, cause_id=cause_id,
                     actor_id=actor.user_id)
            )  # fmt: skip
            write_audit(writing.connection, at, actor.user_id, action, cause_id, role=actor.role.value)
            return done

        return await self._journal.write(
            lambda writing: once(
                writing.connection, vault, actor.user_id, asked, at, lambda: carried_out(writing)
            )
        )

    async def _speak_once(self, row: AnyRow) -> None:
        """Its sound is there, or is made; tried again after a while where it cannot be."""
        if row.cause_id in self._spoken or self._clock() < self._mute_until.get(row.cause_id, row.opened_at):
            return
        try:
            await asyncio.to_thread(self._speak, row.cause_id, row.spoken)
        except Unavailable:
            self._mute_until[row.cause_id] = self._clock() + SPOKEN_AGAIN_AFTER
            log.error("cause cannot be spoken", cause_id=row.cause_id)
            return
        self._spoken.add(row.cause_id)

    async def _fall_silent(self, cause_id: str) -> None:
        self._spoken.discard(cause_id)
        try:
            await asyncio.to_thread(self._speak, cause_id, None)
        except Unavailable:
            # Nobody is told of it any more; a file that stays behind is heard by nobody.
            log.warning("a cause's sound is left behind", cause_id=cause_id)

    def _is_known(self, cause_id: str) -> bool:
        with self._reader.connect() as connection:
            found = select(tables.causes.c.cause_id).where(tables.causes.c.cause_id == cause_id)
            return connection.scalar(found) is not None

    def _rows(self) -> Sequence[AnyRow]:
        with self._reader.connect() as connection:
            return book.open_causes(connection, self._clock())
