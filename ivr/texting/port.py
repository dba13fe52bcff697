"""What something that sends text messages must be able to do, and the ways in which it may fail."""

from typing import Protocol


class NotAccepted(Exception):
    """This message was not taken; it may be tried again."""


class GatewayAway(NotAccepted):
    """Nothing is taken at the moment, whomever it is for."""


class RefusedForGood(Exception):
    """It will never be taken: the number or the text is refused."""


class Unsure(Exception):
    """Taken or not: nobody knows."""


class Texts(Protocol):
    """Sends text messages. One that `knows_keys` sends what comes twice under the same key once."""

    knows_keys: bool

    async def send(self, number: str, text: str, key: str) -> None:
        """Hand over a message to `number` (E.164).

        Raises NotAccepted, GatewayAway, RefusedForGood or Unsure, in words without number and text.
        """

    async def close(self) -> None:
        """Let go of whatever is held open."""
