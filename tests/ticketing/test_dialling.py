"""Which numbers may be called back: what costs the office, or is no citizen's, is refused."""

import pytest

from tests.builders import OFFICE
from ticketing.people.dialling import NumberNotAllowed, check_number
from ticketing.people.phone_number import normalise

ALLOWED = OFFICE.call_backs.allowed
REFUSED = {
    "premium": "0809 1 001 001",
    "free of charge": "0800 1 500 464",
    "split charge": "0804 1 500 464",
    "abroad": "00 1 212 555 0123",
    "abroad with a plus": "+882 16 555 0123",
    "police": "110",
    "ambulance": "119",
    "emergency": "112",
    "a service of the operator": "1500 464",
    "another city": "021 5550 1234",
    "a satellite telephone": "0868 1234 5678",
    "too long": "0812 3456 7890 1234",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_number_the_office_may_not_call_is_refused_however_it_is_written(kind: str):
    with pytest.raises(NumberNotAllowed):
        check_number(normalise(REFUSED[kind]), ALLOWED)


@pytest.mark.parametrize(
    "written", ["031 592 0000", "031 9925 4200", "0812 3456 7890", "+62 857 1234 567", "62 895 1234 56789"]
)
def test_a_citizens_number_may_be_called(written: str):
    number = normalise(written)

    assert check_number(number, ALLOWED) == number


@pytest.mark.parametrize(
    "smuggled",
    ["+6281200000042\n", "+6281200000042&PJSIP/1", "+62812000000\u0664\u0662", "081200000042",
     " +6281200000042", "+6281200000042@trunk", "+6281200000042,60", ""],
)  # fmt: skip
def test_what_is_more_than_a_number_is_no_number(smuggled: str):
    with pytest.raises(NumberNotAllowed):
        check_number(smuggled, ALLOWED)


def test_a_refusal_does_not_repeat_the_number():
    with pytest.raises(NumberNotAllowed) as refused:
        check_number("+628091001001", ALLOWED)

    assert "8091" not in str(refused.value) + refused.value.text.id
