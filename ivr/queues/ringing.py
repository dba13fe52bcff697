"""What a line without a queue of its own must be able to do, so that its callers can be handed out here."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RingAgent:
    """Ring the agent's phone for a caller, for `seconds` at most; the phone shows `label`.

    `leg_id` names the ring in the ledger, where it stands before anything rings.
    """

    call_id: str
    leg_id: str
    agent_id: str
    phone: str = field(repr=False)
    queue: str
    label: str
    seconds: int


class Ringing(Protocol):
    """The phones of such a line. What becomes of a ring comes back as facts."""

    async def ring(self, ring: RingAgent) -> None:
        """Let the phone ring; raises Unavailable, and Refused where that phone cannot be rung."""

    async def stop_ringing(self, leg_id: str) -> None:
        """Let it ring no more; one that does not is no error, and a talk goes on. Raises Unavailable."""

    def is_held_back(self, phone: str) -> bool:
        """Whether its agent is about to call a citizen, and is not to be rung."""
