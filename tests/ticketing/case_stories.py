"""Random cases for properties: what people may do to a ticket, at any instant, in any order."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from config.office import DayOff, Hours, Office
from config.units import Leave
from tests.builders import MONDAY_MORNING, OFFICE
from ticketing import case_facts as facts
from ticketing.case_facts import SYSTEM, CaseFact, Channel, FollowUpResult, Track
from ticketing.facts import CallBackReason
from ticketing.tickets.folding import fold
from ticketing.tickets.ticket import CallBack, Standing, TicketState

TICKET = "26112300424"
OTHER = "26112300432"
OFFICIALS = tuple(OFFICE.units.officials)

ACTORS = {
    facts.ForwardedToOfficial: "dispatcher", facts.Merged: "dispatcher", facts.Unmerged: "dispatcher",
    facts.ConsultAccepted: "official", facts.FollowUpDone: "official", facts.ReferredElsewhere: "dispatcher",
    facts.TakenOver: "supervisor", facts.ConsultDeferred: SYSTEM, facts.DueMissed: SYSTEM,
}  # fmt: skip
FIELDS: dict[type[CaseFact], dict[str, Any]] = {
    facts.CaseOpened: {"parent_ticket_id": OTHER, "person_id": "p", "sop_version": OFFICE.sop.version},
    facts.EntryBegun: {},
    facts.IdentityRecorded: {"fields": ("name",), "district": "07"},
    facts.ComplaintRecorded: {"ticket_type": "complaint", "category": "31", "text_id": "t1"},
    facts.OutlineWritten: {"text_id": "t2"},
    facts.FaqOpened: {},
    facts.DispatchOpened: {},
    facts.SentToDispatcher: {"track": Track.LIVE},
    facts.ForwardedToOfficial: {"unit": "capil", "official_id": "pejabat.capil.1"},
    facts.ConsultAccepted: {},
    facts.ConsultDeferred: {},
    facts.Returned: {"reason_id": "r1"},
    facts.ReferredElsewhere: {"belongs_to": "LAPOR!", "text_id": "t3"},
    facts.LinkedToCause: {"cause_id": "c1"},
    facts.UnlinkedFromCause: {"cause_id": "c1"},
    facts.SolutionWritten: {"text_id": "t4"},
    facts.SolutionDelivered: {"channel": Channel.CALL_BACK},
    facts.CitizenConfirmed: {"satisfied": True},
    facts.RecapWritten: {"problem_id": "t5", "solution_id": "t6", "told_by": None, "told_at": None},
    facts.FollowUpDone: {"text_id": "t7", "result": FollowUpResult.IN_PROGRESS},
    facts.WaitForCitizenBegun: {"reason_id": "r2"},
    facts.WaitForCitizenEnded: {},
    facts.TakenOver: {"reason_id": "r3"},
    facts.CallBackTried: {"reached": True},
    facts.CitizenTold: {"message": f"{TICKET}/number", "channel": Channel.MESSAGE},
    facts.Merged: {"into_ticket_id": OTHER, "reason_id": "r4"},
    facts.Unmerged: {"reason_id": "r5"},
    facts.CaseClosed: {},
    facts.CaseCancelled: {"reason_id": "r6"},
    facts.CaseReopened: {"reason_id": "r7"},
}
VARIANTS = {
    facts.ComplaintRecorded: {
        "category": ["11", "31", "83", "91"],
        "ticket_type": ["complaint", "information"],
    },
    facts.SentToDispatcher: {"track": list(Track)},
    facts.ForwardedToOfficial: {"official_id": [*OFFICIALS, "pensiunan"], "unit": [*OFFICE.units.units]},
    facts.LinkedToCause: {"cause_id": ["c1", "c2"]},
    facts.SolutionWritten: {
        "deliver_by": [None, "agent", "official", "message"],
        "cause_id": [None, None, "c1", "c2"],
    },
    facts.SolutionDelivered: {"channel": list(Channel)},
    facts.CitizenConfirmed: {"satisfied": [True, False]},
    facts.FollowUpDone: {"result": list(FollowUpResult)},
    facts.CallBackTried: {"reached": [True, False]},
}
OVER_KINDS = (facts.CaseClosed, facts.CaseCancelled, facts.Merged)
ROLES = ("agent", "dispatcher", "official", "supervisor")


def after(**span: float) -> datetime:
    """That long after the ticket was registered."""
    return MONDAY_MORNING + timedelta(**span)


def done(kind: type[CaseFact], at: datetime, actor_id: str = "", **more: Any) -> CaseFact:
    """Something that people did, by whoever usually does it."""
    role = ACTORS.get(kind, "agent")
    who = {"actor_id": actor_id or (SYSTEM if role == SYSTEM else f"{role}.1"), "actor_role": role}
    ticket_id = more.pop("ticket_id", TICKET)
    key = more.pop("key", f"{ticket_id}/{kind.kind}/{at.isoformat()}")
    return kind(key=key, occurred_at=at, ticket_id=ticket_id, **(who | FIELDS.get(kind, {}) | more))


def standing(known: Iterable[CaseFact], **more: Any) -> Standing:
    """A ticket registered on Monday at nine, with those facts; nobody took its call."""
    told: dict[str, Any] = {
        "ticket_id": TICKET, "registered_at": MONDAY_MORNING, "call_state": TicketState.REGISTERED,
        "call_at": MONDAY_MORNING, "category": None, "queue": None, "agent_id": None, "call_back": None,
        "number_unheard": False, "case": fold(known, TICKET),
    }  # fmt: skip
    return Standing(**(told | more))


@st.composite
def some_facts(
    draw: st.DrawFn, kinds: Iterable[type[CaseFact]] = tuple(FIELDS), max_size: int = 10, since: float = 0
) -> list[CaseFact]:
    """Things done one after another, seconds or days apart."""
    told: list[CaseFact] = []
    hours = since
    for kind in draw(st.lists(st.sampled_from(list(kinds)), max_size=max_size)):
        hours += draw(st.one_of(st.floats(0.001, 0.2), st.floats(0.2, 200)))
        more = {name: draw(st.sampled_from(values)) for name, values in VARIANTS.get(kind, {}).items()}
        at = after(hours=hours)
        if kind is facts.ForwardedToOfficial and draw(st.booleans()):
            more["consult_until_at"] = at + timedelta(seconds=180)
        if kind not in ACTORS:
            more["actor_role"] = draw(st.sampled_from(ROLES))
        told.append(done(kind, at, key=f"{TICKET}/{len(told)}/{since}", **more))
    return told


DAYS = st.dates(date(2026, 11, 1), date(2027, 3, 31))
PEOPLE = st.sampled_from(OFFICE.units.people)


@st.composite
def offices(draw: st.DrawFn) -> Office:
    """The office with any week, any days off and any leave."""
    week = draw(st.sets(st.integers(0, 6), min_size=1))
    off = draw(st.sets(DAYS, max_size=60))
    years = {
        year: tuple(DayOff(day, "libur", "libur nasional") for day in off if day.year == year)
        for year in draw(st.sets(st.sampled_from([2026, 2027])))
    }
    leave = [
        Leave(who, first, first + timedelta(days=days))
        for who, first, days in draw(st.lists(st.tuples(PEOPLE, DAYS, st.integers(0, 120)), max_size=6))
    ]
    hours = Hours({day: (time(7, 30), time(15)) for day in week}, years)
    return replace(OFFICE, hours=hours, units=replace(OFFICE.units, leave=tuple(leave)))


CALLS = st.fixed_dictionaries(
    {
        "call_state": st.sampled_from(TicketState),
        "agent_id": st.sampled_from([None, "dewi"]),
        "queue": st.sampled_from([None, "dukcapil"]),
        "category": st.sampled_from([None, "10", "91"]),
        "number_unheard": st.booleans(),
        "call_back": st.sampled_from([None, CallBack(after(hours=6), CallBackReason.ABANDONED)]),
    }
)
