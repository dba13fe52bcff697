"""Where there is no PBX: a recorded call, replayed to every open desk, so that there is something to see.

The facts are those of a real call (answered on the second ring), told again at their own pace with a
call id of their own; the caller's number is made up.
"""

import asyncio
import json
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from config.clock import Clock
from ticketing.facts import AgentBecameReady, AgentSignedIn, CallArrived, CallFact, Report
from ticketing.ledger.codec import from_body
from ticketing.ledger.journal import Journal
from ticketing.ledger.recorder import Registration

RECORDING = Path(__file__).parent / "recorded_call.jsonl"
LINE = "rekaman"
CALLER = "081200000042"
PHONE = "rekaman"
PAUSE_SECONDS = 10.0


class Replay:
    """Replays the recorded call to one agent."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._story: list[dict[str, Any]] = [json.loads(line) for line in RECORDING.read_text().splitlines()]

    async def run(self, agent_id: str) -> None:
        """Seat the agent and replay the call again and again, until cancelled."""
        await self._seat(agent_id)
        while True:
            await self.once(agent_id)
            await asyncio.sleep(PAUSE_SECONDS)

    async def once(self, agent_id: str, pace: float = 1.0) -> str:
        """Replay the call once, `pace` times as fast; returns its id."""
        call_id = f"{LINE}-{secrets.token_hex(6)}"
        began_at = self._clock()
        ticket_id = ""
        for entry in self._story:
            due = timedelta(seconds=entry["seconds"] / pace)
            await asyncio.sleep(max(0.0, (began_at + due - self._clock()).total_seconds()))
            if entry["kind"] == "ticket_registered":
                registration = Registration(call_id, self._clock())
                ticket_id = (await self._journal.register(registration)).ticket_id
            else:
                fact = self._fact(entry, call_id, agent_id, ticket_id)
                caller = CALLER if isinstance(fact, CallArrived) else None
                await self._journal.record(Report(fact, caller))
        return call_id

    def _fact(self, entry: dict[str, Any], call_id: str, agent_id: str, ticket_id: str) -> CallFact:
        stands_for = {"{agent}": agent_id, "{ticket}": ticket_id}
        body = {name: stands_for.get(value, value) for name, value in entry["body"].items()}
        fact = from_body(
            entry["kind"], f"{call_id}/{entry['key']}", self._clock(), body | {"call_id": call_id}
        )
        assert isinstance(fact, CallFact)
        return fact

    async def _seat(self, agent_id: str) -> None:
        at = self._clock()
        stamp = at.isoformat()
        signed_in = AgentSignedIn(
            key=f"{agent_id}/in/{stamp}", occurred_at=at, agent_id=agent_id, phone=PHONE
        )
        ready = AgentBecameReady(
            key=f"{agent_id}/ready/{stamp}", occurred_at=at + timedelta(microseconds=1), agent_id=agent_id
        )
        await self._journal.record(Report(signed_in), Report(ready))
