"""The probe's calls in the ledger: found by the number it calls from and the time it called, and marked."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_bridge.house import Ledger
from config.clock import now
from ticketing import probe
from ticketing.ledger.reader import AnyRow
from ticketing.tickets.number import from_digits

LOOKED_FOR_SECONDS = 2.0
LOOKS_AGAIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Span:
    """When a call of the probe went on."""

    since_at: datetime
    until_at: datetime


class OwnCalls:
    """Of the calls from the probe's number, those that the probe made."""

    def __init__(self, ledger: Ledger, number: str) -> None:
        self._ledger = ledger
        self._number = number

    def has_open_ticket(self) -> bool:
        """Whether the number has an open ticket: the probe's own are over, somebody else called from it."""
        return self._ledger.reader.open_ticket_of_number(self._number) is not None

    async def settle(
        self,
        span: Span,
        digits: str | None,
        seconds: float = LOOKED_FOR_SECONDS,
        *,
        is_long_over: bool = False,
    ) -> AnyRow | None:
        """Find the call of `span` and mark it; None where there is none, or no telling which it is.

        `digits` is the number that was heard. Raises LedgerBusy.
        """
        until = time.monotonic() + seconds
        while True:
            if own := self._own(span, digits, is_long_over):
                await self._ledger.journal.write(lambda writing: probe.mark(writing, own.call_id, now))
                return own
            if time.monotonic() > until:
                return None
            await asyncio.sleep(LOOKS_AGAIN_SECONDS)

    def _own(self, span: Span, digits: str | None, is_long_over: bool) -> AnyRow | None:
        with self._ledger.reader.connect() as connection:
            rows = probe.calls_between(
                connection, self._ledger.vault, self._number, span.since_at, span.until_at,
                nameless=is_long_over,
            )  # fmt: skip
        return own_of(rows, digits)


def own_of(rows: Sequence[AnyRow], digits: str | None) -> AnyRow | None:
    """The call whose number was heard, else the only one there is: anybody may write the probe's number."""
    heard = [row for row in rows if digits and spoken(row) == digits]
    mine = heard or [row for row in rows if row.person_id] or list(rows)
    return mine[0] if len(mine) == 1 else None


def spoken(row: AnyRow) -> str | None:
    """The ticket's number as callers hear it; None where the call has none."""
    if row.ticket_id is None:
        return None
    return from_digits(row.ticket_id).keys
