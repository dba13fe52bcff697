"""How a case becomes a story: its steps, what happened, who owes what. Pure.

Words that people wrote come in masked, by their text's id; without them a story holds none.
"""

from collections.abc import Mapping
from datetime import datetime

from config.office import Office
from config.sop import SYSTEM, Sop
from ticketing.case_facts import CaseFact
from ticketing.facts import Fact, TalkEnded
from ticketing.ledger.cases import FoldedCase
from ticketing.reports.story import CaseStory, EventLine, MessageLine, StepLine
from ticketing.reports.wording import EVENTS, STATES
from ticketing.sop.run import StepTiming, is_on_the_way, missing, steps_of
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.case import Stage
from ticketing.tickets.follow_up import duty
from ticketing.tickets.number import from_digits

CITIZEN = "citizen"
SEALED = "[...]"
"""What stands for words that are not shown."""


def tell(
    found: FoldedCase,
    sop: Sop,
    office: Office,
    at: datetime,
    words: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> CaseStory:
    """The story of a case as it stands at `at`, under the SOP it began under.

    `names` are those of the people who work here, by their ids; who has none is told by the id.
    """
    standing, case, known, people = found.standing, found.standing.case, words or {}, names or {}
    calendar = Calendar(office.hours)
    owes = duty(standing, office, calendar)
    until_at = case.closed_at or at
    lived = until_at - standing.registered_at
    timings = [
        one for one in steps_of(sop, found.facts) if one.ended_at or is_on_the_way(one.step, found.facts)
    ]
    kind, category = office.types.get(case.ticket_type or ""), office.categories.get(standing.matter or "")
    return CaseStory(
        number=from_digits(standing.ticket_id).written,
        state=standing.state,
        state_name=STATES[standing.state],
        sop_number=sop.number,
        ticket_type=kind.label if kind else None,
        category=category.label if category else None,
        district=office.districts.get(case.district or ""),
        registered_at=standing.registered_at,
        closed_at=case.closed_at,
        owner=people.get(owes.owner.id, owes.owner.id) if owes else None,
        next_due_at=owes.due_at if owes else None,
        limit_at=owes.limit_at if owes else None,
        calendar_version=calendar.version,
        citizen_seconds=lived.total_seconds(),
        office_seconds=(lived - case.paused(until_at)).total_seconds(),
        steps=tuple(_step(timing, sop, known, people) for timing in timings),
        events=tuple(_events(found, sop, known, people)),
        unexplained=missing(sop, found.facts, timings) if case.stage is Stage.CLOSED else (),
        messages=tuple(
            MessageLine(message.kind.value, message.owed_at, message.told_at) for message in found.messages
        ),
    )


def _step(timing: StepTiming, sop: Sop, words: Mapping[str, str], people: Mapping[str, str]) -> StepLine:
    step, actor = timing.step, sop.actor(timing.step.actor)
    of_citizen = actor is not None and CITIZEN in actor.roles
    reason = timing.skip_reason_id
    return StepLine(
        step=step.number,
        round=timing.round,
        name=step.name,
        actor=step.actor,
        by=None if of_citizen else people.get(timing.by or "", timing.by),
        started_at=timing.started_at,
        ended_at=timing.ended_at,
        seconds=timing.seconds,
        standard_seconds=step.standard_seconds,
        within=timing.within,
        started_by=timing.started_by.value,
        ended_by=timing.ended_by.value if timing.ended_by else None,
        skip_reason=words.get(reason, SEALED) if reason else None,
    )


def _events(
    found: FoldedCase, sop: Sop, words: Mapping[str, str], people: Mapping[str, str]
) -> list[EventLine]:
    once = {fact.key: fact for fact in found.facts if fact.kind in EVENTS}
    return [
        EventLine(
            at=fact.occurred_at,
            kind=fact.kind,
            lane=sop.lane_of(_role(fact)),
            by=people.get(_by(fact) or "", _by(fact)),
            text=EVENTS[fact.kind][1],
            words=words.get(_text_id(fact) or ""),
        )
        for fact in sorted(once.values(), key=lambda fact: (fact.occurred_at, fact.key))
    ]


def _role(fact: Fact) -> str:
    """Whose doing it was: a case fact says so, of a telephone's facts the kind does."""
    if isinstance(fact, CaseFact):
        return fact.actor_role
    if isinstance(fact, TalkEnded):
        return CITIZEN if fact.ended_by == "caller" else "agent"
    return EVENTS[fact.kind][0]


def _by(fact: Fact) -> str | None:
    if isinstance(fact, CaseFact):
        return None if fact.actor_id == SYSTEM else fact.actor_id
    return None if _role(fact) == CITIZEN else getattr(fact, "agent_id", None)


def _text_id(fact: Fact) -> str | None:
    return getattr(fact, "text_id", None) or getattr(fact, "reason_id", None)
