"""Who owes what by when (the SOP's "Peringatan"): each open ticket has one owner and a due time. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from config.clock import OFFICE_ZONE, office_day
from config.follow_up import FollowUpClass, Span
from config.office import Office
from config.units import Units
from ticketing.case_facts import ForwardedToOfficial
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.case import Case, Stage
from ticketing.tickets.ticket import CallBack, Standing, TicketState

DISPATCH_SECONDS = 60
"""The time to forward a case while its citizen holds the line, where the SOP gives none."""


class OwnerRole(StrEnum):
    """Who may own a case. A team's id is its queue, or its own name."""

    CALL_CENTRE = "call_centre"
    AGENT = "agent"
    DISPATCHERS = "dispatchers"
    OFFICIAL = "official"
    SUPERVISORS = "supervisors"


class DueKind(StrEnum):
    """What falls due."""

    CALL_BACK = "call_back"
    AGENT = "agent"
    DISPATCH = "dispatch"
    CONSULT = "consult"
    OFFICIAL = "official"
    DELIVERY = "delivery"
    CONFIRMATION = "confirmation"
    CITIZEN = "citizen"
    TELL_CITIZEN = "tell_citizen"


@dataclass(frozen=True, slots=True)
class Owner:
    """The one who answers for a case now."""

    role: OwnerRole
    id: str


@dataclass(frozen=True, slots=True)
class Duty:
    """What the owner owes next, by when, and the day the whole case must be over."""

    owner: Owner
    due_at: datetime
    kind: DueKind
    limit_at: datetime


_DUE_KINDS = {
    Stage.WITH_DISPATCHER: DueKind.DISPATCH,
    Stage.WITH_OFFICIAL: DueKind.OFFICIAL,
    Stage.SOLVED: DueKind.DELIVERY,
    Stage.REFERRED: DueKind.DELIVERY,
    Stage.AWAITING_CONFIRMATION: DueKind.CONFIRMATION,
}


def duty(standing: Standing, office: Office, calendar: Calendar) -> Duty | None:
    """The duty a ticket puts on somebody; None once it is over."""
    case = standing.case
    if case.is_over:
        return None
    promised = office.follow_up_class(case.ticket_type, standing.matter)
    limit_at = _limit(standing, promised, calendar)
    since = _since(standing)
    due_at, kind = _due(standing, office, promised, calendar, since)
    if due_at <= since:
        # What was awaited is past, and somebody has acted since: counted anew from there.
        due_at = calendar.after(since, promised.first_response)
    if case.missed_at and case.missed_at >= since:
        # Nobody has stirred since the last due time passed: it is asked again, one level up.
        since, due_at = case.missed_at, calendar.after(case.missed_at, office.follow_up.again_after)
    fixed = _fixed(standing, limit_at, promised, calendar, kind)
    fixed += _news(standing, office, calendar, since)
    due_at, kind = min([(due_at, kind), *(one for one in fixed if one[0] > since)])
    return Duty(owner(standing, office), due_at, kind, limit_at)


def call_back_owed(standing: Standing) -> CallBack | None:
    """The call the office still owes; whoever was reached, or told the answer, since then is owed none.

    Nor is whoever wants to hear by text only. One that was put off is owed by the later time.
    """
    case, owed = standing.case, standing.call_back
    if owed is None or case.is_over or case.text_only:
        return None
    told = None if case.answer_is_of_another_cause else case.delivered
    heard = (case.reached_at, told.at if told else None)
    if any(at and at >= standing.call_at for at in heard):
        return None
    return replace(owed, due_at=max(owed.due_at, case.put_off_to_at or owed.due_at))


def owner(standing: Standing, office: Office) -> Owner:
    """The one who answers for the case now."""
    case = standing.case
    if case.taken_over_by:
        return Owner(OwnerRole.SUPERVISORS, case.taken_over_by)
    if official_id := _official_of(case):
        return Owner(OwnerRole.OFFICIAL, official_id)
    if office.is_restricted(standing.matter):
        return Owner(OwnerRole.SUPERVISORS, OwnerRole.SUPERVISORS.value)
    if case.is_with_back_office:
        return Owner(OwnerRole.DISPATCHERS, OwnerRole.DISPATCHERS.value)
    agent_id = case.agent_id or standing.agent_id
    if agent_id and case.stage is not Stage.SOLVED:
        return Owner(OwnerRole.AGENT, agent_id)
    return Owner(OwnerRole.CALL_CENTRE, standing.queue or office.default_queue.name)


def _official_of(case: Case) -> str | None:
    """The official who owes something: an answer, or the call they said they would make themselves."""
    tells = case.stage is Stage.SOLVED and case.deliver_by_official
    return case.official_id if tells or case.stage is Stage.WITH_OFFICIAL else None


def stand_in(units: Units, username: str, at: datetime) -> str:
    """Who acts for the official on that day: somebody who is there, as long as anybody is."""
    day = office_day(at)
    line = (*units.succession(username), *units.people)
    return next((one for one in line if units.is_there(one, day)), units.department_head)


def told_of_miss(standing: Standing, office: Office, level: int, at: datetime) -> tuple[str, ...]:
    """Those who hear of a missed due time at that level, each as `role:id`."""
    units = office.units
    own = owner(standing, office)
    unit = units.units.get(standing.case.unit or "")
    above = unit.head if unit else units.department_head
    restricted = office.is_restricted(standing.matter)
    people = {
        "owner": f"{own.role.value}:{own.id}",
        "dispatcher": _SUPERVISORS if restricted else _DISPATCHERS,
        "unit_head": _told_for(office, above, at, restricted),
        "supervisor": _SUPERVISORS,
        "department_head": _told_for(office, units.department_head, at, restricted),
    }
    if own.role is OwnerRole.OFFICIAL:
        known = own.id if own.id in units.people else above
        people["owner"] = _told_for(office, known, at, restricted)
    return tuple(dict.fromkeys(people[who] for who in office.follow_up.people_at(level)))


_DISPATCHERS = f"{OwnerRole.DISPATCHERS.value}:{OwnerRole.DISPATCHERS.value}"
_SUPERVISORS = f"{OwnerRole.SUPERVISORS.value}:{OwnerRole.SUPERVISORS.value}"


def _told_for(office: Office, username: str, at: datetime, restricted: bool) -> str:
    """Who hears what that official should; a restricted matter leaves their unit for supervisors only."""
    units, day = office.units, office_day(at)
    line = units.succession(username)
    if restricted and not any(units.is_there(one, day) for one in line):
        return _SUPERVISORS
    return f"{OwnerRole.OFFICIAL.value}:{stand_in(units, username, at)}"


def paused_working_days(case: Case, calendar: Calendar) -> int:
    """Working days on which the office's clock stood still because it waited for the citizen."""
    days = 0
    for wait in case.waits:
        if wait.ended_at is None:
            continue
        day = wait.began_at.astimezone(OFFICE_ZONE).date()
        last = wait.ended_at.astimezone(OFFICE_ZONE).date()
        while day < last:
            day += timedelta(days=1)
            days += calendar.is_working_day(day)
    return days


def _limit(standing: Standing, promised: FollowUpClass, calendar: Calendar) -> datetime:
    """The end of the promise; waiting for the citizen moves it for the office, never for the citizen."""
    paused = paused_working_days(standing.case, calendar)
    limit_at = calendar.after(standing.registered_at, promised.limit)
    return calendar.after(limit_at, Span(working_days=paused)) if paused else limit_at


def _since(standing: Standing) -> datetime:
    """From when the next due time counts: the last act, or a later talk if the call centre has the case.

    A citizen who calls in vain moves no due time: neither the official's nor the agent's. Whoever is told by
    a message has the whole time to object from when it went out.
    """
    case = standing.case
    if case.acted_at is None:
        return standing.call_at
    spoken = standing.call_state is TicketState.WITH_AGENT and not case.is_with_back_office
    since = max(case.acted_at, standing.call_at) if spoken else case.acted_at
    return max(since, case.delivered.at) if case.was_told_by_message and case.delivered else since


def _fixed(
    standing: Standing, limit_at: datetime, promised: FollowUpClass, calendar: Calendar, kind: DueKind
) -> list[tuple[datetime, DueKind]]:
    """What falls due whatever was done or missed before: a promised call, the last call, the limit."""
    case = standing.case
    call_back = None if case.is_with_back_office else call_back_owed(standing)
    calls = [(call_back.due_at, DueKind.CALL_BACK)] if call_back else []
    if case.waiting_since_at or case.was_told_by_message:
        return calls
    last_call = calendar.before(limit_at, promised.last_call_before_limit)
    return [*calls, (last_call, kind), (limit_at, kind)]


def _news(
    standing: Standing, office: Office, calendar: Calendar, since: datetime
) -> list[tuple[datetime, DueKind]]:
    """When the citizen must hear again how the case stands, while others have it."""
    case, every = standing.case, office.follow_up.tell_citizen_every
    if case.waiting_since_at or not case.is_with_back_office:
        return []
    spoken_at = standing.call_at if standing.call_state is TicketState.WITH_AGENT else standing.registered_at
    due_at = calendar.after(max(case.told_at or spoken_at, spoken_at), every)
    return [(due_at if due_at > since else calendar.after(since, every), DueKind.TELL_CITIZEN)]


def _due(
    standing: Standing, office: Office, promised: FollowUpClass, calendar: Calendar, since: datetime
) -> tuple[datetime, DueKind]:
    case = standing.case
    if case.waiting_since_at:
        within = office.follow_up.citizen_answers_within
        waited = calendar.after(case.waiting_since_at, within)
        return waited if waited > since else calendar.after(since, within), DueKind.CITIZEN
    if case.stage is Stage.WITH_OFFICIAL:
        return _official_due(case, promised, calendar, since)
    if case.stage is Stage.WITH_DISPATCHER and case.consults and case.sent_at:
        forwarding = office.sop.ending_on(ForwardedToOfficial.kind)
        seconds = (forwarding and forwarding.standard_seconds) or DISPATCH_SECONDS
        return case.sent_at + timedelta(seconds=seconds), DueKind.DISPATCH
    if _was_asked(case):
        return calendar.after(since, office.follow_up.citizen_answers_within), DueKind.CONFIRMATION
    call_back = call_back_owed(standing)
    if call_back and not case.is_with_back_office and call_back.due_at > since:
        return call_back.due_at, DueKind.CALL_BACK
    return calendar.after(since, promised.first_response), _DUE_KINDS.get(case.stage, DueKind.AGENT)


def _was_asked(case: Case) -> bool:
    """Whether the citizen, once told, was called to confirm: after one call the answer is theirs to give.

    So it is after a message, which says how to object.
    """
    if case.stage is not Stage.AWAITING_CONFIRMATION or case.delivered is None:
        return False
    if case.was_told_by_message:
        return True
    return case.called_back_at is not None and case.called_back_at >= case.delivered.at


def is_settled_by_silence(standing: Standing, office: Office, calendar: Calendar, at: datetime) -> bool:
    """Whether the citizen was told by a message, and has let the office's whole time to object go by.

    Not while the office owes them a call, nor while it waits for them.
    """
    case = standing.case
    if not case.was_told_by_message or case.waiting_since_at or call_back_owed(standing):
        return False
    return at >= calendar.after(_since(standing), office.follow_up.citizen_answers_within)


def _official_due(
    case: Case, promised: FollowUpClass, calendar: Calendar, since: datetime
) -> tuple[datetime, DueKind]:
    if case.consult_until_at and case.consult_until_at > since and not case.consult_accepted:
        return case.consult_until_at, DueKind.CONSULT
    if case.followed_up_at is None:
        return calendar.after(since, promised.first_response), DueKind.OFFICIAL
    every = promised.after_plan if case.plan_made else promised.until_plan
    return calendar.after(since, every), DueKind.OFFICIAL
