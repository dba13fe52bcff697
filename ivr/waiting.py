"""Keys that callers press while they wait in the queue: each is answered, and the place stays theirs."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr import menu
from ivr.dialogue import REPLAY_KEY
from ivr.speech.digits import spoken_ticket
from ticketing import facts
from ticketing.facts import Report
from ticketing.ledger.reader import AnyRow
from ticketing.tickets.number import from_digits

if TYPE_CHECKING:
    from ivr.registration import Registrar


@dataclass(frozen=True, slots=True)
class Answer:
    """What a key brings: `reports` are recorded before `prompts` are said; `over` ends wait and call."""

    prompts: tuple[str, ...] = field(repr=False)
    reports: tuple[Report, ...] = ()
    slow: bool = False
    over: bool = False


NOT_KNOWN = Answer(("pilihan-salah",))


class Waiting:
    """Answers the keys of callers in the queue."""

    def __init__(self, registrar: "Registrar") -> None:
        self._registrar = registrar

    async def answer(self, call_id: str, key: str, once: str) -> Answer:
        """A topic, `*` for the number again, a call-back instead of the wait, or a cause.

        `once` tells this pressing of a key from the call's others.
        """
        call = await asyncio.to_thread(self._registrar.call, call_id)
        answer = self._way_of(key)
        return await answer(call, key, once) if call and answer else NOT_KNOWN

    def _way_of(self, key: str) -> "Callable[[AnyRow, str, str], Awaitable[Answer]] | None":
        office = self._registrar.office
        if key == REPLAY_KEY:
            return self._number
        if key == office.key_of("telepon-kembali", "call_back"):
            return self._call_back
        if key == office.key_of("peristiwa", "link_cause"):
            return self._cause
        return self._topic if office.category_of_key(key) else None

    async def _number(self, call: AnyRow, key: str, once: str) -> Answer:
        """Only to who was given it in this call, or keyed it in: a telephone may be a whole family's."""
        if not call.ticket_id:
            return NOT_KNOWN
        known = await asyncio.to_thread(self._registrar.is_callers_own, call)
        if not known:
            return Answer(("nomor-tidak-disebut",), slow=True)
        number = from_digits(call.ticket_id)
        return Answer(("nomor-anda", *spoken_ticket(number.serial_digits, number.check_digit)), slow=True)

    async def _topic(self, call: AnyRow, key: str, once: str) -> Answer:
        category = self._registrar.office.category_of_key(key)
        assert category is not None
        chosen = self._registrar.now_fact(
            facts.CategoryChosen, call.call_id, f"category/{once}", category=category.code
        )
        return Answer(("topik-dicatat",), (chosen,))

    async def _call_back(self, call: AnyRow, key: str, once: str) -> Answer:
        """The promise, then the line is free."""
        if not call.ticket_id or call.person_id is None:
            return NOT_KNOWN
        promise = menu.call_back(await self._registrar.promise_at())
        promised = self._registrar.now_fact(
            facts.CallBackPromised, call.call_id, "call-back", due_at=promise.due_at, reason=promise.reason
        )
        return Answer(promise.prompts, (promised,), over=True)

    async def _cause(self, call: AnyRow, key: str, once: str) -> Answer:
        """While exactly one is open: with more, nobody knows which was meant."""
        causes = self._registrar.causes.open_now()
        if len(causes) != 1 or not call.ticket_id:
            return NOT_KNOWN
        await self._registrar.causes.link(call.ticket_id, causes[0], call.call_id)
        return Answer(("peristiwa-dicatat",))
