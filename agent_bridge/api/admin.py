"""Users and the audit: what admins and supervisors see and change. No door here leads to a case."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy import Connection, select

from agent_bridge.accounts import Session, alter_user, insert_user
from agent_bridge.api import admin_views as said
from agent_bridge.api.doorway import AnyHouse, OnceAsked, may_do, may_read
from agent_bridge.api.refusals import PROBLEMS
from agent_bridge.house import House
from config.clock import now
from config.errors import NotFound
from ticketing import tables
from ticketing.desk.matrix import Deed
from ticketing.desk.once import Answer
from ticketing.ledger.reader import AnyRow

router = APIRouter(prefix="/api", tags=["administration"], responses=PROBLEMS)
Managing = Annotated[Session, Depends(may_do(Deed.MANAGE_USERS))]
Before = Annotated[int | None, Query(ge=1, le=2**62, description="`next_before` of the page before")]
Named = Annotated[str, Path(max_length=60, examples=["sari.dispatch"])]


@router.get("/users")
async def users(
    _: Annotated[Session, Depends(may_read(Deed.MANAGE_USERS))], house: AnyHouse
) -> said.UserList:
    """Every user."""
    return said.UserList(users=[_line(row) for row in await asyncio.to_thread(house.accounts.users)])


@router.post("/users", status_code=201)
async def add_user(
    body: said.NewUser, asked: OnceAsked, session: Managing, house: AnyHouse
) -> said.AddedUser:
    """Add a user, with a link to sign in once; the same request again gets the user and no second link."""
    _require_queue(house, body.queue)
    added: list[str] = []

    def work(connection: Connection) -> Answer:
        made = insert_user(
            connection, now(), session.user_id, body.username, body.name, body.role, queue=body.queue
        )
        added.append(made)
        return {"user_id": made}

    answer = await house.once(session, asked, work)
    token = await house.accounts.link(answer["user_id"]) if added else None
    return said.AddedUser(user=await _named(house, body.username), sign_in_once=token)


@router.patch("/users/{username}")
async def change_user(
    username: Named, body: said.UserChange, asked: OnceAsked, session: Managing, house: AnyHouse
) -> said.UserLine:
    """Change a user; who is disabled is out at once, everywhere."""
    _require_queue(house, body.queue)
    changes = body.model_dump(exclude_unset=True, mode="json")

    def work(connection: Connection) -> Answer:
        alter_user(connection, now(), session.user_id, username, changes)
        return {}

    await house.once(session, asked, work)
    return await _named(house, username)


@router.get("/audit")
async def audit(
    _: Annotated[Session, Depends(may_read(Deed.READ_AUDIT))],
    house: AnyHouse,
    before: Annotated[
        int | None, Query(ge=1, le=2**62, description="`next_before` of the page before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> said.AuditList:
    """Who did what to what, the newest first."""
    column = tables.audit.c
    statement = select(tables.audit).order_by(column.audit_id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(column.audit_id < before)
    rows = await asyncio.to_thread(_rows, house, statement)
    names = await asyncio.to_thread(house.reader.names)
    lines = [
        said.AuditLine(
            at=row.at, actor=row.actor, name=names.get(row.actor), role=row.role, action=row.action,
            object=row.object,
        )
        for row in rows
    ]  # fmt: skip
    return said.AuditList(lines=lines, next_before=rows[-1].audit_id if len(rows) == limit else None)


def _rows(house: House, statement: Any) -> Sequence[AnyRow]:
    with house.reader.connect() as connection:
        found: Sequence[AnyRow] = connection.execute(statement).all()
        return found


async def _named(house: House, username: str) -> said.UserLine:
    row = await asyncio.to_thread(house.accounts.user_named, username)
    if row is None:
        raise NotFound(f"Tidak ada pengguna {username}.", f"There is no user {username}.")
    return _line(row)


def _line(row: AnyRow) -> said.UserLine:
    same = ("user_id", "username", "name", "role", "queue")
    return said.UserLine(**{name: getattr(row, name) for name in same}, disabled=row.disabled_at is not None)


def _require_queue(house: House, queue: str | None) -> None:
    if queue and queue not in house.office.queues:
        raise NotFound(f"Tidak ada antrean {queue}.", f"There is no queue {queue}.")
