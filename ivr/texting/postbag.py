"""One message as it stands in the writer's transaction: whether it may go now, where to, what it settles."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select

from ticketing import tables
from ticketing.case_facts import Origin, ReferredElsewhere, SolutionWritten
from ticketing.ledger.cases import FoldedCase
from ticketing.ledger.writing import Writing
from ticketing.people import complainant, texts
from ticketing.people.phone_number import is_mobile, normalise
from ticketing.people.privacy import Vault
from ticketing.tickets.case import Case, Stage
from ticketing.tickets.follow_up import call_back_owed
from ticketing.tickets.messages import Message, MessageKind

ON_THE_LINE_AGAIN = timedelta(seconds=5)
NOT_NOW_AGAIN = timedelta(minutes=1)
BY_MESSAGE = "message"
"""What stands in a solution's `deliver_by` where a text is to tell the citizen."""
ANSWERED = frozenset({Stage.SOLVED, Stage.REFERRED, Stage.AWAITING_CONFIRMATION, Stage.SETTLED})
"""Where a case stands as long as its answer holds."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that is still owed, and the case it is about."""

    writing: Writing
    vault: Vault
    found: FoldedCase
    message: Message

    @property
    def person_id(self) -> str | None:
        """Whom it is for."""
        known: str | None = self.found.ticket["person_id"] or self.found.standing.case.person_id
        return known

    def waits(self) -> timedelta | None:
        """How long it had better wait: an agent tells who is on the line, and no answer goes out that fell.

        The number goes out at once, the sooner the better.
        """
        if self.message.kind is MessageKind.NUMBER:
            return None
        if self._on_the_line():
            return ON_THE_LINE_AGAIN
        put_off = self.message.kind is MessageKind.CALL_BACK and call_back_owed(self.found.standing) is None
        return NOT_NOW_AGAIN if put_off or not self._still_true() else None

    def number(self) -> str | None:
        """Where texts reach the citizen (E.164): what the agent wrote down, else where they called from."""
        connection, ticket_id = self.writing.connection, self.found.standing.ticket_id
        written = texts.latest(connection, self.vault, ticket_id, (texts.PHONE,)).get(texts.PHONE)
        number = normalise(written or complainant.phone(connection, self.vault, self.person_id))
        return number if number and is_mobile(number) else None

    def read(self, text_id: str) -> str | None:
        """The text, if it was written about this citizen's own case: another's is told by a person."""
        column = tables.texts.c
        about = self.writing.connection.scalar(select(column.person_id).where(column.text_id == text_id))
        own = about is not None and about == self.person_id
        return texts.read(self.writing.connection, self.vault, text_id) if own else None

    def outdated(self) -> Iterable[Message]:
        """Answers of before that are owed still: they do not hold any more, and this one stands for them."""
        return [
            one
            for one in self.found.messages
            if one.told_at is None and one.kind is MessageKind.SOLUTION and one.owed_at < self.message.owed_at
        ]

    def delivers_as(self) -> str | None:
        """Whose answer the text is, if it is how the citizen hears it and no call follows."""
        case, fact = self.found.standing.case, self.message.fact
        is_own = fact is not None and fact.ticket_id == case.ticket_id and self._still_true()
        open_to_it = case.stage in (Stage.SOLVED, Stage.REFERRED)
        by_text = isinstance(fact, SolutionWritten) and fact.deliver_by == BY_MESSAGE
        if fact is None or not is_own or not open_to_it or not (by_text or self._hears_by_text(case)):
            return None
        return fact.actor_role

    def _hears_by_text(self, case: Case) -> bool:
        """Whether the citizen is never called: by their own wish, in whatever case of theirs, or by web."""
        column = tables.persons.c
        wish = select(column.text_only).where(column.person_id == self.person_id)
        return case.text_only or case.origin is Origin.WEB or bool(self.writing.connection.scalar(wish))

    def _still_true(self) -> bool:
        """Whether the answer in it holds: not taken back, nor written anew. What is no answer does."""
        case, fact = self.found.standing.case, self.message.fact
        if fact is None or fact.ticket_id != case.ticket_id:
            return True
        stage = case.stage_before if case.stage is Stage.MERGED else case.stage
        if isinstance(fact, SolutionWritten):
            newest = case.solution is not None and case.solution.text_id == fact.text_id
            return newest and stage in ANSWERED
        if isinstance(fact, ReferredElsewhere):
            return case.belongs_to == fact.belongs_to and stage in ANSWERED
        return True

    def _on_the_line(self) -> bool:
        """Whether a call about this case goes on at this moment, whoever made it."""
        column = tables.calls.c
        ours = or_(
            column.ticket_id == self.message.ticket_id,
            column.call_id.in_(self.found.standing.case.call_ids),
        )
        going_on = select(column.call_id).where(ours, column.ended_at.is_(None))
        return self.writing.connection.scalar(going_on.limit(1)) is not None


def open_case(writing: Writing, vault: Vault, ticket_id: str, key: str) -> Opened | None:
    """The message, if it is still to be given."""
    found = writing.case(ticket_id)
    messages = found.messages if found else ()
    message = next((one for one in messages if one.key == key and one.told_at is None), None)
    return Opened(writing, vault, found, message) if found and message else None
