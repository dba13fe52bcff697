"""Callers whose telephone asks by requests: each turn of the walk is taken once, however often asked for.

A request names its turn and brings what was pressed in the one before. The reply is kept with the turn, so
the same request gets the same bytes again, on whichever node it arrives.
"""

import asyncio
from collections.abc import Callable

from sqlalchemy import Connection

from config.clock import Clock
from config.errors import Unavailable
from ivr import menu
from ivr.dialogue import REPLAY_KEY, Caller, Dialogue
from ivr.kept_walk import pack, unpack
from ivr.registration import Registrar
from ivr.steps import AskDigits, AskKey, Enqueue, HangUp, Heard, Register, Silent, Spoken, Walk
from ticketing.ledger import turns
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.ledger.turns import Turn
from ticketing.people.privacy import Vault
from ticketing.tickets.number import TicketNumber

TURN_SECONDS = 4.0
"""A reply that takes longer is a silence that callers hear; then they go on to people."""
SEALED_AS = "walk"

Reply = Callable[[Walk, Spoken | Enqueue | HangUp, int], bytes]
"""Puts the end of a turn into a telephone's words, in the writer's thread.

The number is that of the turn which comes next.
"""
Keep = Callable[[Connection, Walk, Spoken | Enqueue | HangUp], bytes]
"""Keeps the end of a turn, and returns the reply that is kept: this one, or the first."""


class TurnLost(Unavailable):
    """Nobody knows how far the caller was: the turn before was not kept, or its time is over."""

    def __init__(self) -> None:
        super().__init__(
            "Langkah penelepon tidak dikenal. Sambungkan ke petugas.",
            "The caller's step is not known. Put them through to an agent.",
        )


class Turns:
    """Takes callers through the walk, one request at a time."""

    def __init__(
        self, registrar: Registrar, journal: Journal, reader: Reader, vault: Vault, clock: Clock
    ) -> None:
        self._registrar = registrar
        self._journal = journal
        self._reader = reader
        self._vault = vault
        self._clock = clock

    async def take(self, caller: Caller, number: int, pressed: str, reply: Reply) -> bytes:
        """The reply to turn `number`, 0 being the first.

        Raises Unavailable: then the caller goes on to people.
        """
        try:
            async with asyncio.timeout(TURN_SECONDS):
                return await self._taken(caller, number, pressed, reply)
        except TimeoutError:
            raise TurnLost from None

    async def _taken(self, caller: Caller, number: int, pressed: str, reply: Reply) -> bytes:
        call_id = caller.call_id
        known, before = await asyncio.to_thread(self._read, call_id, number)
        if known is not None:
            return known.reply
        dialogue = Dialogue(self._registrar, caller)
        walk, heard = await self._heard(dialogue, caller, before, number, pressed)

        def keep(connection: Connection, walk: Walk, step: Spoken | Enqueue | HangUp) -> bytes:
            packed = self._vault.seal_for_office(_bound_to(call_id, number), pack(walk))
            new = Turn(packed, reply(walk, step, number + 1))
            return turns.keep(connection, call_id, number, new, self._clock())

        return await self._go_on(dialogue, call_id, walk, heard, keep)

    def _read(self, call_id: str, number: int) -> tuple[Turn | None, Turn | None]:
        with self._reader.connect() as connection:
            known = turns.turn(connection, call_id, number)
            before = turns.turn(connection, call_id, number - 1) if known is None and number else None
            return known, before

    async def _heard(
        self, dialogue: Dialogue, caller: Caller, before: Turn | None, number: int, pressed: str
    ) -> tuple[Walk, Heard]:
        """The walk so far, and what came of the turn before."""
        if number == 0:
            return await self._registrar.begin(caller), Heard()
        if before is None:
            raise TurnLost
        walk = unpack(self._vault.open_for_office(_bound_to(caller.call_id, number - 1), before.walk))
        if not isinstance(walk.said, Spoken):
            raise TurnLost
        # On such a telephone any key cuts a sentence short; what was not heard is said again.
        asks = isinstance(walk.said, AskKey | AskDigits)
        return walk, await dialogue.end(walk.said, pressed if asks or not pressed else REPLAY_KEY)

    async def _go_on(self, dialogue: Dialogue, call_id: str, walk: Walk, heard: Heard, keep: Keep) -> bytes:
        """On to the next step that the caller hears, or that ends the walk."""
        while True:
            walk, step = menu.next_step(self._registrar.office, walk, heard)
            if isinstance(step, Register):
                if kept := await self._registered(call_id, walk, keep):
                    return kept
                heard = Heard()
            elif isinstance(step, Silent):
                heard = await dialogue.work(step)
            else:
                break
        if isinstance(step, Spoken):
            await dialogue.begin(step)
        return await self._journal.do(lambda connection: keep(connection, walk, step))

    async def _registered(self, call_id: str, walk: Walk, keep: Keep) -> bytes | None:
        """The reply that tells the number, in one transaction with it; None where there is no number."""
        office = self._registrar.office

        def told(connection: Connection, ticket: TicketNumber) -> bytes:
            after, step = menu.next_step(office, walk, Heard(ticket=ticket))
            assert isinstance(step, Spoken)
            return keep(connection, after, step)

        return await self._registrar.issue_and(call_id, told)


def _bound_to(call_id: str, number: int) -> str:
    return f"{SEALED_AS}|{call_id}|{number}"
