"""Duplicates: the same number or NIK with an open ticket is offered as the same case."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from ticketing import case_facts, tables
from ticketing.desk.act import Act
from ticketing.desk.once import Answer
from ticketing.desk.sight import NoSuchCase, sees
from ticketing.facts import Provenance
from ticketing.people import texts
from ticketing.people.privacy import Vault
from ticketing.tickets.case import Stage
from ticketing.tickets.duplicates import check_merge
from ticketing.tickets.ticket import OVER_STATES

OFFERED_MOST = 20


def duplicates_of(connection: Connection, vault: Vault, ticket_id: str) -> list[str]:
    """Open tickets that may be the same case: of the same line, NIK or phone number; newest first."""
    person = select(tables.tickets.c.person_id).where(tables.tickets.c.ticket_id == ticket_id)
    person_id = connection.scalar(person)
    found: set[str] = set()
    if person_id is not None:
        own = select(tables.tickets.c.ticket_id).where(tables.tickets.c.person_id == person_id)
        found.update(connection.scalars(own))
    filled = texts.latest(connection, vault, ticket_id, texts.INDEXED)
    for field, value in filled.items():
        found.update(texts.tickets_with(connection, vault, field, value))
    return _open(connection, found - {ticket_id})


def merge(act: Act, into: str, reason: str) -> Answer:
    """Say that this is the same case as `into`, which goes on for both; nothing of either is lost."""
    other = act.writing.case(into)
    if other is None or not sees(act.actor, other.ticket, act.office, act.at):
        raise NoSuchCase
    check_merge(act.case, other.standing.case)
    reason_id = act.seal(texts.REASON, reason)
    act.does(case_facts.Merged, Provenance.DECLARED, into_ticket_id=into, reason_id=reason_id)
    act.audits("case.merge", reason_id, f"{act.ticket_id}>{into}")
    return {"into_ticket_id": into}


def unmerge(act: Act, reason: str) -> Answer:
    """A case of its own after all; it goes on where it stood."""
    act.refuse_unless(
        act.case.stage is Stage.MERGED,
        "Tiket ini tidak digabung dengan tiket lain.",
        "This ticket is not merged with another.",
    )
    reason_id = act.seal(texts.REASON, reason)
    act.does(case_facts.Unmerged, Provenance.DECLARED, reason_id=reason_id)
    act.audits("case.unmerge", reason_id, f"{act.ticket_id}<{act.case.merged_into}")
    return {}


def _open(connection: Connection, ticket_ids: Iterable[str]) -> list[str]:
    column = tables.tickets.c
    found = select(column.ticket_id).where(
        column.ticket_id.in_(sorted(ticket_ids)), column.state.not_in(OVER_STATES)
    )
    return list(connection.scalars(found.order_by(column.registered_at.desc()).limit(OFFERED_MOST)))
