"""The causes that are open: who opened them, what callers are told, what the answer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, or_, select, update

from config.errors import Conflict, NotFound, Refused
from config.office import Office
from ticketing import tables
from ticketing.causes.words import holds_a_number
from ticketing.desk.sight import Actor
from ticketing.ledger.reader import AnyRow
from ticketing.people.roles import Role

MOST_OPEN = 5
LONGEST_OPEN = timedelta(days=60)
LONGEST_SPOKEN = 300
SHOWN_AFTER_THE_END = timedelta(days=60)
MOST_SHOWN = 20
CAUSE = tables.causes.c


class NoSuchCause(NotFound):
    """There is no such cause."""

    def __init__(self) -> None:
        super().__init__("Peristiwa itu tidak ada.", "There is no such cause.")


class CauseOver(Conflict):
    """The cause was closed, or its time is over."""

    def __init__(self) -> None:
        super().__init__(
            "Peristiwa itu sudah ditutup. Buka yang baru bila masih terjadi.",
            "That cause is over. Open a new one if it goes on.",
        )


class TooManyCauses(Conflict):
    """Callers would hear too much before they wait."""

    def __init__(self) -> None:
        super().__init__(
            f"Sudah ada {MOST_OPEN} peristiwa terbuka. Tutup satu dahulu.",
            f"{MOST_OPEN} causes are open already. Close one first.",
        )


class NotForAll(Refused):
    """The words hold what looks like somebody's number; everybody would hear it."""

    def __init__(self) -> None:
        super().__init__(
            "Teks ini didengar dan dibaca semua orang, tetapi memuat nomor panjang (NIK atau telepon?). "
            "Hapus nomornya.",
            "Everybody hears and reads this text, and it holds a long number (a NIK, a telephone?). "
            "Remove it.",
        )


class BadTerm(Refused):
    """A cause has to end, and not long ago."""

    def __init__(self) -> None:
        super().__init__(
            "Batas waktu peristiwa harus sesudah sekarang, paling lama 60 hari.",
            "A cause must end after now, and within 60 days.",
        )


@dataclass(frozen=True, slots=True)
class NewCause:
    """A cause to be opened; `spoken` is what callers hear right after their number."""

    title: str
    spoken: str
    categories: tuple[str, ...]
    until_at: datetime

    def check(self, office: Office, at: datetime) -> None:
        """Raises NotForAll, BadTerm, NotFound."""
        check_words(self.title, self.spoken)
        if not at < self.until_at <= at + LONGEST_OPEN:
            raise BadTerm
        for code in self.categories:
            if code not in office.categories or office.is_restricted(code):
                raise NotFound("Perihal itu tidak ada.", "There is no such category.")


@dataclass(frozen=True, slots=True)
class Author:
    """Who answers for the words of an answer: whoever wrote it down, or the official who gave it."""

    id: str
    role: Role


def check_words(*words: str) -> None:
    """Raises NotForAll where they hold what may be somebody's number."""
    if any(holds_a_number(one) for one in words):
        raise NotForAll


def add(connection: Connection, cause_id: str, new: NewCause, actor: Actor, at: datetime) -> None:
    """Open it; raises TooManyCauses."""
    if len(open_causes(connection, at)) >= MOST_OPEN:
        raise TooManyCauses
    row = {
        "cause_id": cause_id, "title": new.title, "spoken": new.spoken, "categories": list(new.categories),
        "opened_at": at, "opened_by": actor.user_id, "until_at": new.until_at, "answer_version": 0,
    }  # fmt: skip
    connection.execute(insert(tables.causes).values(**row))


def close(connection: Connection, cause_id: str, at: datetime) -> None:
    """Callers hear of it no more; who is linked already still gets the answer. Raises NoSuchCause."""
    cause(connection, cause_id)
    ended = update(tables.causes).where(CAUSE.cause_id == cause_id, CAUSE.closed_at.is_(None))
    connection.execute(ended.values(closed_at=at))


def answer(connection: Connection, cause_id: str, text: str, author: Author, at: datetime) -> int:
    """The answer for all who are linked, or an improved one; its version. Raises NoSuchCause, NotForAll."""
    check_words(text)
    version = int(cause(connection, cause_id).answer_version) + 1
    changed = {
        "answer": text, "answer_version": version, "answered_at": at,
        "answered_by": author.id, "answered_role": author.role.value,
    }  # fmt: skip
    connection.execute(update(tables.causes).where(CAUSE.cause_id == cause_id).values(**changed))
    return version


def cause(connection: Connection, cause_id: str) -> AnyRow:
    """The cause; raises NoSuchCause."""
    row = connection.execute(select(tables.causes).where(CAUSE.cause_id == cause_id)).one_or_none()
    if row is None:
        raise NoSuchCause
    return row


def require_open(connection: Connection, cause_id: str, at: datetime) -> AnyRow:
    """The cause, which callers are told of now; raises NoSuchCause, CauseOver."""
    row = cause(connection, cause_id)
    if row.closed_at is not None or row.until_at <= at:
        raise CauseOver
    return row


def open_causes(connection: Connection, at: datetime) -> Sequence[AnyRow]:
    """Those that callers are told of, the newest first."""
    is_open = (CAUSE.closed_at.is_(None)) & (CAUSE.until_at > at)
    statement = select(tables.causes).where(is_open).order_by(CAUSE.opened_at.desc(), CAUSE.cause_id)
    return connection.execute(statement).all()


def recent(connection: Connection, at: datetime) -> Sequence[AnyRow]:
    """Those that are over, the one that ended last first: whoever is linked may still wait for an answer."""
    ended_at = func.coalesce(CAUSE.closed_at, CAUSE.until_at)
    over = or_(CAUSE.closed_at.is_not(None), CAUSE.until_at <= at)
    statement = select(tables.causes).where(over, ended_at > at - SHOWN_AFTER_THE_END)
    return connection.execute(statement.order_by(ended_at.desc(), CAUSE.cause_id).limit(MOST_SHOWN)).all()
