"""The writer's transaction as work inside it sees it: what it reads is what its facts will change."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Connection

from config.office import Sop
from ticketing.facts import Fact, Report
from ticketing.ledger.cases import FoldedCase
from ticketing.ledger.recorder import Committed, Recorder
from ticketing.tickets.number import TicketNumber


class Writing:
    """One piece of work in the writer's transaction; `committed` are the facts it recorded."""

    def __init__(self, connection: Connection, recorder: Recorder) -> None:
        self.connection = connection
        self.committed: list[Committed] = []
        self._recorder = recorder

    def record(self, *facts: Fact) -> None:
        """Record facts; those known already change nothing."""
        self.committed += self._recorder.record(self.connection, [Report(fact) for fact in facts])

    def case(self, ticket_id: str) -> FoldedCase | None:
        """The ticket as it stands now; None where there is no such ticket."""
        return self._recorder.case(self.connection, ticket_id)

    def sop(self, version: str) -> Sop:
        """The SOP of that version."""
        return self._recorder.sop(self.connection, version)

    def refold(self, ticket_ids: Iterable[str]) -> None:
        """Write these tickets' rows anew from what is recorded of them."""
        self._recorder.refold(self.connection, ticket_ids)

    def reserve_numbers(self, day: date, count: int) -> list[TicketNumber]:
        """That many numbers of the day, for paper."""
        return self._recorder.numbers(self.connection, day, count)

    def seal(self, ticket_id: str, person_id: str, field: str, value: str, at: datetime) -> str:
        """Seal the system's own words about a ticket; the text's id. Raises Unreadable."""
        return self._recorder.seal(self.connection, ticket_id, person_id, field, value, at)

    def next_number(self, at: datetime) -> str:
        """A number, digits only, for a ticket that is opened by hand."""
        return self._recorder.next_number(self.connection, at).digits
