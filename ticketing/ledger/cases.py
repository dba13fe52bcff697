"""Cases in the ledger: whenever people act on a ticket, or its call goes on, its rows are folded anew."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Update, bindparam, select, update
from sqlalchemy import Row as DbRow

from config.office import Office, Sop
from ticketing import tables
from ticketing.calls.call import Call
from ticketing.case_facts import (
    CITIZEN,
    CaseFact,
    CaseOpened,
    CaseRegistered,
    Contact,
    ContactPreferred,
    DueMissed,
    Merged,
    Origin,
)
from ticketing.facts import Fact, TicketContinued, TicketRegistered
from ticketing.ledger import codec, folded
from ticketing.ledger.folded import FoldedCall, Row
from ticketing.statements import RowsOf, Statement, insert_for, upsert
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.case import Case
from ticketing.tickets.duplicates import FactsOf, goes_on_in
from ticketing.tickets.folding import fold
from ticketing.tickets.messages import Message, owed
from ticketing.tickets.ticket import Standing, TicketState, latest_call, standing_after, tries_since

CASES_KEPT_IN_MEMORY = 4096

CallsOf = Callable[[Connection, Iterable[str]], dict[str, FoldedCall]]
"""Gives the calls of those ids, folded."""


@dataclass(frozen=True, slots=True)
class FoldedCase:
    """A ticket as its calls and its people made it, and every fact that did."""

    ticket: Row
    standing: Standing
    case_facts: tuple[CaseFact, ...]
    facts: tuple[Fact, ...]
    latest_call: Call | None
    others: FactsOf

    @property
    def messages(self) -> tuple[Message, ...]:
        """What is owed to the citizen, told or not."""
        return owed(self.standing, self.case_facts, self.others)


class CaseBook:
    """Keeps the facts of recent cases at hand. Used by the journal's writer thread only."""

    def __init__(self) -> None:
        self._facts: OrderedDict[str, dict[str, CaseFact]] = OrderedDict()
        self._children: dict[str, set[str]] = {}

    def forget(self) -> None:
        """Drop what is remembered: the transaction it belonged to was rolled back."""
        self._facts.clear()
        self._children.clear()

    def take(self, connection: Connection, facts: Sequence[Fact]) -> dict[str, None]:
        """Learn of new facts; returns the tickets whose rows they change, each once."""
        changed: dict[str, None] = {}
        for fact in facts:
            if isinstance(fact, TicketRegistered):
                self._facts.setdefault(fact.ticket_id, {})
                self._children.setdefault(fact.ticket_id, set())
            elif isinstance(fact, TicketContinued):
                changed[fact.ticket_id] = None
            elif isinstance(fact, CaseFact):
                self.facts_of(connection, fact.ticket_id)[fact.key] = fact
                if isinstance(fact, Merged):
                    into = {"into_ticket_id": fact.into_ticket_id, "ticket_id": fact.ticket_id}
                    _MERGES.many(connection, [into])
                changed[fact.ticket_id] = None
                changed.update(dict.fromkeys(self._merged_into(connection, fact.ticket_id)))
                if isinstance(fact, CaseOpened):
                    self._children_of(connection, fact.parent_ticket_id).add(fact.ticket_id)
        return changed

    def worked_on(self, connection: Connection, ticket_id: str) -> list[str]:
        """Of a call's ticket and those opened beside it, the ones that people have worked on."""
        family = (ticket_id, *sorted(self._children_of(connection, ticket_id)))
        return [one for one in family if self.facts_of(connection, one)]

    def facts_of(self, connection: Connection, ticket_id: str) -> dict[str, CaseFact]:
        """What people did to the ticket, by key."""
        if ticket_id not in self._facts:
            found = case_facts(connection, ticket_id)
            self._facts[ticket_id] = {fact.key: fact for fact in found}
        self._facts.move_to_end(ticket_id)
        return self._facts[ticket_id]

    def shrink(self) -> None:
        """Let go of what was not asked for lately."""
        while len(self._facts) > CASES_KEPT_IN_MEMORY:
            ticket_id, _ = self._facts.popitem(last=False)
            self._children.pop(ticket_id, None)

    def _merged_into(self, connection: Connection, ticket_id: str) -> list[str]:
        """The tickets that ever went on in this one, and in those: their reporters may hear of it too."""
        found: list[str] = []
        wanted = [ticket_id]
        while wanted:
            into = _MERGED_INTO.all(connection, {"into": wanted.pop()})
            more = [each for (each,) in into if each not in (*found, ticket_id)]
            found += more
            wanted += more
        return found

    def _children_of(self, connection: Connection, ticket_id: str) -> set[str]:
        if ticket_id not in self._children:
            column = tables.tickets.c
            found = select(column.ticket_id).where(column.parent_ticket_id == ticket_id)
            self._children[ticket_id] = set(connection.scalars(found))
        return self._children[ticket_id]


def write_cases(
    connection: Connection,
    ticket_ids: Iterable[str],
    facts_of: Callable[[str], Iterable[CaseFact]],
    calls_of: CallsOf,
    office: Office,
    sop_of: Callable[[Connection, str | None], Sop],
) -> None:
    """Write each ticket's row, its steps, what is owed to the citizen, and the notices of missed times."""
    calendar = Calendar(office.hours)
    wanted = list(ticket_ids)
    _born(connection, [fact for ticket_id in wanted for fact in facts_of(ticket_id)])
    for ticket_id in wanted:
        found = load_case(connection, ticket_id, facts_of, calls_of, calendar)
        if found is None:
            continue
        _STATES.many(connection, [state_row(found, office, calendar)])
        sop = sop_of(connection, found.ticket["sop_version"])
        _CASE_STEPS.become(connection, ticket_id, _step_rows(ticket_id, found, sop))
        # A message that a late fact makes needless is owed no more.
        _OUTBOX.become(connection, ticket_id, message_rows(found))
        notices = [
            row for fact in found.case_facts if isinstance(fact, DueMissed) for row in notice_rows(fact)
        ]
        _NOTICES.many(connection, notices)


def load_case(
    connection: Connection,
    ticket_id: str,
    facts_of: Callable[[str], Iterable[CaseFact]],
    calls_of: CallsOf,
    calendar: Calendar,
) -> FoldedCase | None:
    """The ticket as everything recorded of it makes it; None where there is no such ticket.

    `facts_of` gives what people did to a ticket: to this one, and to those it went on in.
    """
    of_ticket = {"of_ticket": ticket_id}
    row = connection.execute(_TICKET, of_ticket).one_or_none()
    if row is None:
        return None
    others = goes_on_in(ticket_id, facts_of)
    known = tuple(others.pop(ticket_id))
    case = fold(known, ticket_id)
    own = list(connection.scalars(_CALLS_OF, of_ticket))
    found = calls_of(connection, dict.fromkeys((*own, *case.call_ids)))
    standing, latest = _standing(row, case, [found[call_id].call for call_id in own], calendar)
    # A ticket opened in the middle of a call has no part in what the call was before.
    since = case.opened_at
    facts = tuple(
        fact for one in found.values() for fact in one.facts if since is None or fact.occurred_at >= since
    )
    return FoldedCase(dict(row._mapping), standing, known, (*facts, *known), latest, others)


def state_row(found: FoldedCase, office: Office, calendar: Calendar) -> Row:
    """Where the ticket stands now."""
    latest = found.latest_call
    call_id = latest.call_id if latest else found.ticket["last_call_id"]
    as_of = latest.ticket_at if latest and latest.ticket_at else found.ticket["last_call_at"]
    row = folded.ticket_state_row(found.standing, office, calendar, call_id, as_of)
    return row | {"new_person_id": found.ticket["person_id"] or found.standing.case.person_id}


def message_rows(found: FoldedCase) -> list[Row]:
    """What is owed to the citizen, told or not."""
    return [folded.message_row(message) for message in found.messages]


def notice_rows(fact: DueMissed) -> list[Row]:
    """One notice for each of those who hear of the missed time."""
    rows = []
    for whom in fact.told:
        role, _, id_ = whom.partition(":")
        row = {"key": f"{fact.key}/{whom}", "ticket_id": fact.ticket_id, "to_role": role, "to_id": id_}
        rows.append(row | {"level": fact.level, "due_at": fact.due_at, "at": fact.occurred_at})
    return rows


def _standing(
    row: DbRow[*tuple[Any, ...]], case: Case, calls: list[Call], calendar: Calendar
) -> tuple[Standing, Call | None]:
    if latest := latest_call(calls):
        return standing_after(latest, calendar, case, row.registered_at, calls), latest
    at = case.opened_at or row.registered_at
    standing = Standing(
        ticket_id=row.ticket_id,
        registered_at=at,
        call_state=TicketState.REGISTERED,
        call_at=at,
        category=None,
        queue=row.queue,
        agent_id=None,
        call_back=None,
        number_unheard=False,
        case=case,
        by_mobile=case.by_mobile,
        tries_at=tries_since(calls, at),
    )
    return standing, None


def _born(connection: Connection, facts: Iterable[CaseFact]) -> None:
    rows = [
        folded.ticket_row(
            fact.ticket_id,
            person_id=fact.person_id,
            sop_version=fact.sop_version,
            registered_at=fact.occurred_at,
            parent_ticket_id=getattr(fact, "parent_ticket_id", None),
            origin=getattr(fact, "origin", Origin.CALL),
        )
        | {"last_call_id": fact.during_call_id}
        for fact in facts
        if isinstance(fact, CaseOpened | CaseRegistered)
    ]
    _TICKETS.many(connection, rows)


def write_preferences(connection: Connection, facts: Iterable[Fact]) -> None:
    """How citizens want to be reached, beside the persons themselves: it holds for all their cases.

    What a web form says holds for its own ticket alone: anybody may write anybody's number into one.
    """
    told = (fact for fact in facts if isinstance(fact, ContactPreferred) and fact.actor_role != CITIZEN)
    said = sorted(told, key=lambda one: one.occurred_at)
    rows = [{"of_person": one.person_id, "text_only": one.contact is Contact.TEXT} for one in said]
    _PREFERENCES.many(connection, rows)


def _step_rows(ticket_id: str, found: FoldedCase, sop: Sop) -> list[Row]:
    """A case nobody has worked on has the steps of its calls only."""
    return folded.case_step_rows(ticket_id, sop, found.facts) if found.case_facts else []


def case_facts(connection: Connection, ticket_id: str) -> list[CaseFact]:
    """All that people did to the ticket, as the journal has it."""
    found = []
    for row in connection.execute(select(tables.journal).where(tables.journal.c.ticket_id == ticket_id)):
        fact = codec.from_row(row)
        assert isinstance(fact, CaseFact)
        found.append(fact)
    return found


_SET_BY_STATE = (
    "state", "category", "last_call_id", "call_back_reason", "queue", "agent_id", "owner_role", "owner_id",
    "due_kind", "calendar_version", "ticket_type", "district", "restricted", "urgency", "track", "unit",
    "official_id", "misses", "merged_into", "text_only", "call_back_tries", "cause_id",
)  # fmt: skip
_INSTANTS_SET_BY_STATE = (
    "call_back_due_at", "next_due_at", "limit_at", "waiting_since_at", "closed_at", "place_since_at",
    "call_back_tried_at",
)  # fmt: skip


def state_update(*more: str) -> Update:
    """Puts a ticket where `folded.ticket_state_row` says it stands."""
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in (*_SET_BY_STATE, *more)}
    values |= {name: bindparam(f"new_{name}", type_=tables.Instant) for name in _INSTANTS_SET_BY_STATE}
    return (
        update(tables.tickets)
        .where(tables.tickets.c.ticket_id == bindparam("of_ticket"))
        .values(**values, last_call_at=bindparam("as_of", type_=tables.Instant))
    )


# Built once: a statement made anew costs as much as carrying it out.
_TICKET = select(tables.tickets).where(tables.tickets.c.ticket_id == bindparam("of_ticket"))
_CALLS_OF = select(tables.calls.c.call_id).where(tables.calls.c.ticket_id == bindparam("of_ticket"))
_MERGED_INTO = Statement(
    lambda _: select(tables.merges.c.ticket_id).where(tables.merges.c.into_ticket_id == bindparam("into"))
)
_MERGES = Statement(
    lambda dialect: insert_for(dialect, tables.merges).on_conflict_do_nothing(), tables.merges.c.keys()
)
_PREFERENCES = Statement(
    lambda _: (
        update(tables.persons)
        .where(tables.persons.c.person_id == bindparam("of_person"))
        .values(text_only=bindparam("text_only"))
    )
)
_STATES = Statement(lambda _: state_update("person_id"))
_TICKETS = upsert(tables.tickets, folded.TICKET_COLUMNS, only=("person_id", "origin"))
_CASE_STEPS = RowsOf(tables.case_steps, tables.case_steps.c.ticket_id)
_OUTBOX = RowsOf(tables.outbox, tables.outbox.c.ticket_id)
_NOTICES = Statement(
    lambda dialect: insert_for(dialect, tables.notices).on_conflict_do_nothing(), tables.notices.c.keys()
)
