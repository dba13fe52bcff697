"""Who gets the next call, on a line whose telephone system keeps no queue of its own. Pure.

Callers are offered in the order of their places, each to the agent who has been idle longest. A ring in vain
costs the caller nothing: the place stays, and the next offer goes to somebody else if anybody is free.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller whose phone nobody is being rung for.

    `since_at` is when the place began, be it in an earlier call of the day; `rung_in_vain` are the agents who
    did not answer this caller, once for each time.
    """

    call_id: str
    since_at: datetime
    rung_in_vain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Idle:
    """An agent who is ready and has nothing on hand since `since_at`."""

    agent_id: str
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """Ring this agent for this caller."""

    call_id: str
    agent_id: str


def offers(waiting: Iterable[Waiting], idle: Iterable[Idle]) -> tuple[Offer, ...]:
    """All offers that can be made now; no agent and no caller is in two of them."""
    free = {agent.agent_id: agent for agent in idle}
    made = []
    for caller in sorted(waiting, key=lambda one: (one.since_at, one.call_id)):
        if not free:
            break
        chosen = min(free.values(), key=lambda agent: _turn(agent, caller))
        made.append(Offer(caller.call_id, free.pop(chosen.agent_id).agent_id))
    return tuple(made)


def _turn(agent: Idle, caller: Waiting) -> tuple[int, datetime, str]:
    """Whoever let this caller ring least often, then who has been idle longest; equals by name."""
    return caller.rung_in_vain.count(agent.agent_id), agent.since_at, agent.agent_id
