"""A ledger as a story leaves it, in the field's words: no ids, no stamps, nothing of the telephone system.

What was written by hand may stand with a tolerance: `6.5 +- 2` (seconds) or `2026-11-24 09.01 +- 2 min`.
"""

import itertools
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection, select

from config.clock import OFFICE_ZONE
from tests.builders import OFFICE, Desk
from ticketing import tables
from ticketing.calls.call import Call, Ring
from ticketing.facts import Fact, Provenance, TicketRegistered
from ticketing.ledger import codec
from ticketing.ledger.folded import FoldedCall, fold_call
from ticketing.ledger.reader import AnyRow

EXPECTED = Path(__file__).parent / "expected"
STORIES = tuple(sorted(file.stem for file in EXPECTED.glob("*.yaml")))
Told = dict[str, Any]
_MINUTES = "%Y-%m-%d %H.%M"
_ABOUT = re.compile(r"(.+?) \+- ([0-9.]+)(?: min)?")


def expected(story: str) -> Told:
    """The ledger that the story must leave."""
    told: Told = yaml.safe_load((EXPECTED / f"{story}.yaml").read_text())
    return told


def recorded(desk: Desk) -> list[Fact]:
    """Every fact that is in the journal, in its order."""
    with desk.reader.connect() as connection:
        rows = connection.execute(select(tables.journal).order_by(tables.journal.c.seq))
        return [codec.from_row(row) for row in rows]


def left_in(desk: Desk) -> Told:
    """The ledger that was left."""
    with desk.reader.connect() as connection:
        rows = connection.execute(select(tables.calls).order_by(tables.calls.c.arrived_at)).all()
        facts = desk.reader.facts_of([row.call_id for row in rows])
        calls = [fold_call(facts[row.call_id], row.call_id, OFFICE.sop) for row in rows]
        told = [fact for of_call in facts.values() for fact in of_call]
        registered = [fact.ticket_id for fact in told if isinstance(fact, TicketRegistered)]
        return {
            "calls": [
                _call(row, one, desk.reader.steps(row.call_id)) for row, one in zip(rows, calls, strict=True)
            ],
            "tickets": [
                _ticket(connection, row, registered.count(row.ticket_id))
                for row in connection.execute(select(tables.tickets).order_by(tables.tickets.c.ticket_id))
            ],
            "agents": {shift.agent_id: shift.state for shift in desk.reader.shifts()},
        }


def _call(row: AnyRow, folded: FoldedCall, steps: Any) -> Told:
    call = folded.call
    return {
        "made_by": "office" if row.outward else "citizen",
        "phase": row.phase,
        "outcome": row.outcome,
        "times_spoken": row.times_spoken,
        "category": row.category,
        "queue": row.queue,
        "place": row.queued_position,
        "rings": [_ring(call, ring) for ring in call.rings],
        "agent": row.agent_id,
        "ended_by": call.ended_by.value if call.ended_by else None,
        "wait_seconds": row.wait_seconds,
        "talk_seconds": row.talk_seconds,
        "hold_seconds": row.hold_seconds,
        "call_back_promised": _call_back(call.call_back_reason, call.call_back_due_at),
        "steps": _steps(folded, steps),
    }


def _ring(call: Call, ring: Ring) -> Told:
    answered = ring.leg_id == call.leg_id and call.answered_at is not None
    ended_at = call.answered_at if answered else ring.ended_at
    seconds = (ended_at - ring.rang_at).total_seconds() if ended_at else None
    return {"agent": ring.agent_id, "answered": answered, "seconds": seconds}


def _steps(folded: FoldedCall, rows: Any) -> Told:
    """The rows, and who acted last in each, which only the fold tells."""
    by = {timing.step.number: timing.by for timing in folded.steps}
    return {
        row.step: {
            "began": row.started_by,
            "ended": row.ended_by,
            "by": by.get(row.step),
            "seconds": row.seconds,
            "within": row.within,
        }
        for row in rows
    }


def _ticket(connection: Connection, row: AnyRow, registered: int) -> Told:
    outbox = tables.outbox.c
    owed = connection.execute(
        select(tables.outbox).where(outbox.ticket_id == row.ticket_id).order_by(outbox.owed_at, outbox.key)
    )
    return {
        "registered": registered,
        "state": row.state,
        "category": row.category,
        "owner": f"{row.owner_role} {row.owner_id}",
        "due": row.due_kind,
        "due_at": _instant(row.next_due_at),
        "limit_at": _instant(row.limit_at),
        "call_back": _call_back(row.call_back_reason, row.call_back_due_at),
        "messages": [
            f"{message.kind}, by {'text' if message.by_text else 'a person'}, "
            f"{'told' if message.told_at else 'owed'}"
            for message in owed
        ],
    }


def _call_back(reason: Any, due_at: datetime | None) -> Told | None:
    return {"reason": str(reason), "due_at": _instant(due_at)} if reason else None


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(OFFICE_ZONE).strftime(_MINUTES) if at else None


def differences(wanted: Any, found: Any, where: str = "") -> Iterator[str]:
    """Each place where a ledger is not as written by hand, as a line; none where it is."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in [*wanted, *(name for name in found if name not in wanted)]:
            at = f"{where}.{name}" if where else str(name)
            if name not in found or name not in wanted:
                yield f"{at}: {'not found' if name in wanted else f'not expected: {found[name]}'}"
                continue
            yield from differences(wanted[name], found[name], at)
    elif isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            yield f"{where}: {len(wanted)} expected, {len(found)} found: {found}"
        for place, (one, other) in enumerate(zip(wanted, found, strict=False)):
            yield from differences(one, other, f"{where}[{place}]")
    elif not _same(wanted, found):
        yield f"{where}: expected {wanted}, found {found}"


def _same(wanted: Any, found: Any) -> bool:
    about = _ABOUT.fullmatch(wanted) if isinstance(wanted, str) else None
    if about is None or found is None:
        return bool(wanted == found)
    tolerance = float(about[2])
    if isinstance(found, str):
        apart = datetime.strptime(found, _MINUTES) - datetime.strptime(about[1], _MINUTES)  # noqa: DTZ007
        return abs(apart) <= timedelta(minutes=tolerance)
    return abs(found - float(about[1])) <= tolerance


def check(desk: Desk, story: str, *, healed: bool = False) -> None:
    """Raises AssertionError with every difference.

    Of a ledger that was `healed`, boundaries may say so of themselves.
    """
    left = left_in(desk)
    found = list(differences(expected(story), _as_seen(left) if healed else left))
    assert not found, f"{story} is not as it must be:\n" + "\n".join(found)


def _as_seen(left: Told) -> Told:
    """The ledger as if what was healed had been observed."""
    for call in left["calls"]:
        for step in call["steps"].values():
            for boundary in ("began", "ended"):
                if step[boundary] == Provenance.RECONSTRUCTED:
                    step[boundary] = Provenance.OBSERVED.value
    return left


def about(story: str) -> str:
    """The story in words, as it stands at the head of its ledger."""
    lines = (EXPECTED / f"{story}.yaml").read_text().splitlines()
    head = itertools.takewhile(lambda line: line.startswith("#"), lines)
    return "\n".join(line.removeprefix("# ") for line in head)
