"""From a batch of reports to rows: the one transaction in which everything about a fact happens.

Statements are bound for the whole batch at once (`executemany`), so a batch of sixty callers costs
little more than one of them.
"""

from collections import OrderedDict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, literal, literal_column, select

from config.clock import office_day
from config.office import Office, Sop
from ticketing import tables
from ticketing.agents.shift import SHIFT_STATES, shift_row
from ticketing.calls.call import Call
from ticketing.case_facts import SYSTEM, CaseFact
from ticketing.facts import (
    AgentFact,
    CallArrived,
    CallBackPlaced,
    CallCutOff,
    CallFact,
    CallQueued,
    Fact,
    Report,
    TicketContinued,
    TicketRegistered,
)
from ticketing.ledger import codec, folded
from ticketing.ledger.cases import (
    CaseBook,
    FoldedCase,
    load_case,
    state_update,
    write_cases,
    write_preferences,
)
from ticketing.ledger.folded import FoldedCall, Row
from ticketing.people import complainant, texts
from ticketing.people.privacy import Vault
from ticketing.statements import Statement, insert_for, upsert
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.case import Case
from ticketing.tickets.messages import owed
from ticketing.tickets.number import TicketNumber
from ticketing.tickets.ticket import Standing, standing_after

CALLS_KEPT_IN_MEMORY = 4096


@dataclass(frozen=True, slots=True)
class Registration:
    """A request for a ticket number; a call that has one gets the same again."""

    call_id: str
    asked_at: datetime

    @property
    def key(self) -> str:
        """Once for each call."""
        return f"{self.call_id}/registered"


@dataclass(frozen=True, slots=True)
class Committed:
    """A fact as it stands in the journal; `seq` is the cursor of everything that follows the ledger."""

    seq: int
    fact: Fact


class Recorder:
    """Records batches. Used by the journal's writer thread only."""

    def __init__(self, vault: Vault, office: Callable[[], Office], recorded_at: Callable[[], datetime]):
        self._vault = vault
        self._office = office
        self._recorded_at = recorded_at
        self._facts: OrderedDict[str, dict[str, CallFact]] = OrderedDict()
        self._sops: dict[str, Sop] = {}
        self._cases = CaseBook()
        self._seq: int | None = None

    def begin(self, connection: Connection) -> None:
        """A transaction begins: what is remembered counts only where nobody else has written since."""
        (found,) = _NEWEST.each(connection, [{}])
        if found[0] != self._seq:
            self.forget()
            self._seq = found[0]

    def forget(self) -> None:
        """Drop what is remembered of live calls: the transaction it belonged to was rolled back."""
        self._seq = None
        self._facts.clear()
        self._sops.clear()
        self._cases.forget()

    def record(self, connection: Connection, asked: Sequence[Report | Registration]) -> list[Committed]:
        """Record what is new of `asked` and return it; what the journal already holds is left out."""
        self._load(connection, filter(None, map(_call_id, asked)))
        known = self._known(connection, asked)
        fresh = {_key(item): item for item in asked if _key(item) not in known}
        reports = [item for item in fresh.values() if isinstance(item, Report)]
        facts = complainant.with_persons(connection, self._vault, reports)
        registrations = [item for item in fresh.values() if isinstance(item, Registration)]
        registrations += self._owed(facts, {registration.call_id for registration in registrations})
        facts += self._numbered(connection, registrations)
        committed = self._append(connection, facts)
        touched = self._cases.take(connection, facts)
        self._derive_calls(connection, facts, touched)
        write_preferences(connection, facts)
        self._derive_cases(connection, touched)
        self._derive_shifts(connection, facts)
        return committed

    def registered(self, connection: Connection, registration: Registration) -> TicketRegistered:
        """The ticket of a registration that was recorded, now or before."""
        self._load(connection, [registration.call_id])
        fact = self._facts[registration.call_id][registration.key]
        assert isinstance(fact, TicketRegistered)
        return fact

    def case(self, connection: Connection, ticket_id: str) -> FoldedCase | None:
        """The ticket as everything recorded so far makes it; None where there is no such ticket."""
        calendar = Calendar(self._office().hours)
        return load_case(connection, ticket_id, self._facts_of_case(connection), self._folded_all, calendar)

    def _facts_of_case(self, connection: Connection) -> Callable[[str], Iterable[CaseFact]]:
        return lambda ticket_id: self._cases.facts_of(connection, ticket_id).values()

    def numbers(self, connection: Connection, day: date, count: int) -> list[TicketNumber]:
        """So many numbers of a day."""
        first = _take_serials(connection, day, count)
        return [TicketNumber(day, serial) for serial in range(first, first + count)]

    def seal(
        self, connection: Connection, ticket_id: str, person_id: str, field: str, value: str, at: datetime
    ) -> str:
        """Seal the system's own words about a ticket; the text's id. Raises Unreadable."""
        return texts.write(
            connection, self._vault, ticket_id=ticket_id, person_id=person_id, field=field, value=value,
            at=at, by=SYSTEM,
        )  # fmt: skip

    def next_number(self, connection: Connection, at: datetime) -> TicketNumber:
        """A number for a ticket that is opened by hand."""
        day = office_day(at)
        return TicketNumber(day, _take_serials(connection, day, 1))

    def _known(self, connection: Connection, asked: Sequence[Report | Registration]) -> set[str]:
        """The keys that are recorded already; those of a call are all in memory by now."""
        known: set[str] = set()
        others: list[str] = []
        for item in asked:
            if call_id := _call_id(item):
                known.update({_key(item)} & self._facts[call_id].keys())
            else:
                others.append(_key(item))
        found = _KNOWN.each(connection, [{"of_key": key} for key in others])
        return known | {row[0] for row in found if row}

    def _load(self, connection: Connection, call_ids: Iterable[str]) -> None:
        missing = [call_id for call_id in dict.fromkeys(call_ids) if call_id not in self._facts]
        for call_id in missing:
            self._facts[call_id] = {}
        begun = _BEGUN.each(connection, [{"of_call": call_id} for call_id in missing])
        earlier = [call_id for call_id, found in zip(missing, begun, strict=True) if found]
        if not earlier:
            return
        for row in connection.execute(select(tables.journal).where(tables.journal.c.call_id.in_(earlier))):
            fact = codec.from_row(row)
            assert isinstance(fact, CallFact)
            self._facts[fact.call_id][fact.key] = fact

    def _owed(self, facts: Sequence[Fact], asked_for: set[str]) -> list[Registration]:
        """A number for whoever reached the queue, or was cut off on the way, without one.

        We were dead, or the ledger was busy; the office owes them an answer all the same.
        """
        ticketed = {fact.call_id for fact in facts if isinstance(fact, TicketContinued)} | asked_for
        reached = {fact.call_id: fact for fact in facts if isinstance(fact, CallQueued | CallCutOff)}
        return [
            Registration(call_id, fact.occurred_at)
            for call_id, fact in reached.items()
            if call_id not in ticketed and not _has_ticket(self._facts[call_id].values())
        ]

    def _numbered(self, connection: Connection, registrations: list[Registration]) -> list[Fact]:
        """One fact for each registration; the day's serials are taken once for the whole batch."""
        by_day: dict[Any, list[Registration]] = {}
        for registration in registrations:
            by_day.setdefault(office_day(registration.asked_at), []).append(registration)
        facts: list[Fact] = []
        for day, asking in by_day.items():
            first = _take_serials(connection, day, len(asking))
            for serial, registration in enumerate(asking, start=first):
                facts.append(self._registered_as(registration, TicketNumber(day, serial)))
        return facts

    def _registered_as(self, registration: Registration, number: TicketNumber) -> TicketRegistered:
        arrived = (f for f in self._facts[registration.call_id].values() if isinstance(f, CallArrived))
        return TicketRegistered(
            key=registration.key,
            occurred_at=registration.asked_at,
            call_id=registration.call_id,
            ticket_id=number.digits,
            person_id=next((fact.person_id for fact in arrived if fact.person_id), None),
            sop_version=self._office().sop.version,
        )

    def _append(self, connection: Connection, facts: list[Fact]) -> list[Committed]:
        if not facts:
            return []
        recorded_at = self._recorded_at()
        seqs = _APPEND.each(connection, [_journal_row(fact, recorded_at) for fact in facts])
        self._seq = seqs[-1][0]
        return [Committed(seq, fact) for (seq,), fact in zip(seqs, facts, strict=True)]

    def _derive_calls(self, connection: Connection, facts: list[Fact], touched: dict[str, None]) -> None:
        """Write the calls that changed; `touched` learns of the tickets that people have worked on."""
        changed: dict[str, None] = {}
        for fact in facts:
            if isinstance(fact, CallFact):
                self._facts[fact.call_id][fact.key] = fact
                changed[fact.call_id] = None
        calls = [self._folded(connection, call_id) for call_id in changed]
        for one in calls:
            if one.call.ticket_id and not one.call.registered_here:
                touched[one.call.ticket_id] = None
            if one.call.ticket_id:
                touched.update(dict.fromkeys(self._cases.worked_on(connection, one.call.ticket_id)))
        write_calls(connection, calls, self._office(), but=touched)
        for call_id in changed:
            self._facts.move_to_end(call_id)
        while len(self._facts) > CALLS_KEPT_IN_MEMORY:
            self._facts.popitem(last=False)

    def refold(self, connection: Connection, ticket_ids: Iterable[str]) -> None:
        """Write these tickets' rows anew: the calendar has changed, or an earlier version wrote them."""
        self._derive_cases(connection, dict.fromkeys(ticket_ids))

    def _derive_cases(self, connection: Connection, touched: dict[str, None]) -> None:
        if touched:
            facts_of = self._facts_of_case(connection)
            write_cases(connection, touched, facts_of, self._folded_all, self._office(), self.sop)
        self._cases.shrink()

    def _folded_all(self, connection: Connection, call_ids: Iterable[str]) -> dict[str, FoldedCall]:
        wanted = list(call_ids)
        self._load(connection, wanted)
        return {call_id: self._folded(connection, call_id) for call_id in wanted if self._facts[call_id]}

    def _folded(self, connection: Connection, call_id: str) -> FoldedCall:
        known = tuple(self._facts[call_id].values())
        version = next((v for f in known if (v := getattr(f, "sop_version", None))), None)
        return folded.fold_call(known, call_id, self.sop(connection, version))

    def sop(self, connection: Connection, version: str | None) -> Sop:
        """The SOP of that version; a case keeps the one it began under."""
        current = self._office().sop
        if version is None or version == current.version:
            self._keep(connection, current)
            return current
        if version not in self._sops:
            stored = tables.sop_versions
            body = connection.scalars(select(stored.c.body).where(stored.c.version == version)).one()
            self._sops[version] = Sop.from_json(body)
        return self._sops[version]

    def _keep(self, connection: Connection, sop: Sop) -> None:
        """Put the SOP's text beside the cases that begin under it, once."""
        if sop.version in self._sops:
            return
        row = {"version": sop.version, "body": sop.to_json(), "first_used_at": self._recorded_at()}
        connection.execute(
            insert_for(connection.dialect.name, tables.sop_versions).values(row).on_conflict_do_nothing()
        )
        self._sops[sop.version] = sop

    def _derive_shifts(self, connection: Connection, facts: list[Fact]) -> None:
        rows = [
            shift_row(fact) for fact in facts if isinstance(fact, AgentFact) and type(fact) in SHIFT_STATES
        ]
        for row in rows:
            statement = insert_for(connection.dialect.name, tables.shifts).values(row)
            newer = {name: value for name, value in row.items() if name != "agent_id"}
            if newer["phone"] is None and newer["state"] != "signed_out":
                del newer["phone"]
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["agent_id"],
                    set_=newer,
                    where=tables.shifts.c.since_at <= statement.excluded.since_at,
                )
            )


def write_calls(
    connection: Connection, changed: Sequence[FoldedCall], office: Office, but: Container[str] = ()
) -> None:
    """Write calls, their tickets and steps; each row as its facts have it, whatever stood there before.

    The tickets named in `but` are written with what people did to them.
    """
    if not changed:
        return
    calendar = Calendar(office.hours)
    ticketed = [item.call for item in changed if item.call.ticket_id]
    mine = [call for call in ticketed if call.ticket_id not in but]
    _CALLS.many(connection, [folded.call_row(item.call, office) for item in changed])
    _TICKETS.many(connection, [folded.ticket_row_of_call(call) for call in ticketed if call.registered_here])
    standings = [(call, _standing(call, calendar)) for call in mine]
    _TICKET_STATES.many(connection, [_state_row(*one, office, calendar) for one in standings])
    _write_messages(connection, standings)
    _STEPS.many(connection, [row for item in changed for row in folded.step_rows(item)])


def _standing(call: Call, calendar: Calendar) -> Standing:
    """How a call leaves a ticket nobody has worked on."""
    assert call.ticket_id is not None
    return standing_after(call, calendar, Case(call.ticket_id), None)


def _state_row(call: Call, standing: Standing, office: Office, calendar: Calendar) -> Row:
    assert call.ticket_at is not None
    return folded.ticket_state_row(standing, office, calendar, call.call_id, call.ticket_at)


def _write_messages(connection: Connection, standings: Sequence[tuple[Call, Standing]]) -> None:
    """What callers nobody has worked for are owed: their number, by text or once they are gone without it."""
    due = [(call, standing) for call, standing in standings if call.ended_at or not call.times_spoken]
    found = [(call, standing, owed(standing, ())) for call, standing in due]
    rows = [
        folded.message_row(message) | {"of_call": call.call_id, "of_ticket": message.ticket_id}
        for call, _, messages in found
        for message in messages
    ]
    _OWED.many(connection, rows)
    _OWED_NO_MORE.many(
        connection,
        [
            {"of_ticket": standing.ticket_id, "of_call": call.call_id}
            for call, standing, messages in found
            if call.ended_at and not messages
        ],
    )


_NEWEST = Statement(lambda _: select(func.max(tables.journal.c.seq)))
_BEGUN = Statement(
    lambda _: (
        select(literal(1)).where(tables.journal.c.call_id == bindparam("of_call")).limit(literal_column("1"))
    )
)
_KNOWN = Statement(lambda _: select(tables.journal.c.key).where(tables.journal.c.key == bindparam("of_key")))
_APPEND = Statement(
    lambda dialect: insert_for(dialect, tables.journal).returning(tables.journal.c.seq),
    [column.name for column in tables.journal.c if column.name != "seq"],
)
_CALLS = upsert(tables.calls, tables.calls.c.keys())
_TICKETS = upsert(tables.tickets, folded.TICKET_COLUMNS, only=("person_id", "origin"))
_TICKET_STATES = Statement(
    # The latest call decides a ticket's state; an older one that is heard of late changes nothing.
    lambda _: state_update().where(tables.tickets.c.last_call_at <= bindparam("as_of", type_=tables.Instant))
)
_IS_LATEST = (tables.tickets.c.ticket_id == bindparam("of_ticket")) & (
    tables.tickets.c.last_call_id == bindparam("of_call")
)


def _owed(dialect: str) -> Any:
    columns = tables.outbox.c
    given = select(*(bindparam(column.name, type_=column.type) for column in columns)).where(
        exists().where(_IS_LATEST)
    )
    statement = insert_for(dialect, tables.outbox).from_select(columns.keys(), given)
    later = {name: statement.excluded[name] for name in ("owed_at", "told_at", "by_text")}
    return statement.on_conflict_do_update(index_elements=["key"], set_=later)


_OWED = Statement(_owed)
_OWED_NO_MORE = Statement(
    lambda _: delete(tables.outbox).where(
        tables.outbox.c.ticket_id == bindparam("of_ticket"), exists().where(_IS_LATEST)
    )
)
_STEPS = upsert(tables.sop_steps, tables.sop_steps.c.keys())


def _has_ticket(known: Iterable[CallFact]) -> bool:
    return any(isinstance(fact, TicketRegistered | TicketContinued | CallBackPlaced) for fact in known)


def _call_id(item: Report | Registration) -> str | None:
    if isinstance(item, Registration):
        return item.call_id
    return item.fact.call_id if isinstance(item.fact, CallFact) else None


def _key(item: Report | Registration) -> str:
    return item.fact.key if isinstance(item, Report) else item.key


def _journal_row(fact: Fact, recorded_at: datetime) -> Row:
    return {
        "key": fact.key,
        "kind": fact.kind,
        "version": fact.version,
        "call_id": getattr(fact, "call_id", None),
        "ticket_id": fact.ticket_id if isinstance(fact, CaseFact) else None,
        "agent_id": getattr(fact, "agent_id", None),
        "occurred_at": fact.occurred_at,
        "recorded_at": recorded_at,
        "provenance": fact.provenance.value,
        "body": codec.to_body(fact),
    }


def _take_serials(connection: Connection, day: Any, count: int) -> int:
    """The first of `count` serials of the day; numbers are never reused, gaps are allowed."""
    (taken,) = _SERIALS.each(connection, [{"day": day, "next_serial": 1 + count}])
    return int(taken[0]) - count


def _serials(dialect: str) -> Any:
    statement = insert_for(dialect, tables.days)
    more = tables.days.c.next_serial + statement.excluded.next_serial - 1
    return statement.on_conflict_do_update(index_elements=["day"], set_={"next_serial": more}).returning(
        tables.days.c.next_serial
    )


_SERIALS = Statement(_serials, ["day", "next_serial"])
