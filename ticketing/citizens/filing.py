"""Tickets without a call: what a citizen writes in the web form, or an agent types in from a slip."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from config.errors import Conflict, Refused, TooManyTries
from config.office import Office
from ticketing import case_facts, tables
from ticketing.case_facts import CITIZEN, CaseFact, Channel, Contact, Origin
from ticketing.citizens.form import Form
from ticketing.facts import Provenance
from ticketing.ledger.writing import Writing
from ticketing.people import complainant, nik, phone_number, texts
from ticketing.people.audit import write_audit
from ticketing.people.free_text import take_out_niks
from ticketing.people.privacy import Vault
from ticketing.tickets.calendar import Calendar

OPEN_A_DAY = 3
"""Tickets of one number that may be registered by web on one day."""
NOT_ASKED = "Tidak diisi pada formulir web atau slip; petugas menanyakannya bila perlu."
"""Why fields that the type requires are empty: without the citizen on the line nobody can insist."""
TICKET = tables.tickets.c


class EnoughToday(TooManyTries):
    """That number registered as much as may be today."""

    def __init__(self) -> None:
        super().__init__(
            "Sudah cukup banyak pendaftaran untuk nomor ini hari ini. Silakan menelepon kami.",
            "There are enough registrations for this number today. Please call us.",
        )


class NotReserved(Conflict):
    """The slip's number was not printed for paper, or was typed in before."""

    def __init__(self) -> None:
        super().__init__(
            "Nomor itu bukan nomor slip, atau sudah pernah diketik. Periksa nomor dan angka terakhirnya.",
            "That is no slip's number, or it was typed in before. Check the number and its last digit.",
        )


class WrongTime(Refused):
    """A slip was not filled in before it was printed, nor will be."""

    def __init__(self) -> None:
        super().__init__(
            "Waktu pada slip harus sesudah slip dicetak dan sebelum sekarang.",
            "The slip's time must be after it was printed and before now.",
        )


@dataclass(slots=True)
class Filing:
    """One form while it becomes a ticket."""

    writing: Writing
    vault: Vault
    office: Office
    at: datetime
    origin: Origin
    actor_id: str = CITIZEN
    actor_role: str = CITIZEN

    def by_web(self, form: Form) -> str:
        """Register it under a number of its own; its id. Raises EnoughToday and what `check` does."""
        form.check(self.office)
        person_id = self._person(form)
        self._refuse_if_enough(person_id)
        ticket_id = self.writing.next_number(self.at)
        self._file(ticket_id, person_id, form)
        return ticket_id

    def from_paper(self, ticket_id: str, happened_at: datetime, form: Form, now: datetime) -> None:
        """Take the slip in under its own number, at its own time. Raises NotReserved, WrongTime."""
        column, connection = tables.reserved_numbers.c, self.writing.connection
        slip = connection.execute(
            select(tables.reserved_numbers).where(column.ticket_id == ticket_id)
        ).one_or_none()
        if slip is None or slip.used_at is not None:
            raise NotReserved
        if not slip.reserved_at <= happened_at <= now:
            raise WrongTime
        form.check(self.office)
        used = tables.reserved_numbers.update().where(column.ticket_id == ticket_id).values(used_at=now)
        connection.execute(used)
        self._file(ticket_id, self._person(form), form)
        write_audit(connection, now, self.actor_id, "paper.enter", ticket_id, role=self.actor_role)

    def _person(self, form: Form) -> str:
        """Whoever is known by that number; without one somebody nobody knows yet."""
        if number := form.number:
            return complainant.known_as(self.writing.connection, self.vault, number, self.at)
        return complainant.add_nameless(self.writing.connection, self.vault, self.at)

    def _file(self, ticket_id: str, person_id: str, form: Form) -> None:
        # The ticket's row names it, so it is kept first.
        sop = self.writing.sop(self.office.sop.version).version
        mobile = form.number is not None and phone_number.is_mobile(form.number)
        self._record(
            ticket_id,
            "registered",
            case_facts.CaseRegistered,
            origin=self.origin,
            person_id=person_id,
            sop_version=sop,
            by_mobile=mobile,
        )
        if form.contact is Contact.TEXT:
            more = {"person_id": person_id, "contact": form.contact}
            self._record(ticket_id, "contact", case_facts.ContactPreferred, **more)
        self._record(ticket_id, "begun", case_facts.EntryBegun)
        self._identify(ticket_id, person_id, form)
        text_id = self._seal(ticket_id, person_id, texts.STORY, form.story)
        of_form = {"ticket_type": form.ticket_type, "category": form.category, "text_id": text_id}
        self._record(ticket_id, "complaint", case_facts.ComplaintRecorded, **of_form)
        if form.solution:
            solution = self._seal(ticket_id, person_id, texts.SOLUTION, form.solution)
            self._record(ticket_id, "solution", case_facts.SolutionWritten, text_id=solution)
            if form.closed:
                self._close(ticket_id, text_id, solution)

    def _close(self, ticket_id: str, problem_id: str, solution_id: str) -> None:
        """Told and settled while the citizen was there: what the desk would have recorded then."""
        self._record(ticket_id, "told", case_facts.SolutionDelivered, channel=Channel.LIVE_CALL)
        self._record(ticket_id, "confirmed", case_facts.CitizenConfirmed, satisfied=True)
        of_recap = {"problem_id": problem_id, "solution_id": solution_id}
        told = {"told_by": self.actor_id, "told_at": self.at}
        self._record(ticket_id, "recap", case_facts.RecapWritten, **of_recap, **told)
        self._record(ticket_id, "closed", case_facts.CaseClosed)

    def _identify(self, ticket_id: str, person_id: str, form: Form) -> None:
        self._seal(ticket_id, person_id, texts.NAME, form.name)
        fields = [texts.NAME, *(["district"] if form.district else [])]
        if form.nik:
            doubted = bool(form.nik_warnings)
            self._write(ticket_id, person_id, texts.OFFERED_NIK if doubted else texts.NIK, nik.tidy(form.nik))
            fields += [] if doubted else [texts.NIK]
        left_empty = form.missing(self.office)
        reason_id = self._seal(ticket_id, person_id, texts.REASON, NOT_ASKED) if left_empty else None
        self._record(
            ticket_id, "identity", case_facts.IdentityRecorded, fields=tuple(fields),
            district=form.district, overridden=left_empty, reason_id=reason_id,
        )  # fmt: skip

    def _seal(self, ticket_id: str, person_id: str, field: str, value: str) -> str:
        """Seal free text; a NIK in it is taken out and offered to its field, as at the desk."""
        kept, niks = take_out_niks(value)
        for one in niks:
            self._write(ticket_id, person_id, texts.OFFERED_NIK, one)
        return self._write(ticket_id, person_id, field, kept)

    def _write(self, ticket_id: str, person_id: str, field: str, value: str) -> str:
        return texts.write(
            self.writing.connection, self.vault, ticket_id=ticket_id, person_id=person_id,
            field=field, value=value, at=self.at, by=self.actor_id,
        )  # fmt: skip

    def _record(self, ticket_id: str, key: str, kind: type[CaseFact], **more: Any) -> None:
        on_paper = self.origin is Origin.PAPER
        self.writing.record(
            kind(
                key=f"{ticket_id}/{self.origin.value}/{key}",
                occurred_at=self.at,
                provenance=Provenance.RECONSTRUCTED if on_paper else Provenance.DECLARED,
                ticket_id=ticket_id,
                actor_id=self.actor_id,
                actor_role=self.actor_role,
                **more,
            )
        )

    def _refuse_if_enough(self, person_id: str) -> None:
        today = Calendar.day_began(self.at)
        mine = select(func.count()).where(
            TICKET.person_id == person_id, TICKET.origin == Origin.WEB.value, TICKET.registered_at >= today
        )
        if (self.writing.connection.scalar(mine) or 0) >= OPEN_A_DAY:
            raise EnoughToday
