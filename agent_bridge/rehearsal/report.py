"""What a rehearsal amounts to: counted from the ledger, the PBX's books and the callers' ears. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ivr.probe.ears import Transcript
from ivr.speech.digits import DIGITS
from ticketing.calls.outcome import Outcome
from ticketing.reports.balance import calls_of_cel, endings_of_queue_log, unexplained

ABANDONED = (Outcome.ABANDONED, Outcome.ABANDONED_RINGING, Outcome.SHORT_ABANDON)
SPOKEN_DIGITS = 5
"""A day's number of four digits and its check digit."""


@dataclass(frozen=True, slots=True)
class NumberHeard:
    """A ticket number as a caller heard it, and when its last digit was over."""

    digits: str
    at_seconds: float


@dataclass(frozen=True, slots=True)
class Material:
    """All that a rehearsal left behind."""

    placed: int
    calls: Sequence[Any]
    tickets: Sequence[Any]
    steps: Sequence[Any]
    standards: dict[int, int | None]
    transcripts: dict[str, Transcript]
    queue_log: str
    cel: str


def numbers_heard(transcript: Transcript) -> list[NumberHeard]:
    """Every ticket number in the transcript: runs of digits heard whole."""
    found: list[NumberHeard] = []
    digits = ""
    for entry in transcript.heard:
        word = entry.name.rpartition("/")[2]
        digit = str(DIGITS.index(word)) if word in DIGITS and entry.share > 0.9 else ""
        digits = digits + digit if digit else ""
        if len(digits) == SPOKEN_DIGITS:
            found.append(NumberHeard(digits, entry.ends_at_seconds))
            digits = ""
    return found


def report(material: Material) -> dict[str, Any]:
    """The rehearsal's figures, as `hotline rehearse --json` prints them."""
    came_in = [call for call in material.calls if not call.outward]
    outcomes = [call.outcome for call in came_in]
    balance = unexplained(
        {call.call_id: call.outcome for call in material.calls},
        calls_of_cel(material.cel),
        endings_of_queue_log(material.queue_log),
        {call.call_id for call in material.calls if call.outward},
    )
    pops = [(call.pop_shown_at - call.rang_at).total_seconds() * 1000
            for call in material.calls if call.pop_shown_at and call.rang_at]  # fmt: skip
    return {
        "calls": {
            "placed": material.placed,
            "registered": sum(call.ticket_id is not None for call in came_in),
            "queued": sum(call.queued_at is not None for call in came_in),
            "answered": sum(outcome == Outcome.ANSWERED for outcome in outcomes),
            "abandoned": sum(outcome in ABANDONED for outcome in outcomes),
            "called_back": sum(call.outward and call.outcome == Outcome.ANSWERED for call in material.calls),
            "lost": material.placed - sum(outcome is not None for outcome in outcomes),
        },
        "tickets": {
            "issued": len(material.tickets),
            "unique": len({ticket.ticket_id for ticket in material.tickets}),
        },
        "call_backs_due": sum(ticket.call_back_due_at is not None for ticket in material.tickets),
        "sop": [
            _step(number, material)
            for number in sorted({row.step for row in material.steps})
            if material.standards.get(number)
        ],
        "pop": {"count": len(pops), "p50_ms": percentile(pops, 50), "p95_ms": percentile(pops, 95)},
        "heard": _heard(material.transcripts.values()),
        "unexplained": len(balance),
    }


def _step(number: int, material: Material) -> dict[str, Any]:
    rows = [row for row in material.steps if row.step == number and row.seconds is not None]
    seconds = [row.seconds for row in rows]
    return {
        "step": number,
        "count": len(rows),
        "within": sum(bool(row.within) for row in rows),
        "p50_seconds": percentile(seconds, 50),
        "p95_seconds": percentile(seconds, 95),
        "standard_seconds": material.standards[number],
    }


def _heard(transcripts: Iterable[Transcript]) -> dict[str, float | None]:
    all_ = list(transcripts)
    numbers = [numbers_heard(transcript) for transcript in all_]
    once = [found[0].at_seconds for found in numbers if found]
    twice = [found[1].at_seconds for found in numbers if len(found) > 1]
    longest = max((transcript.longest_silence_seconds for transcript in all_), default=0.0)
    return {
        "number_once_p95_seconds": percentile(once, 95),
        "number_twice_p95_seconds": percentile(twice, 95),
        "longest_silence_seconds": round(longest, 2),
    }


def percentile(values: Sequence[float], share: int) -> float | None:
    """The value that `share` percent do not exceed (nearest rank); None without values."""
    if not values:
        return None
    ranked = sorted(values)
    return round(ranked[math.ceil(len(ranked) * share / 100) - 1], 2)
