"""The stories as they are lived through, on whichever telephone system: who does what, and when.

Each is told in words at the head of its expected ledger.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

from tests.builders import MONDAY_MORNING
from ticketing import facts
from ticketing.calls.call import CallPhase

CITIZEN_E164 = "+6281200000042"
SUNDAY_EVENING = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)


class Stage(Protocol):
    """What people can do in a story. Agents' phones are counted from 0."""

    async def passes(self, seconds: float) -> None:
        """Time goes on."""

    async def does(self, deed: str) -> None:
        """An agent does something at the desk."""

    async def phone(self, number: int, ring_seconds: float | None, talk_seconds: float | None = None) -> str:
        """An agent's phone is on; its address. It is answered after that long, or (None) never.

        It hangs up after `talk_seconds`, or (None) is hung up on.
        """

    async def can_be_called(self, ring_seconds: float, talk_seconds: float) -> None:
        """The citizen is reached at their number from now on."""

    async def calls(self) -> None:
        """The citizen dials, and is at the first question."""

    async def presses(self, key: str) -> None:
        """The citizen presses a key."""

    async def hangs_up(self) -> None:
        """The citizen hangs up."""

    async def until(self, kind: type[facts.CallFact], times: int = 1) -> None:
        """Until that was recorded so often."""

    async def until_phase(self, agent_id: str, phase: CallPhase) -> None:
        """Until the agent's call has come so far."""


async def answered(stage: Stage) -> None:
    await sits_down(stage, "first", 0, 2.0)
    await registers(stage)
    await stage.passes(2)
    await stage.presses("1")
    await stage.passes(2)
    await stage.does("first becomes ready")
    await stage.until(facts.AgentAnswered)
    await stage.passes(4)
    await stage.does("first begins to close")
    await stage.passes(2)
    await stage.hangs_up()
    await recap(stage, "first")


async def abandoned(stage: Stage) -> None:
    await registers(stage)
    await stage.passes(3)
    await stage.presses("2")
    await stage.passes(6)
    await stage.hangs_up()


async def no_answer(stage: Stage) -> None:
    await sits_down(stage, "first", 0, None)
    await sits_down(stage, "second", 1, 2.0, 5.0)
    await stage.does("first becomes ready")
    await stage.does("second becomes ready")
    await registers(stage)
    await recap(stage, "second")


async def hang_up_in_menu(stage: Stage) -> None:
    await stage.calls()
    await stage.hangs_up()


async def transfer(stage: Stage) -> None:
    await sits_down(stage, "first", 0, 2.0)
    colleague = await stage.phone(1, 1.0)
    await stage.does("first becomes ready")
    await registers(stage)
    await stage.until(facts.AgentAnswered)
    await stage.passes(5)
    await stage.does(f"first hands on to {colleague}")
    await recap(stage, "first")
    await stage.passes(2)
    await stage.hangs_up()


async def call_back(stage: Stage) -> None:
    await stage.can_be_called(ring_seconds=2.0, talk_seconds=4.0)
    await sits_down(stage, "first", 0, 1.0)
    await registers(stage)
    await stage.passes(7)
    await stage.hangs_up()
    await stage.until(facts.CallEnded)
    await stage.passes(6)
    await stage.does("first becomes ready")
    await stage.does("first calls back")
    await recap(stage, "first")


async def after_hours(stage: Stage) -> None:
    await stage.calls()
    await stage.presses("1")


async def sits_down(
    stage: Stage, agent_id: str, number: int, ring_seconds: float | None, talk_seconds: float | None = None
) -> None:
    address = await stage.phone(number, ring_seconds, talk_seconds)
    await stage.does(f"{agent_id} sits down at {address}")


async def registers(stage: Stage) -> None:
    """The citizen asks for a number, hears it, and waits."""
    await stage.calls()
    await stage.presses("1")
    await stage.until(facts.CallQueued)


async def recap(stage: Stage, agent_id: str) -> None:
    """The agent has nothing left but the recap, and writes it."""
    await stage.until_phase(agent_id, CallPhase.WRAP_UP)
    await stage.passes(3)
    await stage.does(f"{agent_id} ends the recap")


SCRIPTS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    script.__name__: script
    for script in (answered, abandoned, no_answer, hang_up_in_menu, transfer, call_back, after_hours)
}
_BEGIN = {"after_hours": SUNDAY_EVENING}
_CALLS = {"call_back": 2}


def begins_at(story: str) -> datetime:
    """The story's first instant."""
    return _BEGIN.get(story, MONDAY_MORNING)


async def play(stage: Stage, story: str) -> None:
    """The whole story, until its last call is over."""
    await SCRIPTS[story](stage)
    await stage.until(facts.CallEnded, _CALLS.get(story, 1))
