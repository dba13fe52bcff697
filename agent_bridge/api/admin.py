"""Users and the audit: what admins and supervisors see and change. No door here leads to a case."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select, true

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
from ticketing.people.roles import Role

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
    """Change a user; who is disabled is out at once, everywhere. Nobody disables or demotes themself."""
    _require_queue(house, body.queue)
    await _named(house, username)
    asked_for = body.model_dump(exclude_unset=True, mode="json")
    # Only a queue can be taken away; null for anything else leaves it as it is.
    changes = {name: value for name, value in asked_for.items() if value is not None or name == "queue"}

    def work(connection: Connection) -> Answer:
        alter_user(connection, now(), session.user_id, username, changes)
        return {}

    await house.once(session, asked, work)
    return await _named(house, username)


@router.get("/audit")
async def audit(
    session: Annotated[Session, Depends(may_read(Deed.READ_AUDIT))],
    house: AnyHouse,
    before: Annotated[
        int | None, Query(ge=1, le=2**62, description="`next_before` of the page before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> said.AuditList:
    """Who did what to what, the newest first; supervisors see their own team's acts."""
    column = tables.audit.c
    statement = select(tables.audit).where(_seen_by(session, house))
    statement = statement.order_by(column.audit_id.desc()).limit(limit)
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


def _seen_by(session: Session, house: House) -> ColumnElement[bool]:
    """All for admins; for supervisors what they did themselves, and those who work on their queue's cases."""
    if session.role is Role.ADMIN:
        return true()
    if session.role is not Role.SUPERVISOR:
        return false()
    user, default = tables.users.c, house.office.default_queue.name
    same_queue = func.coalesce(user.queue, default) == (session.queue or default)
    team = select(user.user_id).where(
        or_(
            user.user_id == session.user_id,
            and_(user.role == Role.AGENT.value, same_queue),
            user.role.in_([Role.DISPATCHER.value, Role.OFFICIAL.value]),
        )
    )
    return tables.audit.c.actor.in_(team)


def _rows(house: House, statement: Any) -> Sequence[AnyRow]:
    with house.reader.connect() as connection:
        found: Sequence[AnyRow] = connection.execute(statement).all()
        return found


async def _named(house: House, username: str) -> said.UserLine:
    row = await asyncio.to_thread(house.accounts.user_named, username)
    if row is None:
        raise NotFound("Pengguna itu tidak ada.", "There is no such user.")
    return _line(row)


def _line(row: AnyRow) -> said.UserLine:
    same = ("user_id", "username", "name", "role", "queue")
    return said.UserLine(**{name: getattr(row, name) for name in same}, disabled=row.disabled_at is not None)


def _require_queue(house: House, queue: str | None) -> None:
    if queue and queue not in house.office.queues:
        raise NotFound("Antrean itu tidak ada.", "There is no such queue.")
