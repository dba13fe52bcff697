"""Healing: after every login, and every ten seconds, the ledger is brought up to what the PBX says."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from config.clock import Clock
from config.errors import Unavailable
from ivr.call_desk import CallDesk
from ivr.providers.asterisk.ami_messages import AmiEvent
from ivr.providers.asterisk.books import BookedCall, Books
from ivr.providers.asterisk.calling_out import is_outward
from ivr.providers.asterisk.event_reader import EventReader, ListNotGiven
from ivr.providers.asterisk.reconcile import Snapshot, gone, missing, snapshot_of, tells_of, tells_of_booked
from ticketing.calls.call import fold
from ticketing.facts import CallArrived, CallFact, Report
from ticketing.ledger.reader import Reader

ROUND_SECONDS = 10.0
"""A call that is gone, and whose end nobody told us, stands on the pages no longer than this and a little."""
SETTLE_SECONDS = 1.0
"""What the PBX said before the snapshot is on its way; it is let in first."""

Told = TypeVar("Told")
log = structlog.get_logger(__name__)


class Healer:
    """Holds the ledger against one PBX and records what it lacks. `books` is None where they are not ours."""

    def __init__(
        self,
        line: str,
        dialed_number: str,
        events: EventReader,
        books: Books | None,
        desk: CallDesk,
        reader: Reader,
        clock: Clock,
    ) -> None:
        self._line = line
        self._dialed_number = dialed_number
        self._events = events
        self._books = books
        self._desk = desk
        self._reader = reader
        self._clock = clock
        self._pending: dict[str, BookedCall] = {}
        self._wake = asyncio.Event()
        self._booted_at: datetime | None = None

    def wake(self) -> None:
        """Look at once: the link came up."""
        self._wake.set()

    def on_boot(self, event: AmiEvent) -> None:
        """The PBX said how long it has been up (`FullyBooted`)."""
        uptime = event.headers.get("Uptime", "")
        if uptime.isdigit():
            # Whole seconds, rounded down.
            self._booted_at = event.at - timedelta(seconds=int(uptime))

    async def run(self) -> None:
        """Heal for ever; a round that fails is followed by the next."""
        while True:
            try:
                async with asyncio.timeout(ROUND_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self.heal()
            except (ListNotGiven, Unavailable) as fault:
                log.warning("not reconciled yet", fault=type(fault).__name__)
            except Exception as fault:
                # Whatever it was, the next round may do better.
                log.error("reconciliation failed", fault=type(fault).__name__)

    async def heal(self) -> int:
        """One round; returns how many facts were missing. Raises ListNotGiven and Unavailable."""
        snapshot = await self._snapshot()
        if self._books:
            for booked in await asyncio.to_thread(self._books.read):
                self._pending[booked.call_id] = booked
        await asyncio.sleep(SETTLE_SECONDS)
        await self._desk.drained()
        reports = await asyncio.to_thread(self._lacking, snapshot)
        if reports:
            log.warning(
                "gap healed", facts=len(reports), calls=len({r.fact.key.split("/")[0] for r in reports})
            )
            await self._desk.receive(*reports)
        self._let_go()
        return len(reports)

    async def _snapshot(self) -> Snapshot:
        taken_at = self._clock()
        channels = await self._events.rows("Status", Variables="HOTLINE_CALLER")
        queues = await self._events.rows("QueueStatus")
        return snapshot_of(channels, queues, taken_at)

    def _lacking(self, snapshot: Snapshot) -> list[Report]:
        suspects = self._suspects(snapshot)
        known = self._reader.facts_of(suspects)
        # Whom the office calls the ledger knows first; what it never placed it does not make up.
        suspects -= {call_id for call_id in suspects if is_outward(call_id) and call_id not in known}
        reports: list[Report] = []
        for call_id in suspects:
            facts = known.get(call_id, [])
            lacking: list[CallFact] = []
            for told in self._told(call_id, snapshot):
                lacking += missing([*facts, *lacking], told)
            so_far = [*facts, *lacking]
            if so_far and fold(so_far, call_id).ended_at is None:
                lacking += gone(so_far, snapshot, self._booted_at)
            live = snapshot.calls.get(call_id)
            reports += [_report(fact, live.caller_number if live else None) for fact in lacking]
        return reports

    def _suspects(self, snapshot: Snapshot) -> set[str]:
        """Calls of which the ledger may know less than the PBX: the others' facts need not be read."""
        not_ended = self._reader.calls_not_ended()
        rows = self._reader.calls({*snapshot.calls, *self._pending})
        return {
            *(not_ended - snapshot.calls.keys()),
            *_doubtful(snapshot.calls, rows, tells_of),
            *_doubtful(self._pending, rows, tells_of_booked),
        }

    def _told(self, call_id: str, snapshot: Snapshot) -> Iterator[list[CallFact]]:
        """What either witness tells, the books first: they are exact."""
        if booked := self._pending.get(call_id):
            yield booked.facts(self._line, self._dialed_number, snapshot.agents.get)
        if live := snapshot.calls.get(call_id):
            yield live.facts(self._line, self._dialed_number, snapshot.agents)

    def _let_go(self) -> None:
        ended = [call_id for call_id, booked in self._pending.items() if booked.has_ended]
        if self._books:
            self._books.forget(ended)
        self._pending.clear()


def _doubtful(
    told: Mapping[str, Told], rows: Mapping[str, Any], tells: Callable[[Any, Told], bool]
) -> set[str]:
    return {call_id for call_id, one in told.items() if call_id not in rows or not tells(rows[call_id], one)}


def _report(fact: CallFact, caller_number: str | None) -> Report:
    return Report(fact, caller_number if isinstance(fact, CallArrived) else None)
