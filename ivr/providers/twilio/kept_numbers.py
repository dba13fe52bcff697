"""The number an agent is about to call, sealed in the ledger until the agent has pressed a key.

It stands in no address: those are logged by whoever carries them. It is forgotten with the turns of callers.
"""

import asyncio

from config.clock import Clock
from ticketing.ledger import turns
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.people.privacy import Vault

SEALED_AS = "number"
ONLY_TURN = 0


class KeptNumbers:
    """Keeps one number for each call of the office's."""

    def __init__(self, journal: Journal, reader: Reader, vault: Vault, clock: Clock) -> None:
        self._journal = journal
        self._reader = reader
        self._vault = vault
        self._clock = clock

    async def keep(self, call_id: str, number: str) -> None:
        """Keep the number (E.164); raises Unavailable."""
        sealed, at = self._vault.seal_for_office(f"{SEALED_AS}|{call_id}", number.encode()), self._clock()
        kept = turns.Turn(sealed, b"")
        await self._journal.do(lambda connection: turns.keep(connection, call_id, ONLY_TURN, kept, at))

    async def number(self, call_id: str) -> str | None:
        """The number of that call; None where it is not known any more. Raises Unreadable."""
        kept = await asyncio.to_thread(self._read, call_id)
        return self._vault.open_for_office(f"{SEALED_AS}|{call_id}", kept).decode() if kept else None

    def _read(self, call_id: str) -> bytes | None:
        with self._reader.connect() as connection:
            row = turns.turn(connection, call_id, ONLY_TURN)
            return row.walk if row else None
