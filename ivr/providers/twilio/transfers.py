"""To whom a caller may be led on: the office's own telephones, by their names, and nobody else.

A number that is asked for is never dialled: whoever could would call the world at the office's cost.
Twilio takes a telephone's own transfer (SIP REFER) for no call that was put through from a queue
(twilio.com/docs/voice/api/refer-to-twilio), so a caller is led on by the REST API.
"""

from collections.abc import Mapping

from config.errors import NotFound


class NoSuchColleague(NotFound):
    """No telephone of the office's has that name."""

    def __init__(self) -> None:
        super().__init__("Telepon itu tidak ada.", "There is no such telephone.")


class Colleagues:
    """The telephones of the office's, by the names that may stand in an address."""

    def __init__(self, phones: Mapping[str, str]) -> None:
        self._phones = dict(phones)

    def phone(self, name: str) -> str | None:
        """The telephone of that name, if there is one."""
        return self._phones.get(name)
