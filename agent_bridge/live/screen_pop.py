"""The screen pop: the caller's context, built when the caller joins the queue, shown when a phone rings."""

from collections import OrderedDict
from typing import Any, Literal

from agent_bridge.api import views
from config.office import Category, Office, Sop
from ticketing.calls.call import CallPhase
from ticketing.ledger.reader import AnyRow, Reader
from ticketing.tickets.number import from_digits

CONTEXTS_KEPT = 2000
SHOWN_PHASES = frozenset({CallPhase.RINGING, CallPhase.CALLING, CallPhase.TALKING, CallPhase.WRAP_UP})


class ScreenPop:
    """Builds pops; the slow part of each is ready before any phone rings."""

    def __init__(self, reader: Reader, office: Any) -> None:
        self._reader = reader
        self._office = office
        self._callers: OrderedDict[str, views.CallerView] = OrderedDict()

    def prepare(self, call_id: str) -> None:
        """Look the caller up; done once the call is queued."""
        call = self._reader.call(call_id)
        if call is not None:
            self._callers[call_id] = self._caller(call)
            while len(self._callers) > CONTEXTS_KEPT:
                self._callers.popitem(last=False)

    def forget(self, call_id: str) -> None:
        """The call is over; its context is not kept."""
        self._callers.pop(call_id, None)

    def for_agent(self, agent_id: str) -> views.PopView | None:
        """What the agent is to see now: the call that occupies them, or nothing."""
        call = self._reader.call_of_agent(agent_id)
        if call is None or call.phase not in SHOWN_PHASES:
            return None
        return self._pop(call)

    def _pop(self, call: AnyRow) -> views.PopView:
        if call.call_id not in self._callers:
            self.prepare(call.call_id)
        office: Office = self._office()
        return views.PopView(
            call_id=call.call_id,
            phase=call.phase,
            queue=call.queue,
            ticket=_ticket(call.ticket_id),
            category=label(office.categories.get(call.category or "")),
            caller=self._callers[call.call_id],
            queued_at=call.queued_at,
            rang_at=call.rang_at,
            answered_at=call.answered_at,
            closing_at=call.closing_at,
            ended_at=call.talk_ended_at,
            steps=self._steps(call.call_id, office.sop),
        )

    def _steps(self, call_id: str, current: Sop) -> list[views.StepView]:
        """The steps of the SOP the case began under."""
        begun = {row.step: row for row in self._reader.steps(call_id)}
        version = next((row.sop_version for row in begun.values()), current.version)
        return _steps(self._reader.sop(version) or current, begun)

    def _caller(self, call: AnyRow) -> views.CallerView:
        office: Office = self._office()
        person_id = call.person_id
        rows = self._reader.tickets_of(person_id, but=call.ticket_id) if person_id else []
        earlier = [
            views.EarlierTicket(
                number=from_digits(row.ticket_id).written,
                opened_at=row.registered_at,
                state=row.state,
                category=label(office.categories.get(row.category or "")),
            )
            for row in rows
            # Restricted matters are for those who have them, not for whoever answers the next call.
            if not row.restricted
        ]
        continued = self._continues(call)
        return views.CallerView(
            masked_number=self._reader.masked_number(person_id),
            standing=_standing(recognised=call.recognised, has_history=bool(earlier) or continued),
            earlier=earlier,
        )

    def _continues(self, call: AnyRow) -> bool:
        ticket = self._reader.ticket(call.ticket_id) if call.ticket_id else None
        return ticket is not None and ticket.registered_by_call_id != call.call_id


def _standing(*, recognised: bool, has_history: bool) -> Literal["known", "maybe", "unknown"]:
    """Known by a ticket number keyed in; maybe by the line alone, which many may share."""
    if recognised:
        return "known"
    return "maybe" if has_history else "unknown"


def _ticket(ticket_id: str | None) -> views.TicketView | None:
    if ticket_id is None:
        return None
    number = from_digits(ticket_id)
    return views.TicketView(number=number.written, spoken=number.short)


def label(category: Category | None) -> views.LabelView | None:
    """A category as the pages show it."""
    if category is None:
        return None
    return views.LabelView(code=category.code, id=category.label.id, en=category.label.en)


def _steps(sop: Sop, begun: dict[int, AnyRow]) -> list[views.StepView]:
    return [
        views.StepView(
            step=step.number,
            id=step.name.id,
            en=step.name.en,
            actor=step.actor,
            standard_seconds=step.standard_seconds,
            warn_seconds=step.warn_seconds,
            started_at=row.started_at if row else None,
            ended_at=row.ended_at if row else None,
            state="ahead" if row is None else "done" if row.ended_at else "running",
            within=row.within if row else None,
        )
        for step in sop.steps
        for row in [begun.get(step.number)]
    ]
