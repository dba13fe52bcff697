"""What the citizen must be told: until a gateway sends it, a task for an agent. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from config.yaml_files import fingerprint
from ticketing import case_facts as facts
from ticketing.case_facts import CaseFact
from ticketing.tickets.duplicates import NEWS, FactsOf, News, news_from_others
from ticketing.tickets.folding import in_order
from ticketing.tickets.ticket import Standing, TicketState


class MessageKind(StrEnum):
    """What a message is about."""

    NUMBER = "number"
    PROGRESS = "progress"
    SOLUTION = "solution"
    CALL_BACK = "call_back"


@dataclass(frozen=True, slots=True)
class Message:
    """A message owed since `owed_at`; `told_at` is None until the citizen has it. The key makes it once.

    `by_text` tells whether a text message reaches the citizen; else a person has to. `fact` is the news it
    tells, if any: of another ticket, where this one goes on in it.
    """

    key: str
    ticket_id: str
    kind: MessageKind
    owed_at: datetime
    told_at: datetime | None
    by_text: bool = False
    fact: CaseFact | None = None


_OWN_NEWS = (*NEWS, facts.Merged, facts.Unmerged, facts.CallBackPutOff)
"""Whatever changes for the citizen while they are not on the line."""


def owed(standing: Standing, known: Iterable[CaseFact], others: FactsOf | None = None) -> tuple[Message, ...]:
    """Every message of this ticket, told or not, in the order they came to be owed.

    `others` has the facts of the tickets it went on in (`duplicates.goes_on_in`): whoever reported a case
    that was merged hears what comes of it all the same.
    """
    if standing.case.origin is facts.Origin.PROBE:
        return ()
    ticket_id, own = standing.ticket_id, in_order(known)
    news = [News(fact, fact.occurred_at) for fact in own if isinstance(fact, _OWN_NEWS)]
    news += news_from_others(ticket_id, {**(others or {}), ticket_id: own})
    found = [*_numbers(standing, own), *(_message(ticket_id, one) for one in news)]
    return tuple(
        Message(key, ticket_id, kind, at, _told_at(standing, own, key, kind, at), standing.by_mobile, fact)
        for key, kind, at, fact in sorted(found, key=lambda one: (one[2], one[0]))
    )


_Found = tuple[str, MessageKind, datetime, CaseFact | None]


def _message(ticket_id: str, news: News) -> _Found:
    """The key follows the fact, so that one that comes late leaves the others' keys alone."""
    kind = _KINDS.get(type(news.fact), MessageKind.PROGRESS)
    return f"{ticket_id}/{kind.value}/{fingerprint(news.fact.key)}", kind, news.at, news.fact


_KINDS: dict[type[CaseFact], MessageKind] = {
    facts.SolutionWritten: MessageKind.SOLUTION,
    facts.CallBackPutOff: MessageKind.CALL_BACK,
}


def _numbers(standing: Standing, own: list[CaseFact]) -> list[_Found]:
    """The number: to whoever can be sent a text, to a caller gone without it, of a ticket opened by hand."""
    key = f"{standing.ticket_id}/{MessageKind.NUMBER.value}"
    opened = [fact.occurred_at for fact in own if isinstance(fact, facts.CaseOpened)]
    if opened:
        return [(key, MessageKind.NUMBER, opened[0], None)]
    if standing.by_mobile:
        return [(key, MessageKind.NUMBER, standing.registered_at, None)]
    return [(key, MessageKind.NUMBER, standing.call_at, None)] if standing.number_unheard else []


def _told_at(
    standing: Standing, own: list[CaseFact], key: str, kind: MessageKind, owed_at: datetime
) -> datetime | None:
    """When it was told: by itself, or because somebody told the citizen how the case stands after that.

    Nothing more is owed once the ticket was closed; a merged one is not: its reporter waits for news. Whoever
    was reached after a call-back was put off need not hear of that.
    """
    for fact in own:
        if isinstance(fact, facts.CitizenTold) and fact.message == key:
            return fact.occurred_at
    if standing.case.closed_at:
        return standing.case.closed_at
    if kind is MessageKind.NUMBER:
        return None
    told = [fact.occurred_at for fact in own if isinstance(fact, facts.SolutionDelivered)]
    if kind is MessageKind.CALL_BACK:
        told += _spoken_to_at(standing)
    return next((at for at in told if at >= owed_at), None)


def _spoken_to_at(standing: Standing) -> list[datetime]:
    """When the citizen was last called back, and last talked to."""
    talked_at = standing.call_at if standing.call_state is TicketState.WITH_AGENT else None
    return [at for at in (standing.case.reached_at, talked_at) if at]
