"""Requests that count once: the same key gets the same answer again, and with another body is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from config.errors import Conflict
from ticketing import tables
from ticketing.people.privacy import Vault
from ticketing.statements import insert_for

Answer = dict[str, Any]
"""What a request is answered: plain JSON without personal data, kept for its repetition."""


class KeyUsedForAnother(Conflict):
    """An idempotency key came again with another request."""

    def __init__(self) -> None:
        super().__init__(
            "Kunci permintaan ini sudah dipakai untuk isi yang lain. Pakai kunci baru.",
            "This request key was used for something else already. Use a new one.",
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its idempotency key, and all it asks, by which a repetition is told from another."""

    key: str
    content: str

    def id_of(self, vault: Vault, user_id: str) -> str:
        """The request's identity: keys of different users never meet."""
        return vault.blind("request", f"{user_id}|{self.key}")


def is_known(connection: Connection, vault: Vault, user_id: str, asked: Asked) -> bool:
    """Whether the request came before, and was carried out."""
    known = select(tables.requests.c.key).where(tables.requests.c.key == asked.id_of(vault, user_id))
    return connection.scalar(known) is not None


def once(
    connection: Connection,
    vault: Vault,
    user_id: str,
    asked: Asked,
    at: datetime,
    work: Callable[[], Answer],
    *,
    again: bool = False,
) -> Answer:
    """What the request came to the first time, or what `work` makes of it now; raises KeyUsedForAnother.

    With `again` a repetition is carried out anew: a look at what is masked is audited each time. What was
    asked is kept as a keyed print only, for it may hold personal data.
    """
    key, print_ = asked.id_of(vault, user_id), vault.blind("request", asked.content)
    known = _known(connection, key)
    if known is not None and known.fingerprint != print_:
        raise KeyUsedForAnother
    if known is not None and not again:
        answer: Answer = known.answer
        return answer
    answer = work()
    row = {"key": key, "fingerprint": print_, "answer": answer, "at": at}
    statement = insert_for(connection.dialect.name, tables.requests).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"at": at}))
    return answer


def is_repeated(connection: Connection, vault: Vault, user_id: str, asked: Asked) -> bool:
    """Whether a request with that key was answered before."""
    return _known(connection, asked.id_of(vault, user_id)) is not None


def _known(connection: Connection, key: str) -> Row[Any, Any] | None:
    column = tables.requests.c
    return connection.execute(
        select(column.fingerprint, column.answer).where(column.key == key)
    ).one_or_none()
