"""AMI messages as they come off the wire: cut out of the stream, filtered by name, read only where asked."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

BLANK_LINE = b"\r\n\r\n"
MESSAGE_LIMIT = 65_536
"""No event of Asterisk's is larger; what is, is skipped to the next blank line."""


class Headers(Mapping[str, str]):
    """A message's headers, each found when it is asked for: most are never.

    A repeated one has its first value.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get(self, name: str, default: Any = None) -> Any:
        """The header's value, or `default`."""
        text = self._text
        try:
            needle = _NEEDLES[name]
        except KeyError:
            needle = _NEEDLES[name] = f"\r\n{name}: "
        at = text.find(needle)
        if at < 0:
            return default
        at += len(needle)
        end = text.find("\r", at)
        return text[at:end] if end >= 0 else text[at:]

    def __getitem__(self, name: str) -> str:
        value: str | None = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        # The first line is the event's name.
        lines = self._text.split("\r\n")[1:]
        return iter(dict.fromkeys(line.partition(": ")[0] for line in lines if ": " in line))

    def __len__(self) -> int:
        return sum(1 for _ in self)


_NEEDLES = {
    # A channel variable sent along by `channelvars`: one of several, so its own name is looked for.
    "HOTLINE_CALL": "\r\nChanVariable: HOTLINE_CALL=",
    "Dest/HOTLINE_CALL": "\r\nDestChanVariable: HOTLINE_CALL=",
    "HOTLINE_CALLER": "\r\nVariable: HOTLINE_CALLER=",
}
"""How a header begins in a message; as many as our own code asks for."""


class AmiEvent(Struct, frozen=True):
    """One event; `at` is the PBX's own time (microseconds), of the reader where it sends none."""

    name: str
    headers: Mapping[str, str]
    at: datetime


class Cutter:
    """Cuts a byte stream into events, wherever the network cut it. What is not wanted costs a look."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self._wanted = {name.encode(): name for name in wanted}
        # The first letter alone rules most out.
        letters = "".join(sorted({name[0] for name in self._wanted.values()}))
        self._event = re.compile(f"\r\n\r\nEvent: ([{letters}]\\w*)(?=\r)".encode())
        self._rest = bytearray()
        self._skipping = False
        self.oversized = 0

    def feed(self, data: bytes) -> Sequence[AmiEvent]:
        """The wanted events that `data` completes."""
        rest = self._rest
        # The blank line may have been cut; bytes that complete nothing are only put by.
        if BLANK_LINE not in data and BLANK_LINE not in rest[-3:] + data[:3]:
            rest += data
            self._limit()
            return ()
        # Every message then begins after a blank line, the first one too.
        whole = b"".join((BLANK_LINE, rest, data))
        begin = whole.find(BLANK_LINE, 4) if self._skipping else 0
        self._skipping = False
        last = whole.rfind(BLANK_LINE)
        self._rest = bytearray(whole[last + 4 :])
        self._limit()
        return self._events(whole, begin, last)

    def _events(self, whole: bytes, begin: int, last: int) -> list[AmiEvent]:
        """The wanted events from the blank line at `begin` to the one at `last`."""
        events, wanted, end_of = [], self._wanted, whole.find
        for found in self._event.finditer(whole, begin, last + 2):
            name = wanted.get(found[1])
            if name is not None:
                start = found.start(1)
                headers = Headers(whole[start : end_of(BLANK_LINE, start)].decode("utf-8", "replace"))
                events.append(AmiEvent(name, headers, instant(headers.get("Timestamp"))))
        return events

    def _limit(self) -> None:
        if len(self._rest) > MESSAGE_LIMIT:
            self.oversized += 1
            self._skipping = True
            del self._rest[:-3]


def instant(timestamp: str | None) -> datetime:
    """The instant of a `Timestamp` header, seconds of the epoch; now where there is none."""
    try:
        return datetime.fromtimestamp(float(timestamp or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.now(UTC)
