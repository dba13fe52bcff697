"""Whether the public address leads to this very installation: a signed question that it alone can answer.

The question is a call's identifier that no call has. The answer is made with the installation's own key, so
neither another installation of the same account nor a proxy can give it; nothing is written down.
"""

from typing import Protocol

from ivr.providers.twilio.twiml import Say, render
from ticketing.people.privacy import Vault

PROOF = "/twilio/check"
_FIELD = "twilio-check"


class Question(Protocol):
    """A request with a valid signature."""

    @property
    def call_id(self) -> str:
        """What is asked."""


class OwnProof:
    """Answers such questions."""

    path = PROOF

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def answer(self, asked: Question) -> bytes:
        """The document that proves it."""
        return proof(self._vault, asked.call_id)

    def in_trouble(self, asked: Question) -> bytes:
        """No proof."""
        return render(())


def proof(vault: Vault, question: str) -> bytes:
    """What this installation, and no other, answers."""
    return render((Say(vault.blind(_FIELD, question)),))
