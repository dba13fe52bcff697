"""The ledger held against the PBX's own books: each call in both, ended the same way. Pure."""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ticketing.calls.outcome import Outcome

ENDINGS = {
    "CONNECT": frozenset({Outcome.ANSWERED}),
    "ABANDON": frozenset({Outcome.ABANDONED, Outcome.SHORT_ABANDON, Outcome.ABANDONED_RINGING}),
    "EXITWITHTIMEOUT": frozenset({Outcome.TURNED_AWAY}),
    "EXITEMPTY": frozenset({Outcome.TURNED_AWAY}),
    "FULL": frozenset({Outcome.TURNED_AWAY}),
}
"""How queue_log says a call left the queue, and the outcomes that agree with it."""
WITHOUT_ENDING = frozenset(
    {
        Outcome.LEFT_IN_GREETING,
        Outcome.LEFT_IN_REGISTRATION,
        Outcome.LEFT_HEARING_NUMBER,
        Outcome.AFTER_HOURS,
        Outcome.CALL_BACK_ASKED,
        Outcome.STATUS_HEARD,
        Outcome.CUT_OFF,
    }
)
"""Outcomes of calls that queue_log does not end: they never queued, left by a key, or the PBX died."""
OUTWARD = frozenset({Outcome.ANSWERED, Outcome.NOT_REACHED})
"""Outcomes of calls that the office made: no queue has anything to do with them."""


@dataclass(frozen=True, slots=True)
class Unexplained:
    """A call on which the books differ."""

    call_id: str
    ledger: str | None
    pbx: str | None


def calls_of_cel(text: str) -> set[str]:
    """The calls of a CEL file: channels that began a call of their own."""
    rows = csv.reader(text.splitlines())
    return {row[2] for row in rows if len(row) > 3 and row[0] == "CHAN_START" and row[2] == row[3]}


def endings_of_queue_log(text: str) -> dict[str, str]:
    """How each queued call left the queue for good."""
    endings = {}
    for line in text.splitlines():
        fields = line.split("|")
        if len(fields) > 4 and fields[4] in ENDINGS:
            endings[fields[1]] = fields[4]
    return endings


def unexplained(
    ledger: Mapping[str, str | None],
    cel: Collection[str],
    queue_log: Mapping[str, str],
    outward: Collection[str] = (),
) -> list[Unexplained]:
    """The calls on which ledger (call to outcome), CEL and queue_log do not agree.

    `outward` are those that the office made by what the ledger says.
    """
    found = []
    for call_id in sorted(set(cel) | set(ledger) | set(queue_log)):
        outcome, ending = ledger.get(call_id), queue_log.get(call_id)
        agree = _agree(outcome, ending, call_id in cel, outward=call_id in outward)
        if not agree:
            found.append(Unexplained(call_id, outcome, ending))
    return found


def _agree(outcome: str | None, ending: str | None, in_cel: bool, *, outward: bool) -> bool:
    if outward and ending is None:
        # A phone that could not be rung, an agent's that is switched off, never was a channel.
        return outcome in OUTWARD and (in_cel or outcome == Outcome.NOT_REACHED)
    return in_cel and outcome is not None and outcome in (ENDINGS[ending] if ending else WITHOUT_ENDING)
