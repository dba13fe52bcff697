"""Calling citizens: one action of an agent, through the desk's checks and the ledger to the telephone."""

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from config.clock import Clock
from config.errors import NotFound, Refused
from config.office import Office
from ivr.queues.calling import Calling, Errand
from ticketing.desk import call_backs, owed
from ticketing.desk.act import CaseDesk
from ticketing.desk.matrix import Deed
from ticketing.desk.once import Answer, Asked, is_known
from ticketing.desk.sight import Actor
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.people.audit import write_audit
from ticketing.people.dialling import check_number
from ticketing.people.privacy import Vault
from ticketing.tickets.number import from_digits

log = structlog.get_logger(__name__)


class NothingOwed(NotFound):
    """There is no call to be made now."""

    def __init__(self) -> None:
        super().__init__(
            "Tidak ada telepon balik yang dapat dilakukan sekarang.", "There is no call-back to be made now."
        )


class CallBackDesk:
    """Has the office's calls placed, one action of an agent each."""

    def __init__(
        self,
        desk: CaseDesk,
        vault: Vault,
        reader: Reader,
        journal: Journal,
        calling: Calling,
        office: Callable[[], Office],
        clock: Clock,
    ) -> None:
        self._desk = desk
        self._vault = vault
        self._reader = reader
        self._journal = journal
        self._calling = calling
        self._office = office
        self._clock = clock

    async def call_next(self, actor: Actor, asked: Asked) -> Answer:
        """Call whoever has waited longest; raises NothingOwed and what `call` raises."""
        with self._reader.connect() as connection:
            row = owed.next_owed(connection, actor.queue, self._office(), self._clock())
        if row is None:
            raise NothingOwed
        return await self.call(actor, row.ticket_id, asked)

    async def call(self, actor: Actor, ticket_id: str, asked: Asked) -> Answer:
        """Call the ticket's citizen; raises what `call_backs.place` and `Calling.place` refuse."""
        try:
            return await self._call(actor, ticket_id, asked)
        except Refused as refusal:
            await self._write_down(actor, ticket_id, refusal)
            raise

    async def _call(self, actor: Actor, ticket_id: str, asked: Asked) -> Answer:
        with self._reader.connect() as connection:
            known = is_known(connection, self._vault, actor.user_id, asked)
        if known:
            # Asked again: it gets its first answer, and nothing rings.
            return await self._place(actor, ticket_id, asked, "")
        answers: list[Answer] = []

        async def record(call_id: str) -> Errand:
            answers.append(await self._place(actor, ticket_id, asked, call_id))
            number = await asyncio.to_thread(self._number, ticket_id)
            return Errand(number, from_digits(ticket_id).short.replace("-", ""))

        await self._calling.place(actor.user_id, record)
        return answers[0]

    async def _place(self, actor: Actor, ticket_id: str, asked: Asked, call_id: str) -> Answer:
        work = partial(call_backs.place, call_id=call_id)
        return await self._desk.act(actor, Deed.CALL_BACK, ticket_id, asked, work)

    def _number(self, ticket_id: str) -> str:
        ticket = self._reader.ticket(ticket_id)
        person_id = ticket.person_id if ticket else None
        with self._reader.connect() as connection:
            number = call_backs.number_of(connection, self._vault, ticket_id, person_id)
        # Held against the patterns a moment ago, in the writer.
        return check_number(number, self._office().call_backs.allowed)

    async def _write_down(self, actor: Actor, ticket_id: str, refusal: Refused) -> None:
        """Whoever tries what is not allowed leaves a trace: toll fraud begins with tries."""
        log.warning("call to a citizen refused", agent_id=actor.user_id, refusal=type(refusal).__name__)
        action = f"call_back.refused.{type(refusal).__name__}"
        at, role = self._clock(), actor.role.value
        await self._journal.do(
            lambda connection: write_audit(connection, at, actor.user_id, action, ticket_id, role=role)
        )
