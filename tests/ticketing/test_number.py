"""The ticket number: its form, its check digit, and what callers key in."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing.tickets.number import NotATicketNumber, TicketNumber, from_digits, from_keys

DAY = date(2026, 11, 23)
NUMBERS = st.builds(TicketNumber, st.dates(date(2022, 5, 10), date(2060, 1, 1)), st.integers(1, 120_000))


def test_the_number_of_the_sop_day_is_written_with_date_serial_and_check_digit():
    number = TicketNumber(DAY, 42)

    assert number.written == "261123-0042-4"
    assert number.short == "0042-4"
    assert number.digits == "26112300424"


@given(NUMBERS)
def test_any_number_is_read_back_as_it_was_issued(number: TicketNumber):
    assert from_digits(number.digits) == number
    assert from_digits(number.written) == number


@given(NUMBERS, st.data())
def test_a_single_wrong_digit_is_always_caught(number: TicketNumber, data: st.DataObject):
    digits = number.digits
    place = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[place]]))

    with pytest.raises(NotATicketNumber):
        from_digits(digits[:place] + other + digits[place + 1 :])


@given(NUMBERS, st.data())
def test_two_neighbouring_digits_swapped_are_always_caught(number: TicketNumber, data: st.DataObject):
    digits = number.digits
    places = [i for i in range(len(digits) - 1) if digits[i] != digits[i + 1]]
    place = data.draw(st.sampled_from(places))

    with pytest.raises(NotATicketNumber):
        from_digits(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :])


def test_five_keys_are_a_number_of_today():
    assert from_keys("00424", DAY) == TicketNumber(DAY, 42)


def test_five_keys_of_yesterdays_number_are_not_taken_for_todays():
    yesterdays = TicketNumber(date(2026, 11, 22), 42)
    keys = yesterdays.keys

    with pytest.raises(NotATicketNumber):
        from_keys(keys, DAY)


def test_eleven_keys_are_a_number_of_any_day():
    assert from_keys("26112300424", date(2027, 1, 4)) == TicketNumber(DAY, 42)


def test_the_serial_grows_beyond_four_digits_rather_than_wrap():
    number = TicketNumber(DAY, 10_002)

    assert number.serial_digits == "10002"
    assert from_keys(number.keys, DAY) == number


@pytest.mark.parametrize("keys", ["", "0", "4*2#1", "００４２４", "99999999999", "00000", "1" * 50])
def test_what_is_no_number_is_refused(keys: str):
    with pytest.raises(NotATicketNumber):
        from_keys(keys, DAY)
