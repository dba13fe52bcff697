"""An agent's shift: signed in, ready or not, signed out. What a call makes of an agent is the call's."""

from enum import StrEnum
from typing import Any

from ticketing.facts import AgentBecameNotReady, AgentBecameReady, AgentFact, AgentSignedIn, AgentSignedOut


class ShiftState(StrEnum):
    """Whether the agent may be rung, as far as the agent is concerned."""

    SIGNED_OUT = "signed_out"
    NOT_READY = "not_ready"
    READY = "ready"


SHIFT_STATES: dict[type[AgentFact], ShiftState] = {
    AgentSignedIn: ShiftState.NOT_READY,
    AgentBecameReady: ShiftState.READY,
    AgentBecameNotReady: ShiftState.NOT_READY,
    AgentSignedOut: ShiftState.SIGNED_OUT,
}
"""The state each fact of a shift leads to."""


def shift_row(fact: AgentFact) -> dict[str, Any]:
    """The shift's row after `fact`; the phone stays the one signed in with."""
    return {
        "agent_id": fact.agent_id,
        "state": SHIFT_STATES[type(fact)].value,
        "phone": getattr(fact, "phone", None),
        "reason": getattr(fact, "reason", None),
        "since_at": fact.occurred_at,
    }
