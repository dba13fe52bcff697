"""Builders of facts and calls for tests: a story in few words, every value made up."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from config.office import Office, load
from ticketing import facts
from ticketing.facts import CallFact, EndedBy, Report
from ticketing.ledger.codec import KINDS
from ticketing.ledger.database import open_database
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.ledger.recorder import Committed, Recorder, Registration
from ticketing.people.privacy import Vault

MONDAY_MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""09.00 WIB on the day the SOP's example number was issued."""
NUMBER = "081200000042"
OFFICE = load(facts=KINDS)


def at(seconds: float) -> datetime:
    """That many seconds into the story."""
    return MONDAY_MORNING + timedelta(seconds=seconds)


class Story:
    """The facts of one call, told in seconds since it arrived."""

    def __init__(self, call_id: str = "pbx-1.0", agent_id: str = "dewi") -> None:
        self.call_id = call_id
        self.agent_id = agent_id
        self.facts: list[CallFact] = []

    def add(self, kind: type[CallFact], seconds: float, key: str, **more: Any) -> "Story":
        fact = kind(key=f"{self.call_id}/{key}", occurred_at=at(seconds), call_id=self.call_id, **more)
        self.facts.append(fact)
        return self

    def arrives(self, seconds: float = 0.0) -> "Story":
        return self.add(facts.CallArrived, seconds, "arrived", line="pbx", dialed_number="1500")

    def enters_menu(self, seconds: float = 4.6) -> "Story":
        return self.add(facts.MenuEntered, seconds, "menu", menu="daftar")

    def is_registered(self, seconds: float = 6.0, ticket_id: str = "26112300424") -> "Story":
        more = {"ticket_id": ticket_id, "person_id": None, "sop_version": OFFICE.sop.version}
        return self.add(facts.TicketRegistered, seconds, "registered", **more)

    def hears_number(self, seconds: float, times: int, ticket_id: str = "26112300424") -> "Story":
        return self.add(facts.NumberSpoken, seconds, f"spoken/{times}", ticket_id=ticket_id, times=times)

    def queues(self, seconds: float, key: str = "queued") -> "Story":
        return self.add(facts.CallQueued, seconds, key, queue="dukcapil", position=1)

    def leaves_queue(self, seconds: float, key: str = "left") -> "Story":
        return self.add(facts.CallLeftQueue, seconds, key, queue="dukcapil", position=1)

    def rings(self, seconds: float, leg: str = "leg1") -> "Story":
        return self.add(
            facts.AgentRang, seconds, f"rang/{leg}", queue="dukcapil", agent_id=self.agent_id, leg_id=leg
        )

    def is_not_answered(self, seconds: float, leg: str = "leg1") -> "Story":
        more = {"queue": "dukcapil", "agent_id": self.agent_id, "leg_id": leg, "ring_seconds": 15.0}
        return self.add(facts.AgentDidNotAnswer, seconds, f"not-answered/{leg}", **more)

    def is_answered(self, seconds: float, leg: str = "leg1") -> "Story":
        more = {"queue": "dukcapil", "agent_id": self.agent_id, "leg_id": leg}
        return self.add(facts.AgentAnswered, seconds, f"answered/{leg}", **more)

    def abandons(self, seconds: float) -> "Story":
        return self.add(facts.CallAbandoned, seconds, "abandoned", queue="dukcapil", position=1)

    def closes(self, seconds: float) -> "Story":
        return self.add(facts.ClosingStarted, seconds, "closing", agent_id=self.agent_id)

    def stops_talking(self, seconds: float, leg: str = "leg1") -> "Story":
        more = {"agent_id": self.agent_id, "leg_id": leg, "ended_by": EndedBy.CALLER}
        return self.add(facts.TalkEnded, seconds, f"talk-ended/{leg}", **more)

    def ends(self, seconds: float) -> "Story":
        return self.add(facts.CallEnded, seconds, "ended", cause=16)

    def recaps(self, seconds: float) -> "Story":
        more = {"agent_id": self.agent_id, "ended_by": facts.WrapUpEndedBy.AGENT}
        return self.add(facts.WrapUpEnded, seconds, "wrap-up-ended", **more)


def an_answered_call(call_id: str = "pbx-1.0", agent_id: str = "dewi") -> Story:
    """Registered, queued, rung in vain once, answered, talked, closed, recapped."""
    story = Story(call_id, agent_id).arrives().enters_menu().is_registered()
    story.hears_number(13, 1).hears_number(18, 2).queues(21)
    story.rings(22, "leg1").is_not_answered(37, "leg1").rings(38, "leg2")
    story.leaves_queue(41).is_answered(41, "leg2").closes(100)
    return story.stops_talking(104, "leg2").ends(104).recaps(200)


@dataclass
class Desk:
    """A ledger in a folder of its own."""

    engine: Engine
    vault: Vault
    journal: Journal
    reader: Reader
    committed: list[Committed]

    async def record(self, story: Story, caller_number: str | None = NUMBER) -> None:
        """Record a story; registrations take the number that is next."""
        for fact in story.facts:
            if isinstance(fact, facts.TicketRegistered):
                await self.journal.register(Registration(fact.call_id, fact.occurred_at))
            else:
                number = caller_number if isinstance(fact, facts.CallArrived) else None
                await self.journal.record(Report(fact, number))


@asynccontextmanager
async def a_desk(folder: Path, office: Office = OFFICE) -> AsyncIterator[Desk]:
    """An open ledger."""
    engine = open_database(f"sqlite:///{folder / 'ledger.sqlite3'}")
    vault = Vault(os.urandom(32), os.urandom(32))
    committed: list[Committed] = []
    recorder = Recorder(vault, lambda: office, lambda: datetime.now(UTC))
    journal = Journal(engine, recorder, committed.extend)
    journal.start()
    try:
        yield Desk(engine, vault, journal, Reader(engine, vault), committed)
    finally:
        journal.close()
        engine.dispose()
