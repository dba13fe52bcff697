"""What handing calls out asks the ledger is found by indexes, however many calls are over."""

from pathlib import Path
from typing import Any

from sqlalchemy import event

from tests.builders import Desk, Story, a_desk, an_answered_call, at
from ticketing.ledger import distribution

ASKED = (
    lambda connection: distribution.waiting(connection, "pbx", 50),
    lambda connection: distribution.still_waiting(connection, "a"),
    lambda connection: distribution.ringing(connection, "pbx"),
    lambda connection: distribution.still_ringing(connection, "a", "a.1"),
    lambda connection: distribution.needless(connection, "pbx", at(0)),
    lambda connection: distribution.rung_for(connection, ["a", "b"]),
    lambda connection: distribution.rings_and_latest(connection, "a"),
    lambda connection: distribution.free_agents(connection),
)


def plans(desk: Desk) -> list[str]:
    """How SQLite carries out each statement that is asked."""
    told: list[tuple[str, Any]] = []
    with desk.engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", lambda *call: told.append(call[2:4]))
        for ask in ASKED:
            ask(connection)
        cursor = connection.connection.cursor()
        explained = [cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall() for sql, values in told]
    return [" / ".join(row[3] for row in rows) for rows in explained]


async def test_no_more_rows_are_read_as_the_ledger_grows(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(an_answered_call())
        await desk.record(Story("a", "rini").arrives().queues(5).rings(6).ends(7))

        told = plans(desk)

    assert len(told) > len(ASKED)
    assert not [plan for plan in told if "SCAN calls" in plan or "SCAN journal" in plan]
    free = next(plan for plan in told if "SCAN shifts" in plan and "SCALAR SUBQUERY" in plan)
    assert "ix_calls_agent_id_wrap_up_ended_at (agent_id=?" in free
    assert "ix_journal_agent_id_occurred_at (agent_id=?" in free
    assert any("ix_journal_agent_id_occurred_at (agent_id=? AND occurred_at>?)" in plan for plan in told)
