"""The files of the PBX's books: their rows, and reading on where the last look ended."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from ticketing.facts import CallFact, Provenance

READ_BYTES = 16 * 1024 * 1024
"""How far back a first look goes: some ten thousand calls."""
NO_CALL = ("NONE", "MANAGER", "REALTIME")
"""Whom queue_log names where a line is of no call."""


class CelRow(NamedTuple):
    """One line of `hotline.csv`, as `configuration.py` has it written."""

    event: str
    at: datetime
    channel_id: str
    call_id: str
    channel: str
    app: str
    extra: str
    context: str


class QueueRow(NamedTuple):
    """One line of `queue_log`."""

    at: datetime
    queue: str
    agent_id: str
    event: str
    data: tuple[str, ...]


class Tail:
    """The whole lines a file grew by; a file begun anew is read from its beginning."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset: int | None = None

    def lines(self) -> list[str]:
        """What is new."""
        try:
            with self._file.open("rb") as source:
                size = source.seek(0, 2)
                if self._offset is None:
                    self._offset = max(0, size - READ_BYTES)
                if size < self._offset:
                    self._offset = 0
                source.seek(self._offset)
                data = source.read(size - self._offset)
        except OSError:
            return []
        whole = data.rfind(b"\n") + 1
        self._offset += whole
        return data[:whole].decode("utf-8", "replace").splitlines()


def cel_rows(lines: Iterable[str]) -> Iterator[CelRow]:
    """The rows of a CEL file; what is no row of ours is left out."""
    for fields in csv.reader(lines):
        at = _instant(fields[1]) if len(fields) >= 7 else None
        if at:
            context = fields[7] if len(fields) > 7 else ""
            yield CelRow(fields[0], at, fields[2], fields[3], fields[4], fields[5], fields[6], context)


def queue_rows(lines: Iterable[str]) -> Iterator[tuple[str, QueueRow]]:
    """Each call's rows of a queue_log, with the call's id."""
    for line in lines:
        fields = line.split("|")
        at = _instant(fields[0]) if len(fields) >= 5 else None
        if at and fields[1] not in NO_CALL:
            yield fields[1], QueueRow(at, fields[2], fields[3], fields[4], tuple(fields[5:]))


def _instant(epoch: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(epoch), UTC)
    except (ValueError, OverflowError):
        return None


def interface_of(channel: str) -> str:
    """`PJSIP/1001` of the channel `PJSIP/1001-0000002a`."""
    return channel.rpartition("-")[0]


def reconstructed(call_id: str, kind: type[CallFact], at: datetime, key: str, **more: Any) -> CallFact:
    """A fact that only the books tell."""
    return kind(
        key=f"{call_id}/{key}",
        occurred_at=at,
        provenance=Provenance.RECONSTRUCTED,
        call_id=call_id,
        **more,
    )


def cause_of(rows: Iterable[CelRow]) -> int:
    """The Q.850 cause with which a channel ended; 0 where none is named."""
    cause = next((extra_of(row, "hangupcause") for row in rows if row.event == "HANGUP"), "")
    return int(cause) if cause.isdigit() else 0


def extra_of(row: CelRow, name: str) -> str:
    """One value of a row's extra field."""
    try:
        return str(json.loads(row.extra)[name])
    except (ValueError, KeyError, TypeError):
        return ""
