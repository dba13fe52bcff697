"""Keys that callers press while they wait in the queue: each is answered, and the place stays theirs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ivr import menu
from ivr.dialogue import REPLAY_KEY, Caller, Line, OpenDialogue
from ivr.speech.digits import spoken_ticket
from ivr.speech.prompts import sounds
from ticketing import facts
from ticketing.ledger.reader import AnyRow
from ticketing.tickets.number import from_digits

if TYPE_CHECKING:
    from ivr.registration import Registrar


class Waiting:
    """Answers one key of one caller in the queue."""

    def __init__(self, registrar: "Registrar", line: Line, caller: Caller) -> None:
        self._registrar = registrar
        self._line = line
        self._caller = caller

    async def hear(self, key: str) -> None:
        """A topic, `*` for the number again, a call-back instead of the wait, or a cause."""
        call = await asyncio.to_thread(self._registrar.call, self._caller.call_id)
        answer = self._answer(key)
        said = await answer(call, key) if call and answer else None
        await self._line.play(sounds(said or ("pilihan-salah",), slow=key == REPLAY_KEY), keys="")
        await self._line.disarm()

    def _answer(self, key: str) -> "Callable[[AnyRow, str], Awaitable[tuple[str, ...] | None]] | None":
        office = self._registrar.office
        if key == REPLAY_KEY:
            return self._number
        if key == office.key_of("telepon-kembali", "call_back"):
            return self._call_back
        if key == office.key_of("peristiwa", "link_cause"):
            return self._cause
        return self._topic if office.category_of_key(key) else None

    async def _number(self, call: AnyRow, key: str) -> tuple[str, ...] | None:
        """Only to who was given it in this call, or keyed it in: a telephone may be a whole family's."""
        if not call.ticket_id:
            return None
        known = await asyncio.to_thread(self._registrar.is_callers_own, call)
        if not known:
            return ("nomor-tidak-disebut",)
        number = from_digits(call.ticket_id)
        return ("nomor-anda", *spoken_ticket(number.serial_digits, number.check_digit))

    async def _topic(self, call: AnyRow, key: str) -> tuple[str, ...]:
        category = self._registrar.office.category_of_key(key)
        assert category is not None
        await self._registrar.record(
            self._registrar.fact_at(
                facts.CategoryChosen, self._caller.call_id, "category", category=category.code
            )
        )
        return ("topik-dicatat",)

    async def _call_back(self, call: AnyRow, key: str) -> tuple[str, ...] | None:
        """The promise, then the line is free: the dialplan hangs up instead of queueing again."""
        if not call.ticket_id or call.person_id is None:
            return None
        due_at = await self._registrar.promise_at()
        promise = menu.call_back(due_at)
        await OpenDialogue(self._registrar, self._line, self._caller).take(promise)
        await self._line.set_variable("HOTLINE_NEXT", "selesai")
        return ("jeda",)

    async def _cause(self, call: AnyRow, key: str) -> tuple[str, ...] | None:
        """While exactly one is open: with more, nobody knows which was meant."""
        causes = self._registrar.causes.open_now()
        if len(causes) != 1 or not call.ticket_id:
            return None
        await self._registrar.causes.link(call.ticket_id, causes[0], self._caller.call_id)
        return ("peristiwa-dicatat",)
