"""A cause's answer becomes the solution of one ticket, in the writer's transaction: once for each version."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ticketing import case_facts, tables
from ticketing.case_facts import CaseFact
from ticketing.causes import book
from ticketing.ledger.cases import FoldedCase
from ticketing.ledger.reader import AnyRow
from ticketing.ledger.writing import Writing
from ticketing.people import complainant, texts
from ticketing.people.privacy import Vault

BY_MESSAGE, BY_AGENT = "message", "agent"
"""Who is to tell the citizen: a text, or an agent who calls."""


def give(writing: Writing, vault: Vault, ticket_id: str, at: datetime) -> bool:
    """Write the newest answer of the ticket's cause into it; False where it has it, or is to have none.

    Raises Unreadable where its citizen was erased.
    """
    found = writing.case(ticket_id)
    if found is None or found.standing.case.cause_id is None:
        return False
    cause = book.cause(writing.connection, found.standing.case.cause_id)
    if not _is_wanted(writing, found, cause):
        return False
    giving = _Giving(writing, vault, found, cause, at)
    giving.solution()
    return True


def key_of(ticket_id: str, cause_id: str, version: int) -> str:
    """The key of the fact that the ticket has that version of the answer."""
    return f"{ticket_id}/cause/{cause_id}/{version}"


def _is_wanted(writing: Writing, found: FoldedCase, cause: AnyRow) -> bool:
    """Read where it is written: another backend may have been faster, or the case has gone elsewhere."""
    if not cause.answer_version or found.standing.case.is_over or found.ticket["restricted"]:
        return False
    key = key_of(found.standing.ticket_id, cause.cause_id, cause.answer_version)
    return all(fact.key != key for fact in found.case_facts)


@dataclass(frozen=True, slots=True)
class _Giving:
    """One ticket on its way to the answer of its cause; whoever answers is the author of all of it."""

    writing: Writing
    vault: Vault
    found: FoldedCase
    cause: AnyRow
    at: datetime

    def solution(self) -> None:
        """The solution, and before it what is needed for it to stand: a file, and the problem in outline."""
        cause, case = self.cause, self.found.standing.case
        person_id = self._person()
        if case.outline_id is None and case.story_id is None:
            outline = self._seal(person_id, texts.OUTLINE, cause.title)
            self._does(case_facts.OutlineWritten, f"{cause.answer_version}/outline", text_id=outline)
        self._does(
            case_facts.SolutionWritten,
            str(cause.answer_version),
            text_id=self._seal(person_id, texts.SOLUTION, cause.answer),
            deliver_by=BY_MESSAGE if self._is_reached_by_text(person_id) else BY_AGENT,
            cause_id=cause.cause_id,
            cause_version=cause.answer_version,
        )

    def _person(self) -> str:
        """Whose words are sealed; who withheld their number gets a file now."""
        known: str | None = self.found.ticket["person_id"] or self.found.standing.case.person_id
        if known is None:
            known = complainant.add_nameless(self.writing.connection, self.vault, self.at)
            self._does(case_facts.ComplainantFiled, "filed", person_id=known)
        return known

    def _is_reached_by_text(self, person_id: str) -> bool:
        """A text reaches them, or they wish for nothing else, in whatever case of theirs."""
        column = tables.persons.c
        wish = select(column.text_only).where(column.person_id == person_id)
        standing = self.found.standing
        return standing.by_mobile or standing.case.text_only or bool(self.writing.connection.scalar(wish))

    def _seal(self, person_id: str, field: str, value: str) -> str:
        return texts.write(
            self.writing.connection, self.vault, ticket_id=self.found.standing.ticket_id,
            person_id=person_id, field=field, value=value, at=self.at, by=self.cause.answered_by,
        )  # fmt: skip

    def _does(self, kind: type[CaseFact], key: str, **more: Any) -> None:
        ticket_id = self.found.standing.ticket_id
        self.writing.record(
            kind(
                key=f"{ticket_id}/cause/{self.cause.cause_id}/{key}",
                occurred_at=self.at,
                ticket_id=ticket_id,
                actor_id=self.cause.answered_by,
                actor_role=self.cause.answered_role,
                **more,
            )
        )
