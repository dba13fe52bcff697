"""One act of a person on a case: allowed, once only, sealed, recorded and audited, in one transaction."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from config.clock import Clock
from config.errors import Conflict
from config.office import Office, Sop
from ticketing import case_facts, tables
from ticketing.calls.call import CallPhase
from ticketing.case_facts import CaseFact
from ticketing.desk.matrix import Deed
from ticketing.desk.once import Answer, Asked, once
from ticketing.desk.sight import Actor, NoSuchCase, require, require_case
from ticketing.facts import Provenance
from ticketing.ledger.cases import FoldedCase
from ticketing.ledger.journal import Journal
from ticketing.ledger.writing import Writing
from ticketing.people import complainant, texts
from ticketing.people.audit import write_audit
from ticketing.people.free_text import take_out_niks
from ticketing.people.privacy import Vault
from ticketing.tickets.case import Case

IN_TALK = (CallPhase.TALKING.value, CallPhase.WRAP_UP.value)


class NotNow(Conflict):
    """The case does not stand where this can be done."""


@dataclass(slots=True)
class Act:
    """An act while it is carried out: what it finds, and the facts it makes."""

    writing: Writing
    vault: Vault
    office: Office
    actor: Actor
    at: datetime
    request_id: str
    found: FoldedCase
    call_id: str | None
    facts: list[CaseFact] = field(default_factory=list)
    _person_id: str | None = None

    @property
    def connection(self) -> Connection:
        """The writer's transaction."""
        return self.writing.connection

    @property
    def ticket_id(self) -> str:
        """The ticket acted on."""
        return self.found.standing.ticket_id

    @property
    def case(self) -> Case:
        """The case as it was before this act."""
        return self.found.standing.case

    @property
    def person_id(self) -> str:
        """Whose words are sealed; who withheld their number gets a file now."""
        known = self._person_id or self.found.ticket["person_id"] or self.case.person_id
        if known is None:
            known = complainant.add_nameless(self.connection, self.vault, self.at)
            self.does(case_facts.ComplainantFiled, person_id=known)
        self._person_id = known
        return known

    @property
    def caller_holds_the_line(self) -> bool:
        """Whether the citizen is on the telephone at this moment, with whomever."""
        column = tables.calls.c
        on_the_line = select(column.call_id).where(
            column.phase == CallPhase.TALKING.value,
            or_(column.ticket_id == self.ticket_id, column.call_id.in_(self.case.call_ids)),
        )
        return self.connection.scalar(on_the_line.limit(1)) is not None

    @property
    def sop(self) -> Sop:
        """The SOP this case began under."""
        return self.writing.sop(self.found.ticket["sop_version"])

    @property
    def others_go_on_here(self) -> bool:
        """Whether other tickets are merged into this one."""
        column = tables.tickets.c
        merged = select(column.ticket_id).where(column.merged_into == self.ticket_id)
        return self.connection.scalar(merged.limit(1)) is not None

    def does(self, kind: type[CaseFact], provenance: Provenance = Provenance.INFERRED, **more: Any) -> None:
        """Make a fact of this act; recorded with the others when the act is over."""
        values = {"ticket_id": self.ticket_id, "during_call_id": self.call_id} | more
        self.facts.append(
            kind(
                key=f"{values['ticket_id']}/{self.request_id}/{len(self.facts)}",
                occurred_at=self.at,
                provenance=provenance,
                actor_id=self.actor.user_id,
                actor_role=self.actor.role.value,
                **values,
            )
        )

    def seal(self, name: str, value: str) -> str:
        """Seal what was written; returns the text's id. A NIK in it is taken out and offered to its field."""
        kept, niks = take_out_niks(value) if name not in texts.INDEXED else (value, ())
        self.offer_niks(niks)
        return self._write(name, kept)

    def offer_niks(self, niks: Iterable[str]) -> None:
        """Keep numbers found in free text for the NIK field, which the agent may fill with the last."""
        for one in niks:
            self._write(texts.OFFERED_NIK, one)

    def audits(self, action: str, reason_id: str | None = None, object_: str | None = None) -> None:
        """Write the act down where supervisors and admins look."""
        write_audit(
            self.connection, self.at, self.actor.user_id, action, object_ or self.ticket_id,
            role=self.actor.role.value, reason_id=reason_id,
        )  # fmt: skip

    def refuse_unless(self, possible: bool, id: str, en: str) -> None:
        """Raises NotNow with these words unless it is possible."""
        if not possible:
            raise NotNow(id, en)

    def refuse_if_over(self) -> None:
        """Raises NotNow where the case has ended."""
        self.refuse_unless(
            not self.case.is_over,
            "Tiket ini sudah berakhir. Buka kembali dahulu, dengan alasan.",
            "This ticket has ended. Reopen it first, with a reason.",
        )

    def carried_out(self, work: "Work") -> Answer:
        """Do the work and record its facts; says where the ticket stands then."""
        answer = work(self) or {}
        self.writing.record(*self.facts)
        now = self.writing.case(self.ticket_id)
        assert now is not None
        return {"ticket_id": self.ticket_id, "state": now.standing.state} | answer

    def _write(self, name: str, value: str) -> str:
        return texts.write(
            self.connection, self.vault, ticket_id=self.ticket_id, person_id=self.person_id,
            field=name, value=value, at=self.at, by=self.actor.user_id,
        )  # fmt: skip


Work = Callable[[Act], Answer | None]


class CaseDesk:
    """Carries out what signed-in people ask of a case."""

    def __init__(self, journal: Journal, vault: Vault, office: Callable[[], Office], clock: Clock) -> None:
        self._journal = journal
        self._vault = vault
        self._office = office
        self._clock = clock

    async def act(
        self, actor: Actor, deed: Deed, ticket_id: str, asked: Asked, work: Work, *, is_look: bool = False
    ) -> Answer:
        """Carry out `work` on the ticket, once for each key; raises NoSuchCase, NotYourDeed, NotNow.

        With `is_look` it shows what is personal: a repetition is judged and audited like the first.
        """
        require(actor, deed)
        return await self._journal.write(
            lambda writing: self._carry_out(writing, actor, deed, ticket_id, asked, work, is_look=is_look)
        )

    def _carry_out(
        self,
        writing: Writing,
        actor: Actor,
        deed: Deed,
        ticket_id: str,
        asked: Asked,
        work: Work,
        *,
        is_look: bool,
    ) -> Answer:
        found = writing.case(ticket_id)
        if found is None:
            raise NoSuchCase
        office, at = self._office(), self._clock()
        call_id = _talk_of(writing.connection, actor, found)
        require_case(actor, deed, found.ticket, office, at, in_talk=call_id is not None)
        request_id = asked.id_of(self._vault, actor.user_id)[:24]
        act = Act(writing, self._vault, office, actor, at, request_id, found, call_id)
        return once(
            writing.connection, self._vault, actor.user_id, asked, at, lambda: act.carried_out(work),
            again=is_look,
        )  # fmt: skip


def _talk_of(connection: Connection, actor: Actor, found: FoldedCase) -> str | None:
    """The call in which the actor talks, or has just talked, to the ticket's caller."""
    column = tables.calls.c
    engaged = select(column.call_id, column.ticket_id).where(
        column.engaged_agent_id == actor.user_id, column.phase.in_(IN_TALK)
    )
    for row in connection.execute(engaged):
        if row.ticket_id == found.standing.ticket_id or row.call_id in found.standing.case.call_ids:
            return str(row.call_id)
    return None
