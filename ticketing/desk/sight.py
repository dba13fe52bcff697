"""Which cases a person sees and may act on. Pure: who asks, and the ticket's row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.errors import Forbidden, NotFound
from config.office import Office
from ticketing.desk.matrix import MATRIX, Deed, Reach, may
from ticketing.people.roles import Role
from ticketing.tickets.follow_up import OwnerRole, stand_in

Ticket = Mapping[str, Any]
"""A row of the table `tickets`."""


class NoSuchCase(NotFound):
    """There is no such case, or it is not this person's to see; nothing tells which."""

    def __init__(self) -> None:
        super().__init__("Tiket tidak ditemukan.", "No such ticket.")


class NotYourDeed(Forbidden):
    """The person's role, or their part in the case, does not include this."""

    def __init__(self) -> None:
        super().__init__(
            "Peran Anda tidak mencakup tindakan ini pada tiket ini.",
            "Your role does not include this on this ticket.",
        )


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in user in their role. An agent belongs to one queue."""

    user_id: str
    username: str
    role: Role
    queue: str


def require(actor: Actor, deed: Deed) -> None:
    """Raises NotYourDeed where the role may not do that to any case."""
    if not may(actor.role, deed):
        raise NotYourDeed


def require_case(
    actor: Actor, deed: Deed, ticket: Ticket, office: Office, at: datetime, *, in_talk: bool
) -> None:
    """Raises NoSuchCase for what the actor may not see, NotYourDeed for what they may only look at.

    `in_talk` tells whether the ticket's caller is the one the actor talks to, or has just talked to.
    """
    if not _reaches(actor, Deed.READ_CASES, ticket, office, at, in_talk=in_talk):
        raise NoSuchCase
    if not _reaches(actor, deed, ticket, office, at, in_talk=in_talk):
        raise NotYourDeed


def sees(actor: Actor, ticket: Ticket, office: Office, at: datetime) -> bool:
    """Whether the case stands in the actor's lists."""
    return _reaches(actor, Deed.READ_CASES, ticket, office, at, in_talk=False)


def _reaches(
    actor: Actor, deed: Deed, ticket: Ticket, office: Office, at: datetime, *, in_talk: bool
) -> bool:
    reach = MATRIX[deed].get(actor.role)
    if reach is None:
        return False
    if ticket["restricted"] and not _may_see_restricted(reach, in_talk=in_talk):
        return False
    if deed is Deed.UNMASK and reach is Reach.OWN:
        return in_talk
    return in_talk or _within(reach, actor, ticket, office, at)


def _may_see_restricted(reach: Reach, *, in_talk: bool) -> bool:
    """Bribery and conduct of staff: for supervisors, the unit it went to, the agent who hears it."""
    return in_talk or reach in (Reach.ALL, Reach.UNIT)


def _within(reach: Reach, actor: Actor, ticket: Ticket, office: Office, at: datetime) -> bool:
    if reach is Reach.ALL:
        return True
    if reach is Reach.ROUTED:
        return ticket["track"] is not None
    if reach is Reach.UNIT:
        return _is_with_unit(actor, ticket, office, at)
    same_queue = (ticket["queue"] or office.default_queue.name) == actor.queue
    if reach is Reach.QUEUE:
        return same_queue or ticket["agent_id"] == actor.user_id
    in_common = ticket["owner_role"] == OwnerRole.CALL_CENTRE.value and same_queue
    return ticket["agent_id"] == actor.user_id or in_common


def _is_with_unit(actor: Actor, ticket: Ticket, office: Office, at: datetime) -> bool:
    if ticket["unit"] is None:
        return False
    unit = office.units.units.get(ticket["unit"])
    heads = unit is not None and unit.head == actor.username
    # Nobody stands in for whom the office does not know, or for no official at all.
    official = ticket["official_id"]
    stands_in = official in office.units.people and stand_in(office.units, official, at) == actor.username
    return heads or stands_in or office.units.unit_of(actor.username) == ticket["unit"]
