"""A ticket desk the usual way: SQLAlchemy's async ORM, one session and one commit for each request."""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import registry

from agent_bridge.bench.ticket import count_tickets
from ticketing import tables
from ticketing.ledger.database import open_database
from ticketing.people.privacy import Vault
from ticketing.tickets.number import TicketNumber

BEGAN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
MAPPED = (
    "journal",
    "days",
    "calls",
    "tickets",
    "sop_steps",
    "persons",
    "person_keys",
    "blind_index",
    "sealed",
)
_registry = registry()


def _model(name: str) -> Any:
    model = type(name, (), {})
    _registry.map_imperatively(model, tables.metadata.tables[name])
    return model


@dataclass(frozen=True, slots=True)
class Orm:
    """Registers callers through the ORM."""

    engine: AsyncEngine
    vault: Vault
    models: dict[str, Any]
    file: Path

    async def register(self, call_id: str, caller_number: str) -> str:
        """The number, once it is on disk."""
        async with AsyncSession(self.engine) as session, session.begin():
            known = await session.scalar(
                select(self.models["journal"]).filter_by(key=f"{call_id}/registered")
            )
            assert known is None
            person_id = await self._person(session, caller_number)
            day = await session.get(self.models["days"], BEGAN.date())
            if day is None:
                day = self._new("days", day=BEGAN.date(), next_serial=1)
                session.add(day)
            number = TicketNumber(BEGAN.date(), day.next_serial)
            day.next_serial += 1
            session.add_all(self._rows(call_id, person_id, number))
        return number.digits

    async def _person(self, session: AsyncSession, number: str) -> str:
        blind = self.vault.blind("phone", number)
        found = await session.get(self.models["blind_index"], blind)
        if found:
            return str(found.person_id)
        person_id = uuid.uuid4().hex
        key = self.vault.new_person_key(person_id)
        session.add(self._new("persons", person_id=person_id, first_seen_at=BEGAN))
        await session.flush()
        session.add(self._new("person_keys", person_id=person_id, wrapped_key=key))
        session.add(self._new("blind_index", blind=blind, field="phone", person_id=person_id))
        seal = self.vault.seal(key, person_id, "phone", number)
        session.add(self._new("sealed", person_id=person_id, field="phone", value=seal))
        return person_id

    def _rows(self, call_id: str, person_id: str, number: TicketNumber) -> list[Any]:
        fact = {"version": 1, "call_id": call_id, "occurred_at": BEGAN, "recorded_at": BEGAN}
        said = {"provenance": "observed", "body": {"person_id": person_id, "ticket_id": number.digits}}
        ends = BEGAN + timedelta(seconds=20)
        steps = {"call_id": call_id, "ticket_id": number.digits, "sop_version": "bench", "started_at": BEGAN}
        return [
            self._new("journal", key=f"{call_id}/arrived", kind="call_arrived", **fact, **said),
            self._new("journal", key=f"{call_id}/registered", kind="ticket_registered", **fact, **said),
            self._new(
                "calls", call_id=call_id, line="bench", dialed_number="1500", person_id=person_id,
                ticket_id=number.digits, recognised=False, phase="greeting", arrived_at=BEGAN,
                times_spoken=0, hold_seconds=0.0,
            ),
            self._new(
                "tickets", ticket_id=number.digits, day=number.day, serial=number.serial,
                registered_by_call_id=call_id, person_id=person_id, sop_version="bench",
                registered_at=BEGAN, state="registered", last_call_id=call_id, last_call_at=BEGAN,
                restricted=False, misses=0,
            ),
            self._new("sop_steps", step=1, ended_at=ends, **steps),
            self._new("sop_steps", step=2, **steps),
        ]  # fmt: skip

    def _new(self, name: str, **values: Any) -> Any:
        made = self.models[name]()
        for column, value in values.items():
            setattr(made, column, value)
        return made

    def tickets(self) -> int:
        """How many the disk holds."""
        return count_tickets(self.file)


@asynccontextmanager
async def orm(folder: Path) -> AsyncIterator[Orm]:
    """A fresh ledger for the ORM, as durable as ours."""
    file = folder / "orm.sqlite3"
    synchronous = open_database(f"sqlite:///{file}")
    with synchronous.begin() as connection:
        row = {"version": "bench", "body": {}, "first_used_at": BEGAN}
        connection.execute(tables.sop_versions.insert(), row)
    synchronous.dispose()
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "busy_timeout=60000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        models = {name: _model(name) for name in MAPPED}
        yield Orm(engine, Vault(os.urandom(32), os.urandom(32)), models, file)
    finally:
        _registry.dispose()
        await engine.dispose()
