"""What citizens and staff wrote about a case: sealed under the citizen's key, named in facts by `text_id`."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select

from ticketing import tables
from ticketing.people.privacy import Unreadable, Vault
from ticketing.statements import Statement, insert_for

NAME, NIK, PHONE = "name", "nik", "phone"
STORY, OUTLINE, SOLUTION, REASON, FOLLOW_UP = "story", "outline", "solution", "reason", "follow_up"
ELSEWHERE = "elsewhere"
"""Where a case belongs that is not this office's."""
RECAP_PROBLEM, RECAP_SOLUTION = "recap_problem", "recap_solution"
OFFERED_NIK = "offered_nik"
"""A number that looks like a NIK, found in a free text and taken out of it."""
IDENTITY = (NAME, NIK, PHONE)
INDEXED = (NIK, PHONE)
"""Fields by which two tickets are found to be one citizen's."""


def write(
    connection: Connection,
    vault: Vault,
    *,
    ticket_id: str,
    person_id: str,
    field: str,
    value: str,
    at: datetime,
    by: str,
) -> str:
    """Seal a text and return its id; every version is kept."""
    text_id = uuid.uuid4().hex
    sealed = vault.seal(_key(connection, person_id), person_id, f"{ticket_id}/{field}", value)
    row = {
        "text_id": text_id, "ticket_id": ticket_id, "person_id": person_id, "field": field,
        "value": sealed, "written_at": at, "written_by": by,
    }  # fmt: skip
    _TEXTS.many(connection, [row])
    if field in INDEXED:
        index_row = {"blind": vault.blind(field, value), "ticket_id": ticket_id, "field": field}
        statement = insert_for(connection.dialect.name, tables.case_index)
        connection.execute(statement.values(**index_row, person_id=person_id).on_conflict_do_nothing())
    return text_id


def read(connection: Connection, vault: Vault, text_id: str | None) -> str | None:
    """The text; None where there is none, or its citizen was erased."""
    if text_id is None:
        return None
    column = tables.texts.c
    row = connection.execute(_with_key().where(column.text_id == text_id)).one_or_none()
    return _open(vault, row) if row else None


def latest(connection: Connection, vault: Vault, ticket_id: str, fields: Iterable[str]) -> dict[str, str]:
    """The newest text of each of these fields of the ticket."""
    column = tables.texts.c
    statement = _with_key().where(column.ticket_id == ticket_id, column.field.in_(list(fields)))
    found = {}
    for row in connection.execute(statement.order_by(column.written_at, column.text_id)):
        value = _open(vault, row)
        if value is not None:
            found[row.field] = value
    return found


def save_draft(
    connection: Connection, vault: Vault, *, ticket_id: str, person_id: str, value: str, at: datetime, by: str
) -> None:
    """Keep what is being typed, in place of what was kept before."""
    sealed = vault.seal(_key(connection, person_id), person_id, f"{ticket_id}/draft", value)
    row = {"ticket_id": ticket_id, "person_id": person_id, "value": sealed, "saved_at": at, "saved_by": by}
    statement = insert_for(connection.dialect.name, tables.drafts).values(row)
    newer = {name: row[name] for name in ("person_id", "value", "saved_at", "saved_by")}
    connection.execute(statement.on_conflict_do_update(index_elements=["ticket_id"], set_=newer))


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed last, by whom, and when it was saved."""

    value: str
    saved_at: datetime
    saved_by: str


def draft(connection: Connection, vault: Vault, ticket_id: str) -> Draft | None:
    """What was typed last; None where nothing was, or its citizen was erased."""
    drafts, keys = tables.drafts, tables.person_keys
    statement = (
        select(drafts, keys.c.wrapped_key)
        .join(keys, keys.c.person_id == drafts.c.person_id)
        .where(drafts.c.ticket_id == ticket_id)
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    try:
        opened = vault.open(row.wrapped_key, row.person_id, f"{ticket_id}/draft", row.value)
    except Unreadable:
        return None
    return Draft(opened, row.saved_at, row.saved_by)


def tickets_with(connection: Connection, vault: Vault, field: str, value: str) -> list[str]:
    """The tickets on which that NIK or phone number was filled in."""
    column = tables.case_index.c
    found = select(column.ticket_id).where(column.blind == vault.blind(field, value))
    return list(connection.scalars(found.order_by(column.ticket_id)))


def _key(connection: Connection, person_id: str) -> bytes:
    """The person's wrapped key; raises Unreadable once they were erased."""
    (found,) = _KEYS.each(connection, [{"of_person": person_id}])
    if found is None:
        raise Unreadable
    return bytes(found[0])


_TEXTS = Statement(lambda _: insert(tables.texts), tables.texts.c.keys())
_KEYS = Statement(
    lambda _: select(tables.person_keys.c.wrapped_key).where(
        tables.person_keys.c.person_id == bindparam("of_person")
    )
)


def _with_key() -> Select[tuple[Any, ...]]:
    texts, keys = tables.texts, tables.person_keys
    return select(texts, keys.c.wrapped_key).join(keys, keys.c.person_id == texts.c.person_id)


def _open(vault: Vault, row: Row[*tuple[Any, ...]]) -> str | None:
    try:
        return vault.open(row.wrapped_key, row.person_id, f"{row.ticket_id}/{row.field}", row.value)
    except Unreadable:
        return None
