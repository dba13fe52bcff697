"""`hotline probe`: calls one after the other, each judged, marked in the ledger and kept in the record."""

import asyncio
import contextlib
import fcntl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from agent_bridge.house import open_ledger, read_office
from agent_bridge.probe import record
from agent_bridge.probe.calling import Listened, ProbeCall
from agent_bridge.probe.own_calls import OwnCalls, Span, spoken
from agent_bridge.probe.place import Place, as_running, place_of, vocabulary
from agent_bridge.probe.record import Record, Timing
from config.clock import now
from config.errors import Conflict, Text, Unavailable
from config.office import OfficeKeeper
from config.settings import Settings
from ivr.probe.ears import Vocabulary
from ivr.probe.expected import Expected, expected, readings
from ivr.probe.judgement import Fault, Heard, Reason, judge, not_picked_up
from ivr.probe.softphone import NotPickedUp
from ticketing.ledger.journal import LedgerBusy
from ticketing.ledger.reader import AnyRow


class ProbesAlready(Conflict):
    """Another probe calls at this moment."""

    def __init__(self) -> None:
        super().__init__("Probe lain sedang menelepon.", "Another probe is calling at this moment.")


class NoLedger(Unavailable):
    """The ledger cannot be read, so that no call could be marked."""

    def __init__(self) -> None:
        super().__init__(
            "Buku besar tidak dapat dibaca; tanpa itu probe tidak menelepon.",
            "The ledger cannot be read; without it the probe does not call.",
        )


class NoPort(Unavailable):
    """The machine gave the probe no way out."""

    def __init__(self) -> None:
        super().__init__(
            "Probe tidak dapat menelepon dari komputer ini: periksa HOTLINE_PROBE_HOST dan jaringan.",
            "The probe cannot call from this machine: look at HOTLINE_PROBE_HOST and the network.",
        )


@dataclass(frozen=True, slots=True)
class Result:
    """One call: when it was placed, what failed if anything, and what was heard."""

    at: datetime
    fault: Fault | None
    timing: Timing
    listened: Listened | None = None
    number_is_ledgers: bool = False

    def to_json(self) -> dict[str, Any]:
        """For machines; the transcript with its times and silences."""
        text = self.fault.text if self.fault else None
        return {
            "at": self.at.isoformat(),
            "ok": self.fault is None,
            "reason": self.fault.reason.value if self.fault else None,
            "id": text and text.id,
            "en": text and text.en,
            "answered_seconds": self.timing.answered_seconds,
            "number_seconds": self.timing.number_seconds,
            "longest_silence_seconds": self.timing.longest_silence_seconds,
            "number_is_ledgers": self.number_is_ledgers,
            "transcript": self.listened.transcript.to_json() if self.listened else [],
        }


async def probe(settings: Settings, calls: int) -> AsyncIterator[tuple[Result, Record]]:
    """Place the calls; each result with the record after it. Raises Refused where none can be placed."""
    with _alone(settings):
        used = as_running(settings)
        keeper = read_office(used)
        words = await asyncio.to_thread(vocabulary, used)
        try:
            with contextlib.closing(open_ledger(settings, keeper)) as ledger:
                own = OwnCalls(ledger, settings.probe_number)
                for _ in range(calls):
                    yield await _once(settings, keeper, words, own)
        except SQLAlchemyError:
            # Its text may quote values.
            raise NoLedger from None


async def _once(
    settings: Settings, keeper: OfficeKeeper, words: Vocabulary, own: OwnCalls
) -> tuple[Result, Record]:
    kept = record.read(settings)
    at = now()
    unsettled = [span for span in kept.spans(at) if not await _settled(own, span)]
    place = place_of(settings)
    if place is None:
        result = Result(at, _nobody_runs(), Timing())
    else:
        expect = expected(keeper.office, at, has_open_ticket=own.has_open_ticket())
        result, missing = await _call(place, expect, words, own)
        unsettled += [missing] if missing else []
    kept = kept.after(result.fault, result.timing, now()).owing(unsettled)
    record.write(settings, kept)
    return result, kept


async def _call(
    place: Place, expect: Expected, words: Vocabulary, own: OwnCalls
) -> tuple[Result, Span | None]:
    """One call, and its span where the ledger did not have it yet."""
    at = now()
    try:
        call = ProbeCall(place)
    except OSError:
        raise NoPort from None
    try:
        listened = await asyncio.to_thread(call.listen, expect, words)
        span = Span(at, now())
        # Marked while the line is up: nobody is called who is on the telephone.
        found = await _found(own, span, _digits(listened))
    except NotPickedUp as refused:
        # A PBX that said nothing has no call to look for.
        missing = Span(at, now()) if refused.status else None
        return Result(at, not_picked_up(refused.status), Timing()), missing
    except OSError:
        raise NoPort from None
    finally:
        await asyncio.to_thread(call.close)
    return _judged(at, listened, expect, found), None if found else span


def _judged(at: datetime, listened: Listened, expect: Expected, found: AnyRow | None) -> Result:
    in_ledger = spoken(found) if found else None
    heard = Heard(listened.transcript, listened.over_at_seconds, listened.cut_off, in_ledger)
    first = next((one for one in readings(listened.transcript) if one.is_whole), None)
    timing = Timing(
        round(listened.answered_after_seconds, 2),
        round(first.ends_at_seconds, 2) if first else None,
        round(listened.transcript.longest_silence_seconds, 2),
    )
    is_ledgers = first is not None and first.digits == in_ledger
    return Result(at, judge(heard, expect), timing, listened, is_ledgers)


def _digits(listened: Listened) -> str | None:
    return next((one.digits for one in readings(listened.transcript) if one.is_whole), None)


async def _found(own: OwnCalls, span: Span, digits: str | None) -> AnyRow | None:
    try:
        return await own.settle(span, digits)
    except LedgerBusy:
        return None


async def _settled(own: OwnCalls, span: Span) -> bool:
    """Whether a call of an earlier run is in the ledger by now, and marked."""
    try:
        return await own.settle(span, None, 0.0, is_long_over=True) is not None
    except LedgerBusy:
        return False


def _nobody_runs() -> Fault:
    return Fault(
        Reason.NOT_PICKED_UP,
        Text(
            "Panggilan tidak diangkat: tidak ada hotline yang berjalan di sini.",
            "The call was not picked up: no hotline runs here.",
        ),
    )


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One probe at a time: two of one number could not be told apart."""
    folder = settings.folder / "probe"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProbesAlready from None
        yield
