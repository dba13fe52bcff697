"""What people and telephones ask the ledger: plain reads, each on its own snapshot."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from config.office import Office
from config.sop import Sop
from ticketing import tables
from ticketing.calls.call import Call, CallPhase, fold
from ticketing.facts import CallFact
from ticketing.ledger import codec, folded
from ticketing.ledger.cases import CallsOf, FoldedCase, case_facts, load_case
from ticketing.ledger.folded import FoldedCall
from ticketing.people import complainant
from ticketing.people.privacy import Vault
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.ticket import OVER_STATES

EARLIER_TICKETS_SHOWN = 3
PART = 500
"""How many ids one statement may name."""

AnyRow = Row[*tuple[Any, ...]]
"""A row of whatever columns were asked for."""

_QUEUED_PHASES = [CallPhase.WAITING.value, CallPhase.RINGING.value]


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """One queue at this instant."""

    waiting: int
    longest_wait_since_at: datetime | None
    call_backs_due: int


class Reader:
    """Reads the ledger; safe to use from any thread."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine.execution_options(reading=True)
        self._vault = vault
        self._sops: dict[str, Sop] = {}

    def connect(self) -> Connection:
        """A connection for several reads of one snapshot."""
        return self._engine.connect()

    def cursor(self) -> int:
        """The journal's newest sequence number."""
        with self.connect() as connection:
            return connection.scalar(select(func.max(tables.journal.c.seq))) or 0

    def changes_since(self, cursor: int, limit: int = 500) -> Sequence[AnyRow]:
        """Journal rows after `cursor`: their seq, kind, call and agent, in order."""
        column = tables.journal.c
        statement = select(column.seq, column.kind, column.call_id, column.agent_id)
        with self.connect() as connection:
            return connection.execute(
                statement.where(column.seq > cursor).order_by(column.seq).limit(limit)
            ).all()

    def call(self, call_id: str) -> AnyRow | None:
        """One call's row."""
        with self.connect() as connection:
            return connection.execute(
                select(tables.calls).where(tables.calls.c.call_id == call_id)
            ).one_or_none()

    def call_of_agent(self, agent_id: str) -> AnyRow | None:
        """The call that occupies the agent: ringing, talking or in wrap-up."""
        statement = (
            select(tables.calls)
            .where(tables.calls.c.engaged_agent_id == agent_id)
            .order_by(tables.calls.c.rang_at.desc())
            .limit(1)
        )
        with self.connect() as connection:
            return connection.execute(statement).one_or_none()

    def wrap_ups_over(self, at: datetime) -> Sequence[AnyRow]:
        """Calls whose wrap-up time is used up at `at`."""
        column = tables.calls.c
        statement = select(column.call_id, column.engaged_agent_id).where(
            column.phase == CallPhase.WRAP_UP.value, column.wrap_up_until_at <= at
        )
        with self.connect() as connection:
            return connection.execute(statement).all()

    def live_calls(self) -> Sequence[AnyRow]:
        """Every call that is not over."""
        with self.connect() as connection:
            return connection.execute(
                select(tables.calls).where(tables.calls.c.phase != CallPhase.OVER.value)
            ).all()

    def calls(self, call_ids: Iterable[str]) -> dict[str, AnyRow]:
        """The rows of those calls that are known."""
        rows: dict[str, AnyRow] = {}
        with self.connect() as connection:
            for some in _in_parts(call_ids):
                found = connection.execute(select(tables.calls).where(tables.calls.c.call_id.in_(some)))
                rows.update({row.call_id: row for row in found})
        return rows

    def calls_not_ended(self) -> set[str]:
        """The calls whose caller is not known to have gone."""
        column = tables.calls.c
        with self.connect() as connection:
            return set(connection.scalars(select(column.call_id).where(column.ended_at.is_(None))))

    def facts_of(self, call_ids: Iterable[str]) -> dict[str, list[CallFact]]:
        """All that is recorded of each of the calls."""
        with self.connect() as connection:
            return _facts_of(connection, call_ids)

    def folded(self, call_id: str) -> Call:
        """One call, as all that is recorded of it tells it; of one that is not known, nothing but its id."""
        return fold(self.facts_of({call_id}).get(call_id, ()), call_id)

    def steps(self, call_id: str) -> Sequence[AnyRow]:
        """The SOP steps the call has begun."""
        column = tables.sop_steps.c
        with self.connect() as connection:
            return connection.execute(
                select(tables.sop_steps).where(column.call_id == call_id).order_by(column.step)
            ).all()

    def sop(self, version: str) -> Sop | None:
        """The SOP of that version, if a case ever began under it."""
        if version not in self._sops:
            stored = tables.sop_versions
            with self.connect() as connection:
                body = connection.scalar(select(stored.c.body).where(stored.c.version == version))
            if body is None:
                return None
            self._sops[version] = Sop.from_json(body)
        return self._sops[version]

    def sop_versions(self) -> Sequence[str]:
        """The SOPs that cases began under, the newest last."""
        stored = tables.sop_versions.c
        with self.connect() as connection:
            return connection.scalars(select(stored.version).order_by(stored.first_used_at)).all()

    def case(self, ticket_id: str, office: Office) -> FoldedCase | None:
        """The ticket as its calls and its people made it; None where there is no such ticket."""
        with self.connect() as connection:
            facts_of = partial(case_facts, connection)
            calls_of = self._calls_folded(office)
            return load_case(connection, ticket_id, facts_of, calls_of, Calendar(office.hours))

    def _calls_folded(self, office: Office) -> CallsOf:
        def calls_of(connection: Connection, call_ids: Iterable[str]) -> dict[str, FoldedCall]:
            known = _facts_of(connection, call_ids)
            found = {}
            for call_id, facts in known.items():
                version = next((v for fact in facts if (v := getattr(fact, "sop_version", None))), "")
                found[call_id] = folded.fold_call(facts, call_id, self.sop(version) or office.sop)
            return found

        return calls_of

    def ticket(self, ticket_id: str) -> AnyRow | None:
        """One ticket's row."""
        with self.connect() as connection:
            return connection.execute(
                select(tables.tickets).where(tables.tickets.c.ticket_id == ticket_id)
            ).one_or_none()

    def tickets_due(self, until_at: datetime | None = None) -> Sequence[AnyRow]:
        """Open tickets by what falls due first; only those due by `until_at` where it is given."""
        column = tables.tickets.c
        statement = select(tables.tickets).where(column.next_due_at.is_not(None))
        if until_at is not None:
            statement = statement.where(column.next_due_at <= until_at)
        with self.connect() as connection:
            return connection.execute(statement.order_by(column.next_due_at, column.ticket_id)).all()

    def tickets_of(self, person_id: str, *, but: str | None = None) -> Sequence[AnyRow]:
        """The person's latest tickets, newest first, without the one named `but`."""
        column = tables.tickets.c
        statement = select(tables.tickets).where(
            column.person_id == person_id, column.ticket_id != (but or "")
        )
        with self.connect() as connection:
            return connection.execute(
                statement.order_by(column.registered_at.desc()).limit(EARLIER_TICKETS_SHOWN)
            ).all()

    def names(self) -> dict[str, str]:
        """The names of those who work here, by id and by user name."""
        column = tables.users.c
        with self.connect() as connection:
            rows = connection.execute(select(column.user_id, column.username, column.name)).all()
        return {row.user_id: row.name for row in rows} | {row.username: row.name for row in rows}

    def counted_otherwise(self, calendar_version: str) -> list[str]:
        """Open tickets without a due time, or with one that was counted by another calendar."""
        column = tables.tickets.c
        other = column.calendar_version.is_distinct_from(calendar_version) | column.next_due_at.is_(None)
        statement = select(column.ticket_id).where(column.state.not_in(OVER_STATES), other)
        with self.connect() as connection:
            return list(connection.scalars(statement.order_by(column.ticket_id)))

    def due(
        self, at: datetime, limit: int, after: tuple[str, datetime] | None = None
    ) -> list[tuple[str, datetime]]:
        """Tickets whose due time has passed at `at`, with that time; the most overdue first.

        With `after` those that follow it in that order.
        """
        column = tables.tickets.c
        statement = select(column.ticket_id, column.next_due_at).where(column.next_due_at <= at)
        if after is not None:
            ticket_id, due_at = after
            later = (column.next_due_at == due_at) & (column.ticket_id > ticket_id)
            statement = statement.where((column.next_due_at > due_at) | later)
        with self.connect() as connection:
            found = connection.execute(statement.order_by(column.next_due_at, column.ticket_id).limit(limit))
            return [(row.ticket_id, row.next_due_at) for row in found]

    def open_ticket_of_number(self, caller_number: str | None) -> AnyRow | None:
        """The newest open ticket registered from that number."""
        column = tables.tickets.c
        with self.connect() as connection:
            person_id = complainant.find(connection, self._vault, caller_number or "")
            if person_id is None:
                return None
            statement = select(tables.tickets).where(
                column.person_id == person_id, column.state.not_in(OVER_STATES)
            )
            return connection.execute(statement.order_by(column.registered_at.desc()).limit(1)).one_or_none()

    def waiting_before(self, queue: str, since_at: datetime) -> int:
        """How many of those in the queue joined it earlier; who came back counts from the first time."""
        call, ticket = tables.calls.c, tables.tickets.c
        joined = func.coalesce(ticket.place_since_at, call.queued_at)
        statement = (
            select(func.count())
            .select_from(tables.calls.outerjoin(tables.tickets, ticket.ticket_id == call.ticket_id))
            .where(call.queue == queue, call.phase.in_(_QUEUED_PHASES), joined < since_at)
        )
        with self.connect() as connection:
            return connection.scalar(statement) or 0

    def masked_number(self, person_id: str | None) -> str | None:
        """The caller's number as an agent may see it."""
        if person_id is None:
            return None
        with self.connect() as connection:
            return complainant.masked_phone(connection, self._vault, person_id)

    def wants_text(self, person_id: str | None) -> bool:
        """Whether the citizen said that they are never to be called."""
        column = tables.persons.c
        with self.connect() as connection:
            wish = select(column.text_only).where(column.person_id == person_id)
            return bool(connection.scalar(wish))

    def queue_counts(self, queue: str, at: datetime) -> QueueCounts:
        """Who waits in `queue`, since when, and how many call-backs are due by now."""
        call, ticket = tables.calls.c, tables.tickets.c
        waiting = select(func.count(), func.min(call.queued_at)).where(
            call.queue == queue, call.phase.in_(_QUEUED_PHASES)
        )
        due = select(func.count()).where(ticket.call_back_due_at.is_not(None))
        with self.connect() as connection:
            count, since_at = connection.execute(waiting).one()
            return QueueCounts(count, since_at, connection.scalar(due) or 0)

    def shift(self, agent_id: str) -> AnyRow | None:
        """One agent's shift."""
        with self.connect() as connection:
            return connection.execute(
                select(tables.shifts).where(tables.shifts.c.agent_id == agent_id)
            ).one_or_none()

    def shifts(self) -> Sequence[AnyRow]:
        """Every agent's shift."""
        with self.connect() as connection:
            return connection.execute(select(tables.shifts)).all()


def _facts_of(connection: Connection, call_ids: Iterable[str]) -> dict[str, list[CallFact]]:
    known: dict[str, list[CallFact]] = {}
    for some in _in_parts(call_ids):
        for row in connection.execute(select(tables.journal).where(tables.journal.c.call_id.in_(some))):
            fact = codec.from_row(row)
            assert isinstance(fact, CallFact)
            known.setdefault(fact.call_id, []).append(fact)
    return known


def _in_parts(ids: Iterable[str]) -> Iterator[list[str]]:
    listed = list(ids)
    for start in range(0, len(listed), PART):
        yield listed[start : start + PART]
