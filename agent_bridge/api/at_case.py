"""A door that leads to one case: who acts, on which ticket, by which request; the rest is one line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends

from agent_bridge.accounts import Session
from agent_bridge.api import case_views as said
from agent_bridge.api.doorway import AnyHouse, OnceAsked, actor_of, may_do
from agent_bridge.house import House
from ticketing.desk.act import Work
from ticketing.desk.matrix import Deed
from ticketing.desk.once import Answer, Asked
from ticketing.desk.sight import Actor, NoSuchCase
from ticketing.tickets.number import NotATicketNumber, from_digits

LONGEST_NUMBER = 20


def ticket_id_of(number: str) -> str:
    """A ticket's identity from its number, written with dashes or not; raises NoSuchCase."""
    if len(number) > LONGEST_NUMBER:
        raise NoSuchCase
    try:
        return from_digits(number.replace("-", "")).digits
    except NotATicketNumber:
        raise NoSuchCase from None


TheTicket = Annotated[str, Depends(ticket_id_of)]


@dataclass(frozen=True, slots=True)
class AtCase:
    """Somebody at a case, about to do one deed."""

    house: House
    actor: Actor
    deed: Deed
    ticket_id: str
    asked: Asked

    async def do(self, work: Callable[..., Answer], *values: Any, **named: Any) -> said.ActView:
        """Do it, once for each request, and say what it came to."""
        return self._said(await self._act(lambda act: work(act, *values, **named)))

    async def look(self, work: Callable[..., Answer], *values: Any) -> None:
        """Have it audited that something personal is shown, each time it is asked for."""
        await self._act(lambda act: work(act, *values), is_look=True)

    async def _act(self, work: Work, *, is_look: bool = False) -> Answer:
        desk = self.house.case_desk
        return await desk.act(self.actor, self.deed, self.ticket_id, self.asked, work, is_look=is_look)

    def _said(self, answer: Answer) -> said.ActView:
        known = {name: value for name, value in answer.items() if name in said.ActView.model_fields}
        child = answer.get("child_ticket_id")
        return said.ActView(
            **known,
            number=from_digits(answer["ticket_id"]).written,
            child_number=from_digits(child).written if child else None,
        )


def doing(deed: Deed) -> Any:
    """Leads whoever may do the deed to the case that the address names."""

    async def at_case(
        session: Annotated[Session, Depends(may_do(deed))],
        ticket_id: TheTicket,
        asked: OnceAsked,
        house: AnyHouse,
    ) -> AtCase:
        return AtCase(house, actor_of(session, house), deed, ticket_id, asked)

    return Depends(at_case)
