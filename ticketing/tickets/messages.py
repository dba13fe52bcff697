"""What the citizen must be told: until a gateway sends it, a task for an agent. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ticketing import case_facts as facts
from ticketing.case_facts import CaseFact
from ticketing.tickets.case import Case
from ticketing.tickets.ticket import Standing


class MessageKind(StrEnum):
    """What a message is about."""

    NUMBER = "number"
    PROGRESS = "progress"
    SOLUTION = "solution"


@dataclass(frozen=True, slots=True)
class Message:
    """A message owed since `owed_at`; `told_at` is None until the citizen has it. The key makes it once."""

    key: str
    ticket_id: str
    kind: MessageKind
    owed_at: datetime
    told_at: datetime | None


_NEWS = (facts.ForwardedToOfficial, facts.ReferredElsewhere, facts.FollowUpDone, facts.Merged, facts.Unmerged)
"""Whatever changes for the citizen while they are not on the line."""


def owed(standing: Standing, known: Iterable[CaseFact]) -> tuple[Message, ...]:
    """Every message of this ticket, told or not, in the order they came to be owed."""
    news = sorted(known, key=lambda fact: (fact.occurred_at, fact.key))
    found = list(_numbers(standing, news))
    for kind, kinds in ((MessageKind.PROGRESS, _NEWS), (MessageKind.SOLUTION, (facts.SolutionWritten,))):
        instants = [fact.occurred_at for fact in news if isinstance(fact, kinds)]
        for n, at in enumerate(instants, start=1):
            found.append((f"{standing.ticket_id}/{kind.value}/{n}", kind, at))
    return tuple(
        Message(key, standing.ticket_id, kind, at, _told_at(standing.case, news, key, kind, at))
        for key, kind, at in sorted(found, key=lambda one: (one[2], one[0]))
    )


def _numbers(standing: Standing, news: list[CaseFact]) -> list[tuple[str, MessageKind, datetime]]:
    """The number of a caller who hung up before hearing it, and that of a ticket opened by hand."""
    key = f"{standing.ticket_id}/{MessageKind.NUMBER.value}"
    opened = [fact.occurred_at for fact in news if isinstance(fact, facts.CaseOpened)]
    if opened:
        return [(key, MessageKind.NUMBER, opened[0])]
    return [(key, MessageKind.NUMBER, standing.call_at)] if standing.number_unheard else []


def _told_at(
    case: Case, news: list[CaseFact], key: str, kind: MessageKind, owed_at: datetime
) -> datetime | None:
    """When it was told: by itself, or because somebody told the citizen how the case stands after that."""
    for fact in news:
        if isinstance(fact, facts.CitizenTold) and fact.message == key:
            return fact.occurred_at
    if case.is_over:
        return case.closed_at or case.acted_at
    if kind is MessageKind.NUMBER:
        return None
    told = (fact.occurred_at for fact in news if isinstance(fact, facts.SolutionDelivered))
    return next((at for at in told if at >= owed_at), None)
