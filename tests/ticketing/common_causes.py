"""A ledger with causes in it, for tests: citizens call, are linked, are answered, by a clock that stands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from tests.builders import OFFICE, Desk, Story, a_desk
from tests.ticketing.test_timekeeper import Clock
from ticketing import case_facts
from ticketing.case_facts import SYSTEM, CaseFact, Channel, SolutionWritten
from ticketing.causes import book
from ticketing.causes.book import Author, NewCause
from ticketing.causes.desk import CauseDesk
from ticketing.causes.progress import Progress, progress
from ticketing.desk.act import CaseDesk
from ticketing.desk.linking import link, unlink
from ticketing.desk.matrix import Deed
from ticketing.desk.once import Asked
from ticketing.desk.sight import Actor
from ticketing.desk.timekeeper import Timekeeper
from ticketing.facts import CallArrived, CallEnded, Report, TicketContinued
from ticketing.ledger import upkeep
from ticketing.ledger.recorder import Registration
from ticketing.people import texts
from ticketing.people.roles import Role
from ticketing.tickets.case import Case

SARI = Actor("sari", "sari", Role.SUPERVISOR, "dukcapil")
MOBILE, LANDLINE = "081200000042", "0315920001"
ANSWER, BETTER = "Kartu keluarga tetap berlaku.", "Diperbarui: kartu keluarga tetap berlaku."
TITLE = "KK diblokir"


class Common(Desk):
    """The ledger and its causes."""

    def put_together(self, clock: Clock) -> "Common":
        self.clock = clock
        self.asked = 0
        self.causes = CauseDesk(self.journal, self.reader, self.vault, lambda: OFFICE, clock)
        self.cases = CaseDesk(self.journal, self.vault, lambda: OFFICE, clock)
        self.timekeeper = Timekeeper(self.journal, self.reader, lambda: OFFICE, clock)
        return self

    def key(self) -> Asked:
        self.asked += 1
        return Asked(f"kunci-{self.asked}", str(self.asked))

    async def calls(self, n: int, number: str | None = MOBILE) -> str:
        """A caller who got a number and is gone before anybody took the call."""
        call_id, at = f"pbx-{n}.0", self.clock.at
        more = {"occurred_at": at, "call_id": call_id}
        arrived = CallArrived(key=f"{call_id}/arrived", line="pbx", dialed_number="1500", **more)
        ticket = await self.journal.register(Registration(call_id, at), Report(arrived, number))
        await self.journal.record(Report(CallEnded(key=f"{call_id}/ended", cause=16, **more)))
        return ticket.ticket_id

    async def calls_in_vain(self, n: int, ticket_id: str) -> None:
        """The same citizen once more: on with their ticket, into the queue, gone."""
        story = Story(f"pbx-{n}.0").arrives()
        shift = self.clock.at - story.facts[0].occurred_at
        story.add(
            TicketContinued, 5, "continued", ticket_id=ticket_id, keyed_in=False,
            sop_version=OFFICE.sop.version,
        )  # fmt: skip
        story.queues(20).abandons(60).ends(60)
        for fact in story.facts:
            moved = {name: getattr(fact, name) for name in fact.__struct_fields__}
            moved["occurred_at"] += shift
            number = MOBILE if isinstance(fact, CallArrived) else None
            await self.journal.record(Report(type(fact)(**moved), number))

    async def begins(self, **more: Any) -> str:
        """A cause is opened."""
        until_at = more.pop("until_at", self.clock.at + timedelta(days=1))
        words = {"title": TITLE, "spoken": "Data Bapak Ibu tidak hilang.", "categories": ("22",)} | more
        return await self.causes.open(SARI, self.key(), NewCause(**words, until_at=until_at))

    async def answers(self, cause_id: str, text: str = ANSWER, author: Author | None = None) -> None:
        """A supervisor answers it, and the background does its work."""
        await self.causes.answer(SARI, self.key(), cause_id, text, author)
        await self.spreads()

    async def spreads(self) -> int:
        tried = 0
        while some := await self.causes.spread():
            tried += some
        return tried

    async def links(self, ticket_id: str, cause_id: str) -> None:
        await self.cases.act(SARI, Deed.LINK_CAUSE, ticket_id, self.key(), lambda act: link(act, cause_id))

    async def unlinks(self, ticket_id: str) -> None:
        await self.cases.act(SARI, Deed.LINK_CAUSE, ticket_id, self.key(), unlink)

    async def does(self, ticket_id: str, kind: type[CaseFact], role: str = "agent", **more: Any) -> None:
        """Something that people, or the courier, did to the ticket just now."""
        at = self.clock.at
        key = f"{ticket_id}/{kind.kind}/{at.isoformat()}"
        who = {"actor_id": SYSTEM if role == SYSTEM else f"{role}.1", "actor_role": role}
        await self.journal.record(Report(kind(key=key, occurred_at=at, ticket_id=ticket_id, **who, **more)))

    async def is_texted(self, ticket_id: str) -> None:
        """The text is out, as the courier records it."""
        await self.does(ticket_id, case_facts.SolutionDelivered, SYSTEM, channel=Channel.MESSAGE)

    async def time_passes(self, **span: float) -> None:
        """So much later, with everything that fell due in between noticed when it did."""
        until_at = self.clock.at + timedelta(**span)
        while due := self.reader.due(until_at, 1):
            self.clock.at = max(self.clock.at, due[0][1])
            await self.timekeeper.tick()
        self.clock.at = until_at

    def facts(self, ticket_id: str) -> list[CaseFact]:
        found = self.reader.case(ticket_id, OFFICE)
        assert found is not None
        return sorted(found.case_facts, key=lambda fact: (fact.occurred_at, fact.key))

    def case(self, ticket_id: str) -> Case:
        found = self.reader.case(ticket_id, OFFICE)
        assert found is not None
        return found.standing.case

    def ticket(self, ticket_id: str) -> Row[Any]:
        row = self.reader.ticket(ticket_id)
        assert row is not None
        return row

    def solutions(self, ticket_id: str) -> list[SolutionWritten]:
        return [fact for fact in self.facts(ticket_id) if isinstance(fact, SolutionWritten)]

    def words(self, *text_ids: str | None) -> list[str | None]:
        with self.reader.connect() as connection:
            return [texts.read(connection, self.vault, text_id) for text_id in text_ids]

    def answers_of(self, ticket_id: str) -> list[str | None]:
        """Each solution's words, in the order they were written."""
        return self.words(*(fact.text_id for fact in self.solutions(ticket_id)))

    def progress(self, cause_id: str) -> Progress:
        with self.reader.connect() as connection:
            return progress(connection, book.cause(connection, cause_id))

    def holds_together(self) -> None:
        assert upkeep.shortcomings(self.engine, OFFICE) == []


@asynccontextmanager
async def common(folder: Path) -> AsyncIterator[Common]:
    async with a_desk(folder) as desk:
        parts = (desk.engine, desk.vault, desk.journal, desk.reader, desk.committed)
        yield Common(*parts).put_together(Clock())
