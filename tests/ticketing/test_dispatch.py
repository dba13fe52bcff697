"""SOP step 10: the right official is suggested, nobody on leave is, and the list is sorted by time left."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import office_day
from config.errors import Refused
from config.office import Office
from config.units import Leave
from tests.builders import MONDAY_MORNING, OFFICE
from tests.ticketing.case_stories import after, offices
from ticketing.tickets.dispatch import (
    NobodyIsThere,
    NotOfThisUnit,
    NotTheirMatter,
    NoUnitForMatter,
    Recipient,
    UnknownOfficial,
    UnknownUnit,
    by_time_left,
    check_recipient,
    suggest,
    time_left_order,
)
from ticketing.tickets.number import TicketNumber

THURSDAY = after(days=3)
CATEGORIES = st.sampled_from(list(OFFICE.categories))
DISTRICTS = st.sampled_from([None, *OFFICE.districts])


def with_leave(*names: str) -> Office:
    leave = tuple(Leave(name, office_day(after()), office_day(after())) for name in names)
    return replace(OFFICE, units=replace(OFFICE.units, leave=leave))


@pytest.mark.parametrize(
    ("category", "district", "at", "unit", "official"),
    [
        ("11", "07", after(), "dafduk", "pejabat.dafduk.1"),
        ("24", "19", after(), "dafduk", "pejabat.dafduk.2"),
        ("70", None, after(), "dafduk", "pejabat.dafduk.1"),
        ("31", "07", after(), "capil", "pejabat.capil.1"),
        ("30", "07", THURSDAY, "capil", "pejabat.capil.2"),
        ("83", "07", after(), "piak", "pejabat.piak.1"),
        ("91", "07", after(), "pengawasan", "pengawas.1"),
    ],
)
def test_the_official_is_suggested_by_category_district_and_duty(
    category: str, district: str | None, at: datetime, unit: str, official: str
):
    advice = suggest(OFFICE, category, district, at)

    assert (advice.unit, advice.official, advice.acting_for) == (unit, official, None)
    assert category in advice.why.id
    assert advice.why.id != advice.why.en


def test_the_duty_of_a_day_is_that_of_the_offices_day():
    wednesday_late = datetime(2026, 11, 25, 17, 30, tzinfo=UTC)  # Thursday, 00.30 in Surabaya

    assert suggest(OFFICE, "31", None, wednesday_late).official == "pejabat.capil.2"


def test_the_deputy_is_suggested_for_who_is_on_leave_and_the_advice_says_so():
    advice = suggest(with_leave("pejabat.capil.1"), "31", "07", after())

    assert (advice.official, advice.acting_for) == ("pejabat.capil.2", "pejabat.capil.1")
    assert "pejabat.capil.1 sedang cuti" in advice.why.id


def test_the_head_is_suggested_when_deputies_stand_in_for_each_other_and_both_are_away():
    advice = suggest(with_leave("pejabat.capil.1", "pejabat.capil.2"), "31", "07", after())

    assert (advice.official, advice.acting_for) == ("kabid.capil", "pejabat.capil.1")


def test_when_nobody_is_there_the_dispatcher_is_told_to_ask_a_supervisor():
    everybody = with_leave(*OFFICE.units.people)

    with pytest.raises(NobodyIsThere) as refused:
        suggest(everybody, "31", "07", after())

    assert "supervisor" in refused.value.text.id


@pytest.mark.parametrize("category", [None, "", "12345"])
def test_a_case_without_a_category_has_no_unit_yet(category: str | None):
    with pytest.raises(NoUnitForMatter):
        suggest(OFFICE, category, "07", after())


@given(offices(), CATEGORIES, DISTRICTS, st.integers(0, 120))
def test_whoever_is_suggested_is_there_and_can_be_forwarded_to(
    office: Office, category: str, district: str | None, days: int
):
    at = after(days=days)
    try:
        advice = suggest(office, category, district, at)
    except NobodyIsThere:
        unit = office.units.unit_for(category, office.categories)
        assert unit is not None
        assert not office.units.is_there(unit.head, office_day(at))
        assert not office.units.is_there(office.units.department_head, office_day(at))
        return

    assert office.units.is_there(advice.official, office_day(at))
    assert check_recipient(office, advice.unit, advice.official, at, category) == Recipient(advice.official)
    if office.is_restricted(category):
        assert (advice.unit, advice.official) in {("pengawasan", "pengawas.1"), ("pengawasan", "kadis")}


@given(
    offices(),
    st.sampled_from(list(OFFICE.units.units)),
    st.sampled_from(OFFICE.units.people),
    st.integers(0, 120),
)
def test_nobody_away_receives_a_case(office: Office, unit: str, official: str, days: int):
    at = after(days=days)
    try:
        recipient = check_recipient(office, unit, official, at)
    except Refused:
        return

    assert office.units.is_there(recipient.official, office_day(at))
    assert (recipient.acting_for is None) == (recipient.official == official)


def test_a_case_for_somebody_on_leave_goes_to_their_deputy():
    found = check_recipient(with_leave("pejabat.capil.1"), "capil", "pejabat.capil.1", after())

    assert found == Recipient("pejabat.capil.2", acting_for="pejabat.capil.1")


@pytest.mark.parametrize(
    ("unit", "official", "category", "refusal"),
    [
        ("gizi", "pejabat.capil.1", None, UnknownUnit),
        ("capil", "siapa", None, UnknownOfficial),
        ("capil", "pejabat.dafduk.1", None, NotOfThisUnit),
        ("dafduk", "kabid.capil", None, NotOfThisUnit),
        ("capil", "pejabat.capil.1", "91", NotTheirMatter),
        ("pengawasan", "pejabat.piak.1", "91", NotOfThisUnit),
    ],
)
def test_whoever_cannot_receive_a_case_is_refused_in_words(
    unit: str, official: str, category: str | None, refusal: type[Refused]
):
    with pytest.raises(refusal) as refused:
        check_recipient(OFFICE, unit, official, after(), category)

    assert refused.value.text.id != refused.value.text.en


@pytest.mark.parametrize("official", ["kabid.capil", "kadis"])
def test_heads_receive_cases_of_theirs(official: str):
    assert check_recipient(OFFICE, "capil", official, after()) == Recipient(official)


def test_who_stands_in_from_another_unit_may_receive_the_case_that_day_only():
    units = OFFICE.units
    lent = replace(units.officials["pejabat.capil.1"], deputy="pejabat.piak.1")
    leave = (Leave("pejabat.capil.1", date(2026, 11, 23), date(2026, 11, 23)),)
    office = replace(
        OFFICE, units=replace(units, officials={**units.officials, "pejabat.capil.1": lent}, leave=leave)
    )

    assert check_recipient(office, "capil", "pejabat.piak.1", after()) == Recipient("pejabat.piak.1")
    with pytest.raises(NotOfThisUnit):
        check_recipient(office, "capil", "pejabat.piak.1", after(days=1))


@dataclass(frozen=True)
class Row:
    """A row of the list."""

    ticket_id: str
    next_due_at: datetime | None
    urgency: str | None


ROWS = st.builds(
    Row,
    st.builds(
        lambda day, serial: TicketNumber(day, serial).digits,
        st.dates(date(2026, 11, 20), date(2026, 11, 24)), st.integers(1, 20_000),
    ),
    st.one_of(st.none(), st.integers(-5, 5).map(lambda n: MONDAY_MORNING + timedelta(minutes=n))),
    st.sampled_from(["normal", "high", None]),
)  # fmt: skip


@given(st.lists(ROWS, unique_by=lambda row: row.ticket_id), st.randoms(use_true_random=False))
def test_the_list_has_one_order_with_the_most_overdue_first(rows: list[Row], shuffle: random.Random):
    ordered = time_left_order(rows)
    again = list(rows)
    shuffle.shuffle(again)

    assert time_left_order(again) == ordered
    assert len({by_time_left(row) for row in rows}) == len(rows)
    dues = [row.next_due_at for row in ordered if row.next_due_at]
    assert dues == sorted(dues)
    assert [row.next_due_at is None for row in ordered] == sorted(row.next_due_at is None for row in ordered)


def test_of_what_is_due_at_once_the_urgent_goes_first_then_the_older():
    older, younger = TicketNumber(date(2026, 11, 23), 9_999), TicketNumber(date(2026, 11, 23), 10_000)
    rows = [
        Row(younger.digits, MONDAY_MORNING, "normal"),
        Row(older.digits, MONDAY_MORNING, "normal"),
        Row(TicketNumber(date(2026, 11, 24), 1).digits, MONDAY_MORNING, "high"),
    ]

    assert [row.ticket_id for row in time_left_order(rows)] == [
        rows[2].ticket_id,
        older.digits,
        younger.digits,
    ]
