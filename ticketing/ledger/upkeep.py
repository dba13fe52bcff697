"""Keeping the ledger: proving that it follows from its journal, copying it, forgetting a person."""

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, or_, select

from config.errors import Conflict, NotFound
from config.office import Office, Sop
from ticketing import tables
from ticketing.case_facts import CaseFact
from ticketing.facts import CallFact, PersonErased, Provenance, Report
from ticketing.ledger import codec, folded
from ticketing.ledger.cases import FoldedCase, load_case, message_rows, state_row
from ticketing.ledger.folded import FoldedCall
from ticketing.ledger.journal import Journal
from ticketing.people import complainant
from ticketing.people.privacy import Vault
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.ticket import OVER_STATES


def differences(engine: Engine, office: Office) -> list[str]:
    """Fold every call from the journal anew; names each row that differs from the ledger's."""
    with engine.execution_options(reading=True).connect() as connection:
        known: dict[str, list[CallFact]] = {}
        for row in connection.execute(select(tables.journal).where(tables.journal.c.call_id.is_not(None))):
            fact = codec.from_row(row)
            assert isinstance(fact, CallFact)
            known.setdefault(fact.call_id, []).append(fact)
        sops = _sops(connection)
        found: list[str] = []
        calls: dict[str, FoldedCall] = {}
        for call_id, facts in known.items():
            version = next((v for f in facts if (v := getattr(f, "sop_version", None))), None)
            calls[call_id] = folded.fold_call(facts, call_id, sops.get(version or "", office.sop))
            found += _call_differences(connection, calls[call_id], office)
        found += _ticket_differences(connection, calls, sops, office)
        stored = set(connection.scalars(select(tables.calls.c.call_id)))
        return found + [f"calls {call_id}: not in the journal" for call_id in stored - known.keys()]


def _sops(connection: Connection) -> dict[str, Sop]:
    return {row.version: Sop.from_json(row.body) for row in connection.execute(select(tables.sop_versions))}


def _call_differences(connection: Connection, refolded: folded.FoldedCall, office: Office) -> list[str]:
    call_id = refolded.call.call_id
    found = []
    row = connection.execute(select(tables.calls).where(tables.calls.c.call_id == call_id)).one_or_none()
    if row is None or dict(row._mapping) != folded.call_row(refolded.call, office):
        found.append(f"calls {call_id}")
    steps = connection.execute(
        select(tables.sop_steps)
        .where(tables.sop_steps.c.call_id == call_id)
        .order_by(tables.sop_steps.c.step)
    )
    if [dict(step._mapping) for step in steps] != folded.step_rows(refolded):
        found.append(f"sop_steps {call_id}")
    return found


def _ticket_differences(
    connection: Connection, refolded: dict[str, FoldedCall], sops: dict[str, Sop], office: Office
) -> list[str]:
    """Every ticket folded anew from its calls and from what people did."""
    calendar = Calendar(office.hours)
    case_facts: dict[str, list[CaseFact]] = {}
    for row in connection.execute(select(tables.journal).where(tables.journal.c.ticket_id.is_not(None))):
        fact = codec.from_row(row)
        assert isinstance(fact, CaseFact)
        case_facts.setdefault(fact.ticket_id, []).append(fact)

    def calls_of(_: Connection, call_ids: Iterable[str]) -> dict[str, FoldedCall]:
        return {call_id: refolded[call_id] for call_id in call_ids if call_id in refolded}

    tickets = connection.scalars(select(tables.tickets.c.ticket_id)).all()
    found = []
    for ticket_id in tickets:
        case = load_case(connection, ticket_id, lambda one: case_facts.get(one, ()), calls_of, calendar)
        if case is not None:
            sop = sops.get(case.ticket["sop_version"], office.sop)
            found += _case_differences(connection, case, sop, office, calendar)
    missing = case_facts.keys() - set(tickets)
    return found + [f"tickets {ticket_id}: not in the ledger" for ticket_id in sorted(missing)]


def _case_differences(
    connection: Connection, case: FoldedCase, sop: Sop, office: Office, calendar: Calendar
) -> list[str]:
    ticket_id = case.standing.ticket_id
    found = []
    wanted = state_row(case, office, calendar)
    # A due time is compared only where it was counted by the calendar in use now.
    same_calendar = case.ticket["calendar_version"] == calendar.version
    names = [name for name in wanted if name.startswith("new_") and (same_calendar or "due" not in name)]
    if any(case.ticket[name.removeprefix("new_")] != wanted[name] for name in names):
        found.append(f"tickets {ticket_id}")
    steps = folded.case_step_rows(ticket_id, sop, case.facts) if case.case_facts else []
    for table, rows, order in (
        (tables.case_steps, steps, ("step", "round")),
        (tables.outbox, message_rows(case), ("owed_at", "key")),
    ):
        statement = select(table).where(table.c.ticket_id == ticket_id)
        stored = connection.execute(statement.order_by(*(table.c[name] for name in order)))
        if [dict(row._mapping) for row in stored] != rows:
            found.append(f"{table.name} {ticket_id}")
    return found


def orphans(connection: Connection) -> list[str]:
    """The tickets that are not over and that nobody owes anything, or at no time: there are to be none."""
    column = tables.tickets.c
    nobodys = or_(
        column.owner_role.is_(None),
        func.coalesce(column.owner_id, "") == "",
        column.next_due_at.is_(None),
        column.due_kind.is_(None),
        column.limit_at.is_(None),
    )
    found = select(column.ticket_id).where(column.state.not_in(OVER_STATES), nobodys)
    return list(connection.scalars(found.order_by(column.ticket_id)))


def shortcomings(engine: Engine, office: Office) -> list[str]:
    """All that is wrong with the ledger: what differs from its journal, and tickets that are nobody's."""
    with engine.execution_options(reading=True).connect() as connection:
        nobodys = [f"tickets {ticket_id}: no owner or no due time" for ticket_id in orphans(connection)]
    return differences(engine, office) + nobodys


async def erase(journal: Journal, vault: Vault, number: str, clock: Callable[[], datetime]) -> str:
    """Forget the person who calls from `number`; raises NotFound. Returns the reference that is left."""

    def look_up(connection: Connection) -> str:
        person_id = complainant.find(connection, vault, number)
        if person_id is None:
            raise NotFound("Nomor itu tidak dikenal.", "That number is not known.")
        return person_id

    person_id = await journal.do(look_up)
    at = clock()
    fact = PersonErased(
        key=f"{person_id}/erased", occurred_at=at, provenance=Provenance.DECLARED, person_id=person_id
    )
    await journal.do(lambda connection: complainant.erase(connection, person_id, at), Report(fact))
    return person_id


def overwrite_deleted(engine: Engine) -> None:
    """Take what was deleted out of the write-ahead log as well (SQLite; secure_delete did the rest)."""
    if engine.dialect.name == "sqlite":
        with engine.execution_options(reading=True).connect() as connection:
            connection.commit()
            connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]


def back_up(engine: Engine, folder: Path) -> tuple[Path, Path]:
    """Copy the ledger into `folder`: the ledger itself, and apart from it the keys of persons.

    Ledger copies may be kept for years; the copy of the keys is one file, written over each time, so
    that a key destroyed is destroyed everywhere.
    """
    source = engine.url.database
    if engine.dialect.name != "sqlite" or source is None:
        raise Conflict("Cadangkan PostgreSQL dengan pg_dump.", "Back up PostgreSQL with pg_dump.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ledger, keys = folder / "ledger.sqlite3", folder / "keys.sqlite3"
    apart = [table.name for table in tables.KEPT_OUT_OF_BACKUPS]
    others = [name for name in tables.metadata.tables if name not in apart]
    for target, dropped in ((ledger, apart), (keys, others)):
        target.unlink(missing_ok=True)
        _copy(source, target, dropped)
    return ledger, keys


def _copy(source: str, target: Path, dropped: list[str]) -> None:
    with sqlite3.connect(source) as original:
        original.execute("VACUUM INTO ?", (str(target),))
    copy = sqlite3.connect(target, isolation_level=None)
    copy.execute("PRAGMA secure_delete=ON")
    copy.execute("PRAGMA foreign_keys=OFF")
    for name in dropped:
        copy.execute(f"DROP TABLE {name}")
    copy.execute("VACUUM")
    copy.close()
    target.chmod(0o600)
