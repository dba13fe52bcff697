"""What people ask of cases: lists by time left, one case with its words, messages owed, notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true

from config.errors import NotFound, Refused
from config.office import Office
from ticketing import tables
from ticketing.desk.matrix import MATRIX, Deed, Reach
from ticketing.desk.merging import duplicates_of
from ticketing.desk.sight import Actor, NoSuchCase, require_case, sees
from ticketing.ledger import deliveries
from ticketing.ledger.cases import FoldedCase
from ticketing.ledger.reader import AnyRow, Reader
from ticketing.people import complainant, texts
from ticketing.people.privacy import Vault
from ticketing.people.roles import Role
from ticketing.tickets.dispatch import time_left_order
from ticketing.tickets.follow_up import OwnerRole, stand_in

TICKET = tables.tickets.c


class NoSuchPlace(Refused):
    """A page's cursor is none that was given out."""

    def __init__(self) -> None:
        super().__init__("Penanda halaman tidak dikenal.", "That is no cursor of this list.")


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list; `next_cursor` is None on the last page."""

    rows: Sequence[AnyRow]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Words:
    """What was written about a case, by text id, and the newest of each field of the form."""

    by_id: dict[str, str]
    newest: dict[str, str]
    draft: texts.Draft | None


class CaseReader:
    """Reads cases as far as the one who asks may see them."""

    def __init__(self, reader: Reader, vault: Vault) -> None:
        self._reader = reader
        self._vault = vault

    def case(self, actor: Actor, ticket_id: str, office: Office, at: datetime) -> FoldedCase:
        """The case; raises NoSuchCase for what is not this person's to see."""
        found = self._reader.case(ticket_id, office)
        if found is None:
            raise NoSuchCase
        ours = self.in_talk(actor, ticket_id)
        require_case(actor, Deed.READ_CASES, found.ticket, office, at, in_talk=ours)
        return found

    def in_talk(self, actor: Actor, ticket_id: str) -> bool:
        """Whether the call that occupies the actor is about this ticket, or one opened beside it."""
        talks = self._reader.call_of_agent(actor.user_id)
        return talks is not None and ticket_id in (talks.ticket_id, *self._beside(talks))

    def words(self, found: FoldedCase) -> Words:
        """Everything that was written about the case; what was erased is left out."""
        ids = _text_ids(found)
        fields = (*texts.IDENTITY, texts.OFFERED_NIK)
        ticket_id = found.standing.ticket_id
        with self._reader.connect() as connection:
            read = {one: texts.read(connection, self._vault, one) for one in ids}
            return Words(
                by_id={one: value for one, value in read.items() if value is not None},
                newest=texts.latest(connection, self._vault, ticket_id, fields),
                draft=texts.draft(connection, self._vault, ticket_id),
            )

    def field(self, ticket_id: str, name: str) -> str:
        """One field of the citizen's identity in full; raises NotFound where it is not known."""
        with self._reader.connect() as connection:
            known = texts.latest(connection, self._vault, ticket_id, (name,)).get(name)
            if known is None and name == texts.PHONE:
                person = select(TICKET.person_id).where(TICKET.ticket_id == ticket_id)
                known = complainant.phone(connection, self._vault, connection.scalar(person))
        if known is None:
            raise NotFound("Data itu belum diisi.", "That is not filled in.")
        return known

    def duplicates(self, actor: Actor, ticket_id: str, office: Office, at: datetime) -> list[AnyRow]:
        """Open cases that may be this very case, as far as the actor sees them."""
        with self._reader.connect() as connection:
            ids = duplicates_of(connection, self._vault, ticket_id)
            rows = connection.execute(select(tables.tickets).where(TICKET.ticket_id.in_(ids))).all()
        return [row for row in rows if sees(actor, dict(row._mapping), office, at)]

    def children(self, ticket_id: str) -> list[str]:
        """Tickets opened beside this one in the same call."""
        statement = select(TICKET.ticket_id).where(TICKET.parent_ticket_id == ticket_id)
        with self._reader.connect() as connection:
            return list(connection.scalars(statement.order_by(TICKET.ticket_id)))

    def cases(
        self,
        actor: Actor,
        office: Office,
        at: datetime,
        *,
        mine: bool,
        over: bool,
        after: str | None,
        limit: int,
    ) -> Page:
        """Cases the actor sees, the least time left first; `mine` are those they own, `over` those ended."""
        ended = TICKET.closed_at.is_not(None) | TICKET.merged_into.is_not(None)
        wanted = and_(visible(actor, office, at), ended if over else ~ended)
        if mine:
            wanted = and_(wanted, owned_by(actor, office, at))
        time_left = func.coalesce(TICKET.next_due_at, TICKET.closed_at, TICKET.registered_at)
        statement = select(tables.tickets, time_left.label("place")).where(wanted)
        page = self._page(statement, time_left, TICKET.ticket_id, after, limit)
        return page if over else Page(time_left_order(page.rows), page.next_cursor)

    def messages_owed(
        self, actor: Actor, office: Office, at: datetime, *, after: str | None, limit: int
    ) -> Page:
        """Messages a person must see to, the oldest first: no text reaches the citizen, or none went out."""
        statement = deliveries.tasks(at).where(visible(actor, office, at))
        return self._page(statement, tables.outbox.c.owed_at, tables.outbox.c.key, after, limit)

    def notices(self, actor: Actor, office: Office, at: datetime, *, after: str | None, limit: int) -> Page:
        """Due times that passed and that this person was told of, the newest first."""
        column = tables.notices.c
        mine = or_(
            false(),
            *(
                and_(column.to_role == role, column.to_id.in_(ids))
                for role, ids in _owners(actor, office, at)
            ),
        )
        statement = select(tables.notices, column.at.label("place")).where(mine)
        return self._page(statement, column.at, column.key, after, limit, newest_first=True)

    def _page(
        self,
        statement: Select[Any],
        place: ColumnElement[datetime],
        key: ColumnElement[str],
        after: str | None,
        limit: int,
        *,
        newest_first: bool = False,
    ) -> Page:
        """Some rows in the order of their place, and of equal ones in that of their key."""
        if after is not None:
            at, last = _place(after)
            further = place < at if newest_first else place > at
            beyond = key < last if newest_first else key > last
            statement = statement.where(or_(further, and_(place == at, beyond)))
        order = (place.desc(), key.desc()) if newest_first else (place, key)
        with self._reader.connect() as connection:
            rows = connection.execute(statement.order_by(*order).limit(limit + 1)).all()
        if len(rows) <= limit:
            return Page(rows, None)
        last_row = rows[limit - 1]
        return Page(rows[:limit], f"{last_row.place.isoformat()}~{getattr(last_row, key.key or '')}")

    def _beside(self, talks: AnyRow) -> list[str]:
        return self.children(talks.ticket_id) if talks.ticket_id else []


def visible(actor: Actor, office: Office, at: datetime) -> ColumnElement[bool]:
    """The same as `sight.sees`, for the database."""
    reach = MATRIX[Deed.READ_CASES].get(actor.role)
    if reach is None:
        return false()
    if reach is Reach.ALL:
        return true()
    if reach is Reach.UNIT:
        return and_(
            TICKET.unit.is_not(None),
            or_(TICKET.unit.in_(_units(actor, office)), TICKET.official_id.in_(_stood_in(actor, office, at))),
        )
    open_to_many = TICKET.restricted.is_(False)
    if reach is Reach.ROUTED:
        return and_(open_to_many, TICKET.track.is_not(None))
    queue = func.coalesce(TICKET.queue, office.default_queue.name) == actor.queue
    return and_(open_to_many, or_(queue, TICKET.agent_id == actor.user_id))


def owned_by(actor: Actor, office: Office, at: datetime) -> ColumnElement[bool]:
    """The cases this person answers for now, alone or with their team."""
    owners = _owners(actor, office, at)
    return or_(false(), *(and_(TICKET.owner_role == role, TICKET.owner_id.in_(ids)) for role, ids in owners))


def _owners(actor: Actor, office: Office, at: datetime) -> list[tuple[str, list[str]]]:
    if actor.role is Role.AGENT:
        return [(OwnerRole.AGENT.value, [actor.user_id]), (OwnerRole.CALL_CENTRE.value, [actor.queue])]
    if actor.role is Role.DISPATCHER:
        return [(OwnerRole.DISPATCHERS.value, [OwnerRole.DISPATCHERS.value])]
    if actor.role is Role.OFFICIAL:
        return [(OwnerRole.OFFICIAL.value, [actor.username, *_stood_in(actor, office, at)])]
    if actor.role is Role.SUPERVISOR:
        return [(OwnerRole.SUPERVISORS.value, [OwnerRole.SUPERVISORS.value, actor.user_id])]
    return []


def _units(actor: Actor, office: Office) -> list[str]:
    headed = [unit.code for unit in office.units.units.values() if unit.head == actor.username]
    own = office.units.unit_of(actor.username)
    return [*headed, *([own] if own else [])]


def _stood_in(actor: Actor, office: Office, at: datetime) -> list[str]:
    """The officials and heads this person acts for on that day."""
    return [name for name in office.units.people if stand_in(office.units, name, at) == actor.username]


def _text_ids(found: FoldedCase) -> list[str]:
    named = (getattr(fact, name, None) for fact in found.case_facts for name in _TEXTS)
    return list(dict.fromkeys(text_id for text_id in named if text_id))


_TEXTS = ("text_id", "reason_id", "problem_id", "solution_id", "belongs_to")
"""Fields of facts that name a sealed text."""


def _place(cursor: str) -> tuple[datetime, str]:
    due, _, ticket_id = cursor.partition("~")
    try:
        # Years at either end of the calendar have no instant in UTC.
        return datetime.fromisoformat(due).astimezone(UTC), ticket_id
    except (ValueError, OverflowError):
        raise NoSuchPlace from None
