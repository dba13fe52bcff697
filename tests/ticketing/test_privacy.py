"""Personal data: sealed per person, found blindly, shown masked."""

import os

import pytest

from ticketing.people import phone_number
from ticketing.people.privacy import Unreadable, Vault

NUMBER = "+6281234567878"


def a_vault() -> Vault:
    return Vault(os.urandom(32), os.urandom(32))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("0812-3456-7878", NUMBER),
        ("6281234567878", NUMBER),
        ("+62 (0)812 3456 7878", NUMBER),
        ("+62 812 3456 7878", NUMBER),
        ("031 9925 4200", "+623199254200"),
        ("00162 812 3456 7878", NUMBER),
        ("anonymous", None),
        ("Restricted", None),
        ("unknown", None),
        ("", None),
        (None, None),
        ("+", None),
        ("0", None),
        ("'; DROP TABLE calls;--", None),
        ("<b>0812</b>", None),
        ("anon081234567878", None),
        ("081234567878' OR 1=1", None),
        ("081234567878\r\nUniqueid: 1", None),
        ("٠٨١٢٣٤٥٦٧٨٧٨", None),
        ("9" * 41, None),
    ],
)
def test_every_way_a_network_writes_a_number_is_understood(typed: str | None, meant: str | None):
    assert phone_number.normalise(typed) == meant


def test_a_masked_number_shows_only_its_first_and_last_two_digits():
    assert phone_number.mask(NUMBER) == "+62 8** ****** 78"


def test_what_is_sealed_opens_for_the_same_person_and_field_only():
    vault = a_vault()
    key = vault.new_person_key("a")
    sealed = vault.seal(key, "a", "phone", NUMBER)

    assert vault.open(key, "a", "phone", sealed) == NUMBER
    assert NUMBER.encode() not in sealed
    for person, field in (("b", "phone"), ("a", "name")):
        with pytest.raises(Unreadable):
            vault.open(key, person, field, sealed)


def test_the_blind_index_meets_equal_numbers_and_needs_the_key():
    vault, other = a_vault(), a_vault()

    assert vault.blind("phone", NUMBER) == vault.blind("phone", NUMBER)
    assert vault.blind("phone", NUMBER) != other.blind("phone", NUMBER)
