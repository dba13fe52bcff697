"""Persons in the ledger: found by their number's blind index, kept sealed, erased by destroying a key."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Connection, delete, insert, select, update

from ticketing import tables
from ticketing.facts import CallArrived, Fact, Report
from ticketing.people import phone_number
from ticketing.people.privacy import Unreadable, Vault

PHONE = "phone"


def with_persons(connection: Connection, vault: Vault, reports: Sequence[Report]) -> list[Fact]:
    """The reports' facts, each caller's number replaced by a reference to the person behind it."""
    numbers = {id(report): phone_number.normalise(report.caller_number) for report in reports}
    wanted = {number: report for report in reports if (number := numbers[id(report)])}
    persons = _find(connection, vault, list(wanted))
    newcomers = [number for number in wanted if number not in persons]
    for number in newcomers:
        persons[number] = _add(connection, vault, number, wanted[number].fact.occurred_at)
    return [_with_person(report.fact, persons.get(numbers[id(report)] or "")) for report in reports]


def _with_person(fact: Fact, person_id: str | None) -> Fact:
    if isinstance(fact, CallArrived) and person_id:
        return replace(fact, person_id=person_id)
    return fact


def _find(connection: Connection, vault: Vault, numbers: list[str]) -> dict[str, str]:
    if not numbers:
        return {}
    blinds = {vault.blind(PHONE, number): number for number in numbers}
    index = tables.blind_index
    rows = connection.execute(select(index.c.blind, index.c.person_id).where(index.c.blind.in_(blinds)))
    return {blinds[row.blind]: row.person_id for row in rows}


def _add(connection: Connection, vault: Vault, number: str, seen_at: datetime) -> str:
    person_id = uuid.uuid4().hex
    wrapped = vault.new_person_key(person_id)
    connection.execute(insert(tables.persons).values(person_id=person_id, first_seen_at=seen_at))
    connection.execute(insert(tables.person_keys).values(person_id=person_id, wrapped_key=wrapped))
    connection.execute(
        insert(tables.blind_index).values(blind=vault.blind(PHONE, number), field=PHONE, person_id=person_id)
    )
    connection.execute(
        insert(tables.sealed).values(
            person_id=person_id, field=PHONE, value=vault.seal(wrapped, person_id, PHONE, number)
        )
    )
    return person_id


def find(connection: Connection, vault: Vault, raw_number: str) -> str | None:
    """The person who calls from that number, if the ledger knows one."""
    number = phone_number.normalise(raw_number)
    return _find(connection, vault, [number]).get(number) if number else None


def masked_phone(connection: Connection, vault: Vault, person_id: str) -> str | None:
    """The person's number as an agent may see it; None once the person was erased."""
    statement = (
        select(tables.sealed.c.value, tables.person_keys.c.wrapped_key)
        .join(tables.person_keys, tables.person_keys.c.person_id == tables.sealed.c.person_id)
        .where(tables.sealed.c.person_id == person_id, tables.sealed.c.field == PHONE)
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    try:
        return phone_number.mask(vault.open(row.wrapped_key, person_id, PHONE, row.value))
    except Unreadable:
        return None


def erase(connection: Connection, person_id: str, at: datetime) -> None:
    """Destroy what identifies the person: key, index and seals (UU 27/2022 art. 8)."""
    for table in (tables.sealed, tables.blind_index, tables.person_keys):
        connection.execute(delete(table).where(table.c.person_id == person_id))
    connection.execute(
        update(tables.persons).where(tables.persons.c.person_id == person_id).values(erased_at=at)
    )
