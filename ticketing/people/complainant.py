"""Persons in the ledger: found by their number's blind index, kept sealed, erased by destroying a key."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from ticketing import tables
from ticketing.facts import CallArrived, Fact, Report
from ticketing.people import phone_number
from ticketing.people.privacy import Unreadable, Vault
from ticketing.statements import Statement

PHONE = "phone"


def with_persons(connection: Connection, vault: Vault, reports: Sequence[Report]) -> list[Fact]:
    """The reports' facts, each caller's number replaced by a reference to the person behind it."""
    numbers = {id(report): phone_number.normalise(report.caller_number) for report in reports}
    wanted = {number: report for report in reports if (number := numbers[id(report)])}
    persons = _find(connection, vault, list(wanted))
    newcomers = {n: report.fact.occurred_at for n, report in wanted.items() if n not in persons}
    persons |= _add(connection, vault, newcomers)
    return [_with_person(report.fact, numbers[id(report)], persons) for report in reports]


def _with_person(fact: Fact, number: str | None, persons: Mapping[str, str]) -> Fact:
    if isinstance(fact, CallArrived) and number:
        return replace(fact, person_id=persons[number], by_mobile=phone_number.is_mobile(number))
    return fact


def _find(connection: Connection, vault: Vault, numbers: list[str]) -> dict[str, str]:
    blinds = [{"of_blind": vault.blind(PHONE, number)} for number in numbers]
    found = _PERSON.each(connection, blinds)
    return {number: row[0] for number, row in zip(numbers, found, strict=True) if row}


def _add(connection: Connection, vault: Vault, seen_at: Mapping[str, datetime]) -> dict[str, str]:
    """New persons, by the number each is known by: every row of each table at once."""
    persons = {number: uuid.uuid4().hex for number in seen_at}
    keys = {number: vault.new_person_key(person_id) for number, person_id in persons.items()}
    of = [{"person_id": person_id, "field": PHONE, "number": number} for number, person_id in persons.items()]
    _PERSONS.many(connection, [one | {"first_seen_at": seen_at[one["number"]]} for one in of])
    _KEYS.many(connection, [one | {"wrapped_key": keys[one["number"]]} for one in of])
    _BLINDS.many(connection, [one | {"blind": vault.blind(PHONE, one["number"])} for one in of])
    seals = (vault.seal(keys[one["number"]], one["person_id"], PHONE, one["number"]) for one in of)
    _SEALS.many(connection, [one | {"value": seal} for one, seal in zip(of, seals, strict=True)])
    return persons


def known_as(connection: Connection, vault: Vault, number: str, seen_at: datetime) -> str:
    """The person of that number (E.164), who gets a file now if there was none."""
    found = _find(connection, vault, [number]) or _add(connection, vault, {number: seen_at})
    return found[number]


def add_nameless(connection: Connection, vault: Vault, seen_at: datetime) -> str:
    """A file for somebody whose number is not known; returns its reference."""
    person_id = uuid.uuid4().hex
    connection.execute(insert(tables.persons).values(person_id=person_id, first_seen_at=seen_at))
    key = vault.new_person_key(person_id)
    connection.execute(insert(tables.person_keys).values(person_id=person_id, wrapped_key=key))
    return person_id


_PERSON = Statement(
    lambda _: select(tables.blind_index.c.person_id).where(
        tables.blind_index.c.blind == bindparam("of_blind")
    )
)
_PERSONS = Statement(lambda _: insert(tables.persons), ("person_id", "first_seen_at"))
_KEYS = Statement(lambda _: insert(tables.person_keys), ("person_id", "wrapped_key"))
_BLINDS = Statement(lambda _: insert(tables.blind_index), ("blind", "field", "person_id"))
_SEALS = Statement(lambda _: insert(tables.sealed), ("person_id", "field", "value"))


def find(connection: Connection, vault: Vault, raw_number: str) -> str | None:
    """The person who calls from that number, if the ledger knows one."""
    number = phone_number.normalise(raw_number)
    return _find(connection, vault, [number]).get(number) if number else None


def masked_phone(connection: Connection, vault: Vault, person_id: str) -> str | None:
    """The person's number as an agent may see it; None once the person was erased."""
    number = phone(connection, vault, person_id)
    return phone_number.mask(number) if number else None


def phone(connection: Connection, vault: Vault, person_id: str | None) -> str | None:
    """The number the person called from, in full; None where it is not known or was erased."""
    statement = (
        select(tables.sealed.c.value, tables.person_keys.c.wrapped_key)
        .join(tables.person_keys, tables.person_keys.c.person_id == tables.sealed.c.person_id)
        .where(tables.sealed.c.person_id == person_id, tables.sealed.c.field == PHONE)
    )
    row = connection.execute(statement).one_or_none()
    if row is None or person_id is None:
        return None
    try:
        return vault.open(row.wrapped_key, person_id, PHONE, row.value)
    except Unreadable:
        return None


def erase(connection: Connection, person_id: str, at: datetime) -> None:
    """Destroy what identifies the person: key, index and seals (UU 27/2022 art. 8)."""
    for table in (
        tables.texts, tables.drafts, tables.case_index,
        tables.sealed, tables.blind_index, tables.person_keys,
    ):  # fmt: skip
        connection.execute(delete(table).where(table.c.person_id == person_id))
    connection.execute(
        update(tables.persons).where(tables.persons.c.person_id == person_id).values(erased_at=at)
    )
