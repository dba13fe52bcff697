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
from ticketing import case_facts, facts
from ticketing.case_facts import CaseFact, Channel, FollowUpResult, Track
from ticketing.facts import CallFact, EndedBy, Report
from ticketing.ledger.codec import KINDS
from ticketing.ledger.database import open_database
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.ledger.recorder import Committed, Recorder, Registration
from ticketing.people.privacy import Vault

TICKET = "26112300424"
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

    def is_registered(self, seconds: float = 6.0, ticket_id: str = TICKET) -> "Story":
        more = {"ticket_id": ticket_id, "person_id": None, "sop_version": OFFICE.sop.version}
        return self.add(facts.TicketRegistered, seconds, "registered", **more)

    def hears_number(self, seconds: float, times: int, ticket_id: str = TICKET) -> "Story":
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


class CallBackStory(Story):
    """The facts of one call that the office made, in seconds since it was placed."""

    def __init__(self, call_id: str = "pbx-balik-0.0123456789abcdef", agent_id: str = "dewi") -> None:
        super().__init__(call_id, agent_id)

    def is_placed(
        self, seconds: float = 0.0, person_id: str = "p1", ticket_id: str = TICKET
    ) -> "CallBackStory":
        more = {"ticket_id": ticket_id, "person_id": person_id, "queue": "dukcapil"}
        self.add(
            facts.CallBackPlaced, seconds, "placed", agent_id=self.agent_id,
            sop_version=OFFICE.sop.version, **more,
        )  # fmt: skip
        return self

    def reaches(self, seconds: float, leg: str = "leg1") -> "CallBackStory":
        self.add(facts.CitizenAnswered, seconds, "citizen-answered", agent_id=self.agent_id, leg_id=leg)
        return self

    def reaches_nobody(self, seconds: float, status: str = "BUSY") -> "CallBackStory":
        self.add(facts.CitizenNotReached, seconds, "not-reached", status=status)
        return self


def a_call_back_talked(call_id: str = "pbx-balik-0.0123456789abcdef") -> CallBackStory:
    """Placed, taken up here and there, talked, hung up by the citizen, recapped."""
    story = CallBackStory(call_id).is_placed().reaches(9)
    story.add(facts.AgentLegEnded, 69, "leg-ended/leg1", leg_id="leg1").stops_talking(69.001).ends(69.002)
    story.recaps(120)
    return story


def an_answered_call(call_id: str = "pbx-1.0", agent_id: str = "dewi") -> Story:
    """Registered, queued, rung in vain once, answered, talked, closed, recapped."""
    story = Story(call_id, agent_id).arrives().enters_menu().is_registered()
    story.hears_number(13, 1).hears_number(18, 2).queues(21)
    story.rings(22, "leg1").is_not_answered(37, "leg1").rings(38, "leg2")
    story.leaves_queue(41).is_answered(41, "leg2").closes(100)
    return story.stops_talking(104, "leg2").ends(104).recaps(200)


class CaseStory:
    """What people did to one ticket, told in seconds since its call arrived; texts are made up as t1, t2.

    What the desk reads off their doings is inferred; what they must say by a key is declared.
    """

    def __init__(
        self, ticket_id: str = TICKET, call_id: str | None = "pbx-1.0", agent_id: str = "dewi"
    ) -> None:
        self.ticket_id = ticket_id
        self.call_id = call_id
        self.agent_id = agent_id
        self.facts: list[CaseFact] = []

    def add(
        self,
        kind: type[CaseFact],
        seconds: float,
        by: str | None = None,
        role: str = "agent",
        **more: Any,
    ) -> "CaseStory":
        key = f"{self.ticket_id}/{kind.kind}/{len(self.facts)}"
        who = {"actor_id": by or self.agent_id, "actor_role": role}
        # A dispatcher or official acts beside the talk, not in it.
        told = {"during_call_id": self.call_id if role == "agent" else None} | more
        told.setdefault("provenance", facts.Provenance.INFERRED)
        self.facts.append(kind(key=key, occurred_at=at(seconds), ticket_id=self.ticket_id, **who, **told))
        return self

    def text(self) -> str:
        return f"t{len(self.facts)}"

    def is_opened_beside(self, seconds: float, parent: str = TICKET) -> "CaseStory":
        more = {"parent_ticket_id": parent, "person_id": None, "sop_version": OFFICE.sop.version}
        return self.add(case_facts.CaseOpened, seconds, **more)

    def entry_begins(self, seconds: float) -> "CaseStory":
        return self.add(case_facts.EntryBegun, seconds)

    def identity_is_recorded(self, seconds: float) -> "CaseStory":
        fields = ("name", "phone", "district")
        return self.add(
            case_facts.IdentityRecorded,
            seconds,
            fields=fields,
            district="01",
        )

    def complaint_is_recorded(self, seconds: float, category: str = "11") -> "CaseStory":
        more = {"ticket_type": "complaint", "category": category, "text_id": self.text()}
        return self.add(case_facts.ComplaintRecorded, seconds, **more)

    def outline_is_written(self, seconds: float) -> "CaseStory":
        return self.add(case_facts.OutlineWritten, seconds, text_id=self.text())

    def opens_faq(self, seconds: float) -> "CaseStory":
        return self.add(case_facts.FaqOpened, seconds, article="ktp-belum-jadi")

    def solution_is_written(
        self, seconds: float, by: str | None = None, role: str = "agent", deliver_by: str | None = None
    ) -> "CaseStory":
        return self.add(
            case_facts.SolutionWritten, seconds, by, role, text_id=self.text(), deliver_by=deliver_by
        )

    def solution_is_delivered(
        self, seconds: float, channel: Channel = Channel.LIVE_CALL, from_faq: bool = False
    ) -> "CaseStory":
        how = facts.Provenance.INFERRED if from_faq else facts.Provenance.DECLARED
        return self.add(
            case_facts.SolutionDelivered, seconds, channel=channel, from_faq=from_faq, provenance=how
        )

    def opens_dispatch(self, seconds: float) -> "CaseStory":
        return self.add(case_facts.DispatchOpened, seconds)

    def is_sent(self, seconds: float, track: Track = Track.LIVE) -> "CaseStory":
        return self.add(case_facts.SentToDispatcher, seconds, track=track)

    def is_forwarded(
        self, seconds: float, to: str = "pejabat.dafduk.1", consult_until: float | None = None
    ) -> "CaseStory":
        more = {"unit": "dafduk", "official_id": to}
        until_at = at(consult_until) if consult_until is not None else None
        return self.add(
            case_facts.ForwardedToOfficial, seconds, "sari", "dispatcher", consult_until_at=until_at, **more
        )

    def consult_is_accepted(self, seconds: float, by: str = "pejabat.dafduk.1") -> "CaseStory":
        return self.add(case_facts.ConsultAccepted, seconds, by, "official")

    def consult_is_deferred(self, seconds: float) -> "CaseStory":
        return self.add(case_facts.ConsultDeferred, seconds, case_facts.SYSTEM, "system")

    def is_returned(
        self, seconds: float, by: str = "pejabat.dafduk.1", role: str = "official"
    ) -> "CaseStory":
        return self.add(case_facts.Returned, seconds, by, role, reason_id=self.text())

    def is_followed_up(self, seconds: float, by: str = "pejabat.dafduk.1") -> "CaseStory":
        more = {"text_id": self.text(), "result": FollowUpResult.PLAN_MADE}
        return self.add(case_facts.FollowUpDone, seconds, by, "official", **more)

    def is_called_back(self, seconds: float, reached: bool = True) -> "CaseStory":
        return self.add(
            case_facts.CallBackTried, seconds, reached=reached, provenance=facts.Provenance.DECLARED
        )

    def is_confirmed(self, seconds: float, satisfied: bool = True) -> "CaseStory":
        return self.add(case_facts.CitizenConfirmed, seconds, satisfied=satisfied)

    def is_recapped(self, seconds: float) -> "CaseStory":
        more = {"problem_id": self.text(), "solution_id": f"{self.text()}s", "told_by": None, "told_at": None}
        return self.add(case_facts.RecapWritten, seconds, **more)

    def skips(self, seconds: float, step: int) -> "CaseStory":
        more = {"step": step, "reason_id": self.text(), "provenance": facts.Provenance.DECLARED}
        return self.add(case_facts.StepSkipped, seconds, **more)

    def declares_done(self, seconds: float, step: int) -> "CaseStory":
        return self.add(case_facts.StepDone, seconds, step=step, provenance=facts.Provenance.DECLARED)

    def closes(self, seconds: float) -> "CaseStory":
        return self.add(case_facts.CaseClosed, seconds)


def a_call_talked(until: float = 900.0, closing: float | None = None) -> Story:
    """Registered, queued, answered at 41 s, and talked until the end given; no recap yet."""
    story = Story().arrives().enters_menu().is_registered().hears_number(13, 1).hears_number(18, 2)
    story.queues(21).rings(38).leaves_queue(41).is_answered(41)
    if closing is not None:
        story.closes(closing)
    return story.stops_talking(until).ends(until)


def a_case_to_the_faq(case: CaseStory | None = None) -> CaseStory:
    """Heard, recorded, analysed, and looked up in the FAQ book."""
    case = (case or CaseStory()).entry_begins(46).identity_is_recorded(90).complaint_is_recorded(150)
    return case.outline_is_written(240).opens_faq(242)


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

    async def record_case(self, case: CaseStory) -> None:
        """Record what people did to a ticket that is registered."""
        for fact in case.facts:
            await self.journal.record(Report(fact))


@asynccontextmanager
async def a_desk(folder: Path, office: Office = OFFICE, vault: Vault | None = None) -> AsyncIterator[Desk]:
    """An open ledger; a second one on the same folder needs the vault of the first."""
    engine = open_database(f"sqlite:///{folder / 'ledger.sqlite3'}")
    vault = vault or Vault(os.urandom(32), os.urandom(32))
    committed: list[Committed] = []
    recorder = Recorder(vault, lambda: office, lambda: datetime.now(UTC))
    journal = Journal(engine, recorder, committed.extend)
    journal.start()
    try:
        yield Desk(engine, vault, journal, Reader(engine, vault), committed)
    finally:
        journal.close()
        engine.dispose()
