"""Who works here: users, their passwords, and the sessions kept on the server."""

import asyncio
import hashlib
import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Connection, Row, delete, insert, select, update

from config.clock import Clock
from config.errors import Conflict, NotFound, NotSignedIn
from config.sliding_window import SlidingWindow
from ticketing import tables
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import AnyRow, Reader
from ticketing.people.audit import write_audit
from ticketing.people.roles import Role

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
LINK_LIFE = timedelta(minutes=30)
USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,58}")
"""What people sign in with."""
TRIES_A_MINUTE = 5
A_MINUTE = timedelta(minutes=1)
SEEN_EVERY = timedelta(minutes=1)
BY_COMMAND = "cli"
"""The actor of what is done on the machine itself, by the `hotline` command."""


class WrongSignIn(NotSignedIn):
    """Name and password do not belong together; nothing tells which of them was wrong."""

    def __init__(self) -> None:
        super().__init__(
            "Nama atau kata sandi salah.",
            "The name or the password is wrong.",
        )


class LinkUsedUp(NotSignedIn):
    """A one-time link was used already, or its time is over."""

    def __init__(self) -> None:
        super().__init__(
            "Tautan sekali pakai ini sudah dipakai atau kedaluwarsa. Masuk dengan kata sandi.",
            "This one-time link was used already or has expired. Sign in with your password.",
        )


class NotYourself(Conflict):
    """Admins do not shut themselves out, by mistake or under somebody's eyes."""

    def __init__(self) -> None:
        super().__init__(
            "Anda tidak dapat menonaktifkan diri sendiri atau mengubah peran sendiri. Minta admin lain.",
            "You cannot disable yourself or change your own role. Ask another admin.",
        )


class LastAdmin(Conflict):
    """Without an admin nobody could let anybody in."""

    def __init__(self) -> None:
        super().__init__(
            "Ini admin terakhir. Tambahkan admin lain dahulu.",
            "This is the last admin. Add another one first.",
        )


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in user; `token` goes into the cookie and is stored only as a hash."""

    token: str
    csrf: str
    user_id: str
    name: str
    role: Role
    username: str
    queue: str | None


class Accounts:
    """Signs people in and out. Passwords are argon2id; hashing takes ~0.1 s, so it runs in a thread."""

    def __init__(self, journal: Journal, reader: Reader, clock: Clock) -> None:
        self._journal = journal
        self._reader = reader
        self._clock = clock
        self._hasher = PasswordHasher()
        self._tries = SlidingWindow(TRIES_A_MINUTE, A_MINUTE)
        # Checked against when the name is unknown, so that both refusals take the same time.
        self._nobody = self._hasher.hash(secrets.token_hex())

    async def add_user(self, username: str, name: str, role: Role, password: str | None = None) -> str:
        """Add a user and return their id; raises Conflict when the name is taken."""
        hashed = await asyncio.to_thread(self._hasher.hash, password) if password else None
        at = self._clock()
        return await self._journal.do(
            lambda connection: insert_user(connection, at, BY_COMMAND, username, name, role, hashed)
        )

    async def change_user(self, username: str, **changes: Any) -> None:
        """Change a user by the command line; raises NotFound."""
        at = self._clock()
        await self._journal.do(lambda connection: alter_user(connection, at, BY_COMMAND, username, changes))

    def users(self) -> Sequence[AnyRow]:
        """Every user, by user name."""
        with self._reader.connect() as connection:
            return connection.execute(select(tables.users).order_by(tables.users.c.username)).all()

    def user_named(self, username: str) -> Row[tuple[str, ...]] | None:
        """The user's row."""
        with self._reader.connect() as connection:
            statement = select(tables.users).where(tables.users.c.username == username)
            return connection.execute(statement).one_or_none()

    async def sign_in(self, username: str, password: str, address: str) -> Session:
        """Sign in by name and password; raises WrongSignIn, TooManyTries."""
        self._tries.count(f"{address}|{username}", self._clock())
        user = await asyncio.to_thread(self.user_named, username)
        hashed = user.password_hash if user and user.password_hash and not user.disabled_at else None
        right = await asyncio.to_thread(self._matches, hashed or self._nobody, password)
        if user is None or hashed is None or not right:
            raise WrongSignIn
        return await self._open_session(user.user_id, "session.open")

    async def link(self, user_id: str) -> str:
        """A one-time sign-in token for the user, good for half an hour."""
        token = secrets.token_urlsafe(24)
        row = {"token_hash": _hash(token), "user_id": user_id, "expires_at": self._clock() + LINK_LIFE}
        await self._journal.do(
            lambda connection: connection.execute(insert(tables.one_time_links).values(row)) and None
        )
        return token

    async def sign_in_once(self, token: str) -> Session:
        """Sign in by a one-time token; raises LinkUsedUp."""
        links, at = tables.one_time_links, self._clock()

        def take(connection: Connection) -> str | None:
            mine = links.c.token_hash == _hash(token)
            taken = delete(links).where(mine).returning(links.c.user_id, links.c.expires_at)
            row = connection.execute(taken).one_or_none()
            return row.user_id if row and row.expires_at > at else None

        user_id = await self._journal.do(take)
        if user_id is None:
            raise LinkUsedUp
        return await self._open_session(user_id, "session.open_once")

    async def session(self, token: str | None) -> Session:
        """The session behind a cookie; raises NotSignedIn."""
        row = await asyncio.to_thread(self._session_row, token) if token else None
        at = self._clock()
        if row is None or token is None or row.expires_at <= at or row.seen_at + IDLE <= at:
            raise NotSignedIn("Silakan masuk.", "Please sign in.")
        if row.seen_at + SEEN_EVERY <= at:
            await self._journal.do(lambda connection: _seen(connection, token, at))
        return Session(token, row.csrf, row.user_id, row.name, Role(row.role), row.username, row.queue)

    async def sign_out(self, session: Session) -> None:
        """End the session."""
        at = self._clock()

        def work(connection: Connection) -> None:
            connection.execute(
                delete(tables.sessions).where(tables.sessions.c.token_hash == _hash(session.token))
            )
            write_audit(connection, at, session.user_id, "session.close", session.user_id)

        await self._journal.do(work)

    async def _open_session(self, user_id: str, action: str) -> Session:
        token, csrf, at = secrets.token_urlsafe(32), secrets.token_urlsafe(24), self._clock()

        def work(connection: Connection) -> Row[tuple[str, ...]]:
            active = (tables.users.c.user_id == user_id) & tables.users.c.disabled_at.is_(None)
            user = connection.execute(select(tables.users).where(active)).one_or_none()
            if user is None:
                raise NotFound("Pengguna tidak ditemukan.", "No such user.")
            row = {"token_hash": _hash(token), "user_id": user_id, "csrf": csrf, "created_at": at}
            connection.execute(insert(tables.sessions).values(**row, seen_at=at, expires_at=at + ABSOLUTE))
            write_audit(connection, at, user_id, action, user_id)
            return user

        user = await self._journal.do(work)
        return Session(token, csrf, user_id, user.name, Role(user.role), user.username, user.queue)

    def _session_row(self, token: str) -> Row[tuple[str, ...]] | None:
        sessions, users = tables.sessions, tables.users
        statement = (
            select(sessions, users.c.name, users.c.role, users.c.username, users.c.queue)
            .join(users, users.c.user_id == sessions.c.user_id)
            .where(sessions.c.token_hash == _hash(token), users.c.disabled_at.is_(None))
        )
        with self._reader.connect() as connection:
            return connection.execute(statement).one_or_none()

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except VerificationError:
            return False


def insert_user(
    connection: Connection,
    at: datetime,
    by: str,
    username: str,
    name: str,
    role: Role,
    password_hash: str | None = None,
    queue: str | None = None,
) -> str:
    """Add a user in the writer's transaction; returns their id. Raises Conflict when the name is taken."""
    taken = select(tables.users.c.user_id).where(tables.users.c.username == username)
    if connection.scalar(taken):
        raise Conflict(f"Nama pengguna {username} sudah dipakai.", f"The user name {username} is taken.")
    user_id = uuid.uuid4().hex[:12]
    row = {"user_id": user_id, "username": username, "name": name, "role": role.value, "queue": queue}
    connection.execute(insert(tables.users).values(**row, password_hash=password_hash, created_at=at))
    write_audit(connection, at, by, "user.add", user_id)
    return user_id


def alter_user(
    connection: Connection, at: datetime, by: str, username: str, changes: Mapping[str, Any]
) -> None:
    """Change name, role or queue, or `disabled`; who is disabled is out at once.

    Raises NotFound, NotYourself, LastAdmin.
    """
    users, sessions = tables.users, tables.sessions
    if changes.get("disabled") or "role" in changes:
        _refuse_to_shut_out(connection, by, username, changes)
    values = {name: value for name, value in changes.items() if name in ("name", "role", "queue")}
    if "disabled" in changes:
        values["disabled_at"] = at if changes["disabled"] else None
    mine = users.c.username == username
    # Nothing to change is no update: the user is looked up all the same.
    user_id = connection.scalar(
        update(users).where(mine).values(values).returning(users.c.user_id)
        if values
        else select(users.c.user_id).where(mine)
    )
    if user_id is None:
        raise NotFound(
            f"Tidak ada pengguna {username}. Lihat: hotline user list",
            f"There is no user {username}. See: hotline user list",
        )
    if changes.get("disabled") or "role" in changes:
        connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
    write_audit(connection, at, by, f"user.change.{'+'.join(sorted(values))}", user_id)


def _refuse_to_shut_out(connection: Connection, by: str, username: str, changes: Mapping[str, Any]) -> None:
    column = tables.users.c
    admins = select(column.user_id, column.username).where(
        column.role == Role.ADMIN.value, column.disabled_at.is_(None)
    )
    known = {row.username: row.user_id for row in connection.execute(admins)}
    stays_admin = not changes.get("disabled") and changes.get("role", Role.ADMIN) == Role.ADMIN
    if username not in known or stays_admin:
        return
    if known[username] == by:
        raise NotYourself
    if len(known) == 1:
        raise LastAdmin


def _seen(connection: Connection, token: str, at: datetime) -> None:
    mine = tables.sessions.c.token_hash == _hash(token)
    connection.execute(update(tables.sessions).where(mine).values(seen_at=at))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
