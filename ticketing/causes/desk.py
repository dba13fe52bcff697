"""What supervisors do with causes, and the answer's way to every citizen who is linked."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import select

from config.checkpoint import reach
from config.clock import Clock
from config.errors import Unavailable
from config.office import Office
from ticketing import case_facts, facts, tables
from ticketing.case_facts import CITIZEN, LinkedToCause
from ticketing.causes import book
from ticketing.causes.book import NewCause
from ticketing.desk.once import Answer, Asked, once
from ticketing.desk.sight import Actor
from ticketing.facts import Provenance, Report
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import AnyRow, Reader
from ticketing.ledger.writing import Writing
from ticketing.people import complainant, texts
from ticketing.people.audit import write_audit
from ticketing.people.privacy import Vault

AT_A_TIME = 20
"""Answers in one transaction: a caller who registers meanwhile does not notice."""
ID_LETTERS = 12

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

    def open_now(self) -> Sequence[str]:
        """The causes callers are told of, as of the last look."""
        return self._open

    async def refresh(self) -> None:
        """Look which causes are open; one whose time is over goes by itself, sound and all."""
        known = self._open
        self._open = await asyncio.to_thread(self._ids)
        for gone in set(known) - set(self._open):
            await asyncio.to_thread(self._speak, gone, None)

    async def begin(self) -> None:
        """At start: make the sounds of the open causes anew; one that cannot be spoken is not told."""
        spoken = []
        for row in await asyncio.to_thread(self._rows):
            try:
                await asyncio.to_thread(self._speak, row.cause_id, row.spoken)
                spoken.append(row.cause_id)
            except Unavailable:
                log.error("cause cannot be spoken", cause_id=row.cause_id)
        self._open = tuple(spoken)

    async def open(self, actor: Actor, asked: Asked, new: NewCause) -> str:
        """Open a cause, once its sound is there; its id. Raises what `book` refuses, and Unavailable."""
        new.check(self._office(), self._clock())
        cause_id = asked.id_of(self._vault, actor.user_id)[:ID_LETTERS]
        await asyncio.to_thread(self._speak, cause_id, new.spoken)

        def work(writing: Writing, at: datetime) -> Answer:
            book.add(writing.connection, cause_id, new, actor, at)
            return {"cause_id": cause_id}

        answer = await self._once(actor, asked, "cause.open", work, facts.CauseOpened, cause_id)
        await self.refresh()
        return str(answer["cause_id"])

    async def close(self, actor: Actor, asked: Asked, cause_id: str) -> None:
        """Callers are told of it no more. Raises NoSuchCause."""

        def work(writing: Writing, at: datetime) -> Answer:
            book.close(writing.connection, cause_id, at)
            return {"cause_id": cause_id}

        await self._once(actor, asked, "cause.close", work, facts.CauseClosed, cause_id)
        await self.refresh()

    async def answer(self, actor: Actor, asked: Asked, cause_id: str, text: str) -> None:
        """The answer for everybody who is linked, now or later. Raises NoSuchCause, NotForAll."""

        def work(writing: Writing, at: datetime) -> Answer:
            version = book.answer(writing.connection, cause_id, text, actor, at)
            return {"cause_id": cause_id, "version": version}

        await self._once(actor, asked, "cause.answer", work, facts.CauseAnswered, cause_id)

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
        """Give the newest answer to some who wait for it; how many got it. To be called until it is 0."""
        for row in await asyncio.to_thread(self._answered):
            given = await self._journal.write(partial(self._give, row=row))
            if given:
                return given
        return 0

    def _give(self, writing: Writing, row: AnyRow) -> int:
        waiting = book.waiting_for_answer(row).limit(AT_A_TIME)
        tickets = list(writing.connection.scalars(waiting))
        for ticket_id in tickets:
            self._give_one(writing, ticket_id, row)
        reach("cause answered")
        return len(tickets)

    def _give_one(self, writing: Writing, ticket_id: str, row: AnyRow) -> None:
        """The ticket's own solution: the answerer is its author, whoever reaches the citizen delivers it."""
        found = writing.case(ticket_id)
        assert found is not None
        at, standing = self._clock(), found.standing
        person_id = found.ticket["person_id"] or standing.case.person_id
        more = {"ticket_id": ticket_id, "actor_id": row.answered_by, "actor_role": row.answered_role}
        if person_id is None:
            person_id = complainant.add_nameless(writing.connection, self._vault, at)
            filed = f"{ticket_id}/cause/{row.cause_id}/filed"
            writing.record(
                case_facts.ComplainantFiled(key=filed, occurred_at=at, person_id=person_id, **more)
            )
        text_id = texts.write(
            writing.connection, self._vault, ticket_id=ticket_id, person_id=person_id,
            field=texts.SOLUTION, value=row.answer, at=at, by=row.answered_by,
        )  # fmt: skip
        reached = standing.by_mobile or standing.case.text_only
        writing.record(
            case_facts.SolutionWritten(
                key=f"{ticket_id}/cause/{row.cause_id}/{row.answer_version}",
                occurred_at=at,
                text_id=text_id,
                deliver_by="message" if reached else "agent",
                **more,
            )
        )

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

    def _rows(self) -> Sequence[AnyRow]:
        with self._reader.connect() as connection:
            return book.open_causes(connection, self._clock())

    def _ids(self) -> tuple[str, ...]:
        return tuple(row.cause_id for row in self._rows())

    def _answered(self) -> Sequence[AnyRow]:
        with self._reader.connect() as connection:
            statement = select(tables.causes).where(tables.causes.c.answer_version > 0)
            return connection.execute(statement.order_by(tables.causes.c.answered_at.desc())).all()
