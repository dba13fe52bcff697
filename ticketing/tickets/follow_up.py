"""Who owes what by when (the SOP's "Peringatan"): each open ticket has one owner and a due time. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from config.clock import OFFICE_ZONE, office_day
from config.follow_up import FollowUpClass, Span
from config.office import Office
from config.units import Units
from ticketing.case_facts import ForwardedToOfficial
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.case import Case, Stage
from ticketing.tickets.ticket import Standing

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
    since = max(case.acted_at or standing.call_at, standing.call_at)
    due_at, kind = _due(standing, office, promised, calendar, since)
    if case.missed_at and case.missed_at >= since:
        # Nobody has stirred since the last due time passed: it is asked again, one level up.
        return Duty(
            owner(standing, office), calendar.after(case.missed_at, office.follow_up.again_after),
            kind, limit_at,
        )  # fmt: skip
    last_call = calendar.before(limit_at, promised.last_call_before_limit)
    ends = [at for at in (last_call, limit_at) if at > since and not case.waiting_since_at]
    return Duty(owner(standing, office), min([due_at, *ends]), kind, limit_at)


def owner(standing: Standing, office: Office) -> Owner:
    """The one who answers for the case now."""
    case = standing.case
    if case.taken_over_by:
        return Owner(OwnerRole.SUPERVISORS, case.taken_over_by)
    if case.stage is Stage.WITH_OFFICIAL or (case.stage is Stage.SOLVED and case.deliver_by_official):
        return Owner(OwnerRole.OFFICIAL, case.official_id or "?")
    if office.is_restricted(standing.matter):
        return Owner(OwnerRole.SUPERVISORS, OwnerRole.SUPERVISORS.value)
    if case.stage is Stage.WITH_DISPATCHER:
        return Owner(OwnerRole.DISPATCHERS, OwnerRole.DISPATCHERS.value)
    agent_id = case.agent_id or standing.agent_id
    if agent_id and case.stage is not Stage.SOLVED:
        return Owner(OwnerRole.AGENT, agent_id)
    return Owner(OwnerRole.CALL_CENTRE, standing.queue or office.default_queue.name)


def stand_in(units: Units, username: str, at: datetime) -> str:
    """Who acts for the official on that day: nobody on leave is left without a deputy."""
    day = office_day(at)
    seen: list[str] = []
    while units.is_away(username, day) and username not in seen:
        seen.append(username)
        official = units.officials.get(username)
        username = official.deputy if official else units.department_head
    if username not in seen:
        return username
    heads = [units.units[units.officials[name].unit].head for name in seen if name in units.officials]
    return next((head for head in heads if not units.is_away(head, day)), units.department_head)


def told_of_miss(standing: Standing, office: Office, level: int, at: datetime) -> tuple[str, ...]:
    """Those who hear of a missed due time at that level, each as `role:id`."""
    units = office.units
    own = owner(standing, office)
    unit = units.units.get(standing.case.unit or "")
    above = stand_in(units, unit.head if unit else units.department_head, at)
    deputy = stand_in(units, own.id, at) if own.role is OwnerRole.OFFICIAL else own.id
    people = {
        "owner": f"{own.role.value}:{deputy}",
        "dispatcher": f"{OwnerRole.DISPATCHERS.value}:{OwnerRole.DISPATCHERS.value}",
        "unit_head": f"{OwnerRole.OFFICIAL.value}:{above}",
        "supervisor": f"{OwnerRole.SUPERVISORS.value}:{OwnerRole.SUPERVISORS.value}",
        "department_head": f"{OwnerRole.OFFICIAL.value}:{units.department_head}",
    }
    return tuple(dict.fromkeys(people[who] for who in office.follow_up.people_at(level)))


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


def _due(
    standing: Standing, office: Office, promised: FollowUpClass, calendar: Calendar, since: datetime
) -> tuple[datetime, DueKind]:
    case = standing.case
    if case.waiting_since_at:
        waited = calendar.after(case.waiting_since_at, office.follow_up.citizen_answers_within)
        return waited, DueKind.CITIZEN
    if case.stage is Stage.WITH_OFFICIAL:
        return _official_due(case, promised, calendar, since)
    if case.stage is Stage.WITH_DISPATCHER and case.consults and case.sent_at:
        forwarding = office.sop.ending_on(ForwardedToOfficial.kind)
        seconds = (forwarding and forwarding.standard_seconds) or DISPATCH_SECONDS
        return case.sent_at + timedelta(seconds=seconds), DueKind.DISPATCH
    call_back = standing.call_back
    if call_back and not case.is_with_back_office and call_back.due_at > since:
        return call_back.due_at, DueKind.CALL_BACK
    return calendar.after(since, promised.first_response), _DUE_KINDS.get(case.stage, DueKind.AGENT)


def _official_due(
    case: Case, promised: FollowUpClass, calendar: Calendar, since: datetime
) -> tuple[datetime, DueKind]:
    if case.consult_until_at and not case.consult_accepted:
        return case.consult_until_at, DueKind.CONSULT
    if case.followed_up_at is None:
        return calendar.after(since, promised.first_response), DueKind.OFFICIAL
    every = promised.after_plan if case.plan_made else promised.until_plan
    return calendar.after(since, every), DueKind.OFFICIAL
