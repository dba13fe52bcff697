"""Rows of the ledger's calls as the forecast takes them."""

from datetime import datetime
from typing import Protocol

from ticketing.waits.forecast import Served, Wait


class CallRow(Protocol):
    """What is read of a call's row."""

    @property
    def agent_id(self) -> str | None: ...
    @property
    def outward(self) -> bool: ...
    @property
    def queued_at(self) -> datetime | None: ...
    @property
    def queued_position(self) -> int | None: ...
    @property
    def told_wait_at(self) -> datetime | None: ...
    @property
    def told_wait_seconds(self) -> int | None: ...
    @property
    def told_wait_position(self) -> int | None: ...
    @property
    def rang_at(self) -> datetime | None: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def wait_seconds(self) -> float | None: ...
    @property
    def ended_at(self) -> datetime | None: ...
    @property
    def wrap_up_ended_at(self) -> datetime | None: ...


COLUMNS = (
    "agent_id", "outward", "queued_at", "queued_position", "told_wait_at", "told_wait_seconds",
    "told_wait_position", "rang_at", "answered_at", "wait_seconds", "ended_at", "wrap_up_ended_at",
)  # fmt: skip


def served_of(row: CallRow) -> Served | None:
    """The agent's time a call took; None where nobody answered it."""
    if row.answered_at is None or row.agent_id is None:
        return None
    began = (row.rang_at or row.answered_at).timestamp()
    return Served(row.agent_id, began, _seconds(row.wrap_up_ended_at), row.outward)


def wait_of(row: CallRow) -> Wait | None:
    """The caller's wait: from the moment they were told how long, else from joining the queue."""
    told = row.told_wait_at is not None
    since_at = row.told_wait_at if told else row.queued_at
    position = row.told_wait_position if told else row.queued_position
    if row.outward or since_at is None or position is None:
        return None
    answered = _seconds(row.answered_at)
    return Wait(
        since_at.timestamp(),
        position,
        row.told_wait_seconds,
        answered,
        _gone(row) if answered is None else None,
    )


def _gone(row: CallRow) -> float | None:
    """When an unserved caller gave the queue up: the call itself may go on, to say good-bye."""
    if row.queued_at is not None and row.wait_seconds is not None:
        return row.queued_at.timestamp() + row.wait_seconds
    return _seconds(row.ended_at)


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None
