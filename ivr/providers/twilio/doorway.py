"""What a signed request of Twilio's is, and what answers one: a door for each path."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from config.errors import NotFound, Refused
from ivr.providers.twilio.signature import Form

_KEYS = re.compile(r"[0-9*#]{0,20}")


class NotThere(NotFound):
    """No address of ours."""

    def __init__(self) -> None:
        super().__init__("Alamat ini tidak ada.", "There is no such address.")


class OddForm(Refused):
    """Signed, and yet nothing a call of ours sends."""

    def __init__(self) -> None:
        super().__init__("Isi permintaan tidak dikenal.", "The form is not one of a call.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with a valid signature for one of the account's calls.

    `below` is what stands in its path behind the door's own, without the slash between; `query` is ours,
    as we wrote it into the address.
    """

    below: str
    query: Mapping[str, str]
    form: Form = field(repr=False)

    @property
    def call_id(self) -> str:
        """The call that asks: the caller's, or an agent's leg."""
        return self.form["CallSid"]

    @property
    def pressed(self) -> str:
        """The keys that were pressed; raises OddForm where they are none."""
        keys = self.form.get("Digits", "")
        if not _KEYS.fullmatch(keys):
            raise OddForm
        return keys


class Door(Protocol):
    """Answers the requests to one path and below it."""

    path: str

    async def answer(self, asked: Asked) -> bytes:
        """The document; raises NotThere, OddForm, and whatever befalls us."""

    def in_trouble(self, asked: Asked) -> bytes:
        """The document where `answer` failed: nobody is left with our fault."""
