"""Calling citizens: one action of an agent, through the desk's checks and the ledger to the telephone."""

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from config.clock import Clock
from config.errors import NotFound, Refused, Unavailable
from config.office import Office
from ivr.queues.roster import Roster
from ivr.switchboard import Switchboard
from ticketing import facts
from ticketing.desk import call_backs, owed
from ticketing.desk.act import CaseDesk
from ticketing.desk.matrix import Deed
from ticketing.desk.once import Answer, Asked
from ticketing.desk.sight import Actor
from ticketing.facts import Report
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.people.audit import write_audit
from ticketing.people.dialling import check_number
from ticketing.people.privacy import Vault
from ticketing.tickets.number import from_digits

NOT_PICKED_UP = "AGENT"
"""The status of a call whose own agent's telephone could not be rung."""

log = structlog.get_logger(__name__)


class NothingOwed(NotFound):
    """There is no call to be made now."""

    def __init__(self) -> None:
        super().__init__(
            "Tidak ada telepon balik yang dapat dilakukan sekarang.", "There is no call-back to be made now."
        )


class Calling:
    """Places the office's calls to citizens, one action of an agent each."""

    def __init__(
        self,
        desk: CaseDesk,
        vault: Vault,
        reader: Reader,
        journal: Journal,
        roster: Roster,
        switchboard: Switchboard,
        office: Callable[[], Office],
        clock: Clock,
    ) -> None:
        self._desk = desk
        self._vault = vault
        self._reader = reader
        self._journal = journal
        self._roster = roster
        self._switchboard = switchboard
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
        """Call the ticket's citizen; raises what `call_backs.place` refuses, and Unavailable."""
        phone = self._roster.phone_of(actor.user_id)
        call_id = self._switchboard.new_call_id()
        try:
            answer = await self._desk.act(
                actor, Deed.CALL_BACK, ticket_id, asked, partial(call_backs.place, call_id=call_id)
            )
        except Refused as refusal:
            await self._write_down(actor, ticket_id, refusal)
            raise
        if answer["call_id"] == call_id:
            await self._dial(actor.user_id, ticket_id, call_id, phone)
        return answer

    async def _dial(self, agent_id: str, ticket_id: str, call_id: str, phone: str) -> None:
        number = await asyncio.to_thread(self._number, ticket_id)
        label = from_digits(ticket_id).short.replace("-", "")
        try:
            await self._roster.place_call(call_id, agent_id, phone, number, label)
        except Unavailable:
            not_reached = facts.CitizenNotReached(
                key=f"{call_id}/not-reached", occurred_at=self._clock(), call_id=call_id, status=NOT_PICKED_UP
            )
            await self._journal.record(Report(not_reached))
            raise

    def _number(self, ticket_id: str) -> str:
        ticket = self._reader.ticket(ticket_id)
        with self._reader.connect() as connection:
            number = call_backs.number_of(
                connection, self._vault, ticket_id, ticket.person_id if ticket else None
            )
        # Held against the patterns a moment ago, in the writer.
        return check_number(number, self._office().call_backs.allowed)

    async def _write_down(self, actor: Actor, ticket_id: str, refusal: Refused) -> None:
        """Whoever tries what is not allowed leaves a trace: toll fraud begins with tries (SEC-11)."""
        log.warning("call to a citizen refused", agent_id=actor.user_id, refusal=type(refusal).__name__)
        action = f"call_back.refused.{type(refusal).__name__}"
        at, role = self._clock(), actor.role.value
        await self._journal.do(
            lambda connection: write_audit(connection, at, actor.user_id, action, ticket_id, role=role)
        )
