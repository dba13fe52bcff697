"""The SOP's "Peringatan": every open case has an owner and a due time, and none passes without a notice."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import office_day
from config.follow_up import Span
from config.office import Office
from config.units import Leave
from tests.builders import OFFICE
from tests.ticketing.case_stories import CALLS, TICKET, after, done, offices, some_facts, standing
from ticketing import case_facts as facts
from ticketing.case_facts import CaseFact, Track
from ticketing.facts import CallBackReason
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.case import Stage
from ticketing.tickets.folding import fold
from ticketing.tickets.follow_up import (
    DueKind,
    Duty,
    OwnerRole,
    call_back_owed,
    duty,
    owner,
    paused_working_days,
    stand_in,
    told_of_miss,
)
from ticketing.tickets.ticket import CallBack, Standing, TicketState

CALENDAR = Calendar(OFFICE.hours)
LIVE = done(facts.SentToDispatcher, after(minutes=5))
SENT = done(facts.SentToDispatcher, after(minutes=5), track=Track.DEFERRED)
FORWARDED = done(facts.ForwardedToOfficial, after(minutes=7))


def duty_of(*known: CaseFact, office: Office = OFFICE, **more: object) -> Duty:
    found = duty(standing(known, **more), office, Calendar(office.hours))
    assert found is not None
    return found


def away(*names: str) -> Office:
    leave = tuple(Leave(name, office_day(after()), office_day(after(days=90))) for name in names)
    return replace(OFFICE, units=replace(OFFICE.units, leave=leave))


def missed(stands: Standing, owes: Duty, office: Office, now: datetime) -> facts.DueMissed:
    """The notice that the timekeeper records."""
    level = stands.case.misses + 1
    told = told_of_miss(stands, office, level, now)
    key = f"{TICKET}/missed/{owes.due_at.isoformat()}"
    found = done(facts.DueMissed, now, key=key, due_at=owes.due_at, level=level, told=told)
    assert isinstance(found, facts.DueMissed)
    return found


def watched(
    known: list[CaseFact], until: datetime, office: Office, late: timedelta, call: dict[str, object]
) -> list[facts.DueMissed]:
    """The notices that a timekeeper who is that late records up to then; each due time is noticed once."""
    notices: list[facts.DueMissed] = []
    calendar = Calendar(office.hours)
    while True:
        stands = standing([*known, *notices], **call)
        owes = duty(stands, office, calendar)
        if owes is None or owes.due_at + late > until:
            return notices
        now = owes.due_at + late
        notices.append(missed(stands, owes, office, now))
        stands = standing([*known, *notices], **call)
        again = duty(stands, office, calendar)
        assert stands.case.misses == notices[-1].level
        assert again is not None, "a case that was missed goes on"
        assert again.due_at > now, "and has a further due time"


@given(some_facts(), offices(), CALLS)
def test_whatever_was_done_an_open_case_has_an_owner_and_a_due_time(
    known: list[CaseFact], office: Office, call: dict[str, object]
):
    for count in range(len(known) + 1):
        stands = standing(known[:count], **call)
        owes = duty(stands, office, Calendar(office.hours))
        assert (owes is None) == stands.case.is_over
        if owes:
            assert owes.owner.id not in ("", "?", "None")
            assert owes.due_at > (stands.case.acted_at or stands.call_at)
            assert owes.limit_at > stands.registered_at


@given(some_facts(), offices(), CALLS, st.sampled_from([0, 1, 30, 86_400, 20 * 86_400]))
def test_no_due_time_passes_without_a_notice(
    known: list[CaseFact], office: Office, call: dict[str, object], late_seconds: int
):
    late = timedelta(seconds=late_seconds)
    told: list[CaseFact] = []
    notices: list[facts.DueMissed] = []
    for fact in known:
        found = watched(told, fact.occurred_at, office, late, call)
        owes = duty(standing([*told, *found], **call), office, Calendar(office.hours))
        assert owes is None or owes.due_at + late > fact.occurred_at
        notices += found
        told += [*found, fact]
    assert (
        len({notice.due_at for notice in notices}) == len({notice.key for notice in notices}) == len(notices)
    )
    assert all(notice.told for notice in notices)


@given(some_facts(max_size=6), offices(), CALLS)
def test_while_nobody_stirs_the_levels_go_up_one_by_one(
    known: list[CaseFact], office: Office, call: dict[str, object]
):
    calendar = Calendar(office.hours)
    for level in range(1, 6):
        stands = standing(known, **call)
        owes = duty(stands, office, calendar)
        if owes is None:
            return
        notice = missed(stands, owes, office, owes.due_at)
        assert notice.level == level
        known = [*known, notice]


@given(some_facts(), offices(), CALLS, st.integers(1, 5), st.integers(0, 100))
def test_a_notice_goes_to_somebody_who_is_there(
    known: list[CaseFact], office: Office, call: dict[str, object], level: int, days: int
):
    at = after(days=days)
    told = told_of_miss(standing(known, **call), office, level, at)

    assert told
    anybody = any(office.units.is_there(one, office_day(at)) for one in office.units.people)
    for role, name in (whom.split(":") for whom in told):
        if role == OwnerRole.OFFICIAL and anybody:
            assert office.units.is_there(name, office_day(at)), told


@given(offices(), st.sampled_from(OFFICE.units.people), st.integers(0, 100))
def test_whoever_stands_in_is_there_unless_nobody_is(office: Office, username: str, days: int):
    units, day = office.units, office_day(after(days=days))

    acting = stand_in(units, username, after(days=days))

    assert units.is_there(acting, day) or not any(units.is_there(one, day) for one in units.people)
    assert acting == username or units.is_away(username, day)


def test_the_same_due_time_noticed_by_two_watches_counts_once():
    owes = duty_of(SENT, FORWARDED)
    first = missed(standing([SENT, FORWARDED]), owes, OFFICE, owes.due_at)
    second = done(
        facts.DueMissed, owes.due_at + timedelta(seconds=1), due_at=owes.due_at, level=1, told=first.told
    )

    assert fold([SENT, FORWARDED, first, second], TICKET).misses == 1


@given(st.floats(0, 300), st.floats(0.01, 400), offices())
def test_waiting_for_the_citizen_moves_the_offices_limit_and_never_the_citizens_time(
    begun: float, lasted: float, office: Office
):
    calendar = Calendar(office.hours)
    wait = [
        done(facts.WaitForCitizenBegun, after(hours=begun)),
        done(facts.WaitForCitizenEnded, after(hours=begun + lasted)),
    ]
    closed = done(facts.CaseClosed, after(hours=1000))
    plain, paused = duty_of(office=office), duty_of(*wait, office=office)
    case = fold([*wait, closed], TICKET)

    days = paused_working_days(case, calendar)
    assert days == sum(
        calendar.is_working_day(office_day(after(hours=begun)) + timedelta(days=n))
        for n in range(1, 1 + (office_day(after(hours=begun + lasted)) - office_day(after(hours=begun))).days)
    )
    moved = calendar.after(plain.limit_at, Span(working_days=days)) if days else plain.limit_at
    assert paused.limit_at == moved
    assert case.closed_at == closed.occurred_at
    assert standing([*wait, closed]).registered_at == after()
    assert case.paused(closed.occurred_at) == wait[1].occurred_at - wait[0].occurred_at


def test_while_it_waits_for_the_citizen_the_office_asks_again_after_ten_working_days():
    waits = done(facts.WaitForCitizenBegun, after(hours=1))
    asked = done(facts.CallBackTried, after(days=20), reached=False)

    assert duty_of(waits).due_at == CALENDAR.after(after(hours=1), Span(working_days=10))
    assert duty_of(waits, asked).due_at == CALENDAR.after(after(days=20), Span(working_days=10))
    assert duty_of(waits, asked).kind is DueKind.CITIZEN


def test_an_official_who_acts_after_the_consult_window_owes_the_next_step():
    consulted = done(
        facts.ForwardedToOfficial,
        after(minutes=7),
        consult_until_at=after(minutes=10),
        official_id="pejabat.capil.1",
    )
    late = done(facts.FollowUpDone, after(minutes=30))

    assert duty_of(LIVE, consulted).kind is DueKind.CONSULT
    assert duty_of(LIVE, consulted).due_at == after(minutes=10)
    assert duty_of(LIVE, consulted, late).kind is DueKind.OFFICIAL
    assert duty_of(LIVE, consulted, late).due_at > after(hours=24)


def test_a_case_returned_while_the_citizen_holds_the_line_is_the_dispatchers_at_once():
    returned = done(facts.Returned, after(minutes=9), actor_role="official")

    owes = duty_of(LIVE, FORWARDED, returned)

    assert owes.owner.role is OwnerRole.DISPATCHERS
    assert after(minutes=9) < owes.due_at <= after(minutes=11)


def test_a_case_sent_twice_stays_with_its_official():
    again = done(facts.SentToDispatcher, after(minutes=8))

    assert duty_of(SENT, FORWARDED, again).owner.id == "pejabat.capil.1"


@pytest.mark.parametrize(
    "meanwhile",
    [
        facts.CitizenTold,
        facts.IdentityRecorded,
        facts.CitizenConfirmed,
        facts.RecapWritten,
        facts.CallBackTried,
    ],
)
def test_what_the_agent_does_meanwhile_gives_the_official_no_more_time(meanwhile: type[CaseFact]):
    before = duty_of(SENT, FORWARDED)

    assert duty_of(SENT, FORWARDED, done(meanwhile, after(hours=20))).due_at == before.due_at


@pytest.mark.parametrize("state", [TicketState.ABANDONED, TicketState.REGISTERED, TicketState.WITH_AGENT])
def test_a_citizen_who_calls_again_gives_the_official_no_more_time(state: TicketState):
    assert duty_of(SENT, FORWARDED, call_at=after(hours=20), call_state=state) == duty_of(SENT, FORWARDED)


def test_who_was_reached_once_is_owed_a_call_again_for_a_later_call():
    reached = done(facts.CallBackTried, after(hours=1))
    owed = CallBack(after(days=8, hours=3), CallBackReason.ABANDONED)

    assert call_back_owed(standing([reached], call_back=owed)) is None
    again = standing([reached], call_back=owed, call_at=after(days=8), call_state=TicketState.ABANDONED)
    assert call_back_owed(again) == owed
    assert duty(again, OFFICE, CALENDAR).due_at <= owed.due_at


def test_a_promised_call_is_not_put_off_by_an_earlier_miss():
    owed = CallBack(after(days=1, hours=3), CallBackReason.ABANDONED)
    miss = done(
        facts.DueMissed, after(days=1, hours=1), due_at=after(days=1), level=1, told=("agent:agent.1",)
    )
    searching = done(facts.FaqOpened, after(minutes=1))

    owes = duty_of(searching, miss, call_back=owed, call_at=after(days=1))

    assert (owes.due_at, owes.kind) == (owed.due_at, DueKind.CALL_BACK)
    waits = done(facts.WaitForCitizenBegun, after(minutes=2))
    assert duty_of(waits, call_back=owed, call_at=after(days=1)).kind is DueKind.CALL_BACK


def test_the_limit_is_noticed_even_while_the_owner_is_silent():
    patient = replace(OFFICE, follow_up=replace(OFFICE.follow_up, again_after=Span(working_days=60)))
    first = duty_of(SENT, FORWARDED, office=patient)
    miss = missed(standing([SENT, FORWARDED]), first, patient, first.due_at)

    assert duty_of(SENT, FORWARDED, miss, office=patient).due_at < first.limit_at


def test_a_solution_is_delivered_by_call_back_unless_the_official_calls():
    by_agent = done(facts.SolutionWritten, after(days=1), "pejabat.capil.1", actor_role="official")
    in_person = done(
        facts.SolutionWritten, after(days=1), "pejabat.capil.2", actor_role="official", deliver_by="official"
    )

    assert duty_of(SENT, FORWARDED, by_agent).owner.role is OwnerRole.CALL_CENTRE
    assert duty_of(SENT, FORWARDED, by_agent).kind is DueKind.DELIVERY
    assert duty_of(SENT, FORWARDED, in_person).owner.id == "pejabat.capil.1", "whose case it is"


def test_a_solution_to_be_told_by_an_official_nobody_named_is_the_call_centres():
    written = done(facts.SolutionWritten, after(hours=1), deliver_by="official")

    assert duty_of(SENT, written).owner.role is OwnerRole.CALL_CENTRE


def test_a_referral_is_told_and_then_confirmed():
    referred = done(facts.ReferredElsewhere, after(hours=1))
    told = done(facts.SolutionDelivered, after(hours=2))

    assert duty_of(SENT, referred).kind is DueKind.DELIVERY
    assert duty_of(SENT, referred, told).kind is DueKind.CONFIRMATION
    assert (
        fold([SENT, referred, told, done(facts.CitizenConfirmed, after(hours=3))], TICKET).stage
        is Stage.SETTLED
    )


def test_who_was_called_to_confirm_has_ten_working_days_to_answer():
    told = done(facts.SolutionDelivered, after(hours=2))
    called = done(facts.CallBackTried, after(hours=3), reached=False)

    assert duty_of(told).due_at == CALENDAR.after(after(hours=2), Span(working_days=1))
    assert duty_of(told, called).due_at == CALENDAR.after(after(hours=3), Span(working_days=10))
    assert duty_of(told, called).kind is DueKind.CONFIRMATION


def test_a_better_solution_is_told_again():
    told = done(facts.SolutionDelivered, after(hours=2))
    better = done(facts.SolutionWritten, after(hours=3))

    assert duty_of(told, better).kind is DueKind.DELIVERY


def test_who_takes_a_case_over_owns_it_until_they_send_it_on():
    taken = done(facts.TakenOver, after(hours=1))
    sent = done(facts.SentToDispatcher, after(hours=2), track=Track.DEFERRED, actor_role="supervisor")
    forwarded = done(facts.ForwardedToOfficial, after(hours=3), official_id="pejabat.capil.2")

    assert duty_of(SENT, FORWARDED, taken).owner.role is OwnerRole.SUPERVISORS
    assert duty_of(SENT, FORWARDED, taken).owner.id == "supervisor.1"
    assert duty_of(SENT, FORWARDED, taken, sent).owner.role is OwnerRole.DISPATCHERS
    assert duty_of(SENT, FORWARDED, taken, sent, forwarded).owner.id == "pejabat.capil.2"


def test_a_ticket_opened_by_hand_is_owed_by_whoever_opened_it():
    opened = done(facts.CaseOpened, after())
    by_the_hotline = done(facts.CaseOpened, after(), "system", actor_role="system")

    assert duty_of(opened).owner.id == "agent.1"
    assert duty_of(opened).due_at == CALENDAR.after(after(), Span(working_days=1))
    assert duty_of(by_the_hotline).owner.id == "dukcapil", "the call centre's, in its queue"


def test_a_restricted_matter_is_told_to_nobody_outside_its_unit():
    restricted = done(facts.ComplaintRecorded, after(minutes=1), category="91")
    forwarded = done(facts.ForwardedToOfficial, after(minutes=7), unit="pengawasan", official_id="pengawas.1")
    stands = standing([restricted, SENT, forwarded])

    everybody = {who for level in (1, 2, 3) for who in told_of_miss(stands, OFFICE, level, after(days=1))}
    nobody = {
        who for level in (1, 2, 3)
        for who in told_of_miss(stands, away("pengawas.1", "kadis"), level, after(days=1))
    }  # fmt: skip

    assert everybody == {"official:pengawas.1", "supervisors:supervisors", "official:kadis"}
    assert nobody == {"supervisors:supervisors"}
    assert owner(standing([restricted, SENT]), OFFICE).role is OwnerRole.SUPERVISORS


def test_who_left_the_office_is_not_told_and_their_unit_is():
    forwarded = done(facts.ForwardedToOfficial, after(minutes=7), official_id="pensiunan")

    told = told_of_miss(standing([SENT, forwarded]), OFFICE, 1, after(days=1))

    assert told == ("official:kabid.capil", "dispatchers:dispatchers")


def test_the_department_head_on_leave_is_stood_in_for():
    told = told_of_miss(standing([SENT, FORWARDED]), away("kadis"), 3, after(days=1))

    assert told == ("supervisors:supervisors", "official:kabid.dafduk")
