"""The one door for commands to telephones. A command changes nothing here: the fact that comes back does."""

from typing import Protocol

from config.errors import Conflict, NotFound


class NoSuchPhone(NotFound):
    """No phone of the office's has that name."""

    def __init__(self) -> None:
        super().__init__("Telepon itu tidak ada.", "There is no such telephone.")


class PhoneEngaged(Conflict):
    """The phone a caller was to go on to is in use, or not there now."""

    def __init__(self) -> None:
        super().__init__(
            "Telepon rekan itu sedang dipakai atau tidak aktif. Pilih rekan lain.",
            "That colleague's phone is in use, or not there. Choose another colleague.",
        )


class Switchboard(Protocol):
    """What a telephone system must be able to do for the agents; every method raises Unavailable."""

    async def add_agent(self, queue: str, phone: str, agent_id: str, *, paused: bool) -> None:
        """Let the queue ring `phone` for the agent; adding twice is no error."""

    async def remove_agent(self, queue: str, phone: str) -> None:
        """The queue rings `phone` no more; removing twice is no error."""

    async def pause_agent(self, queue: str, phone: str, *, paused: bool, reason: str) -> None:
        """Hold back or release the agent's phone."""

    async def hang_up(self, leg_id: str) -> None:
        """End the channel; one that is gone already is no error."""

    async def transfer(self, call_id: str, leg_id: str, phone: str) -> None:
        """Have the caller who talks on that leg go on to another of the office's phones.

        What becomes of it comes back as facts. Raises NoSuchPhone, and Refused where it cannot be done: the
        talk goes on then.
        """

    def new_call_id(self) -> str:
        """An id for the channel of an agent who is about to call a citizen, unique across boots."""

    async def call_citizen(self, call_id: str, phone: str, agent_id: str, number: str, label: str) -> None:
        """Ring the agent's phone, then the citizen at `number` (E.164); the agent's phone shows `label`.

        Raises Refused where the telephone system cannot do it. What becomes of it comes back as facts.
        """
