"""Tickets of one case: which may be merged, and whose news the reporter of a merged one hears. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from config.errors import Conflict
from ticketing import case_facts as facts
from ticketing.case_facts import CaseFact
from ticketing.tickets.case import Case
from ticketing.tickets.folding import in_order

FactsOf = Mapping[str, Iterable[CaseFact]]
"""What people did to each ticket."""

NEWS = (facts.ForwardedToOfficial, facts.ReferredElsewhere, facts.FollowUpDone, facts.SolutionWritten)
"""What a case's reporters hear of, whichever of their tickets it goes on in."""
_ANSWERS = (facts.ReferredElsewhere, facts.SolutionWritten)
_EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class MergedIntoItself(Conflict):
    """A ticket cannot go on in itself."""

    def __init__(self) -> None:
        super().__init__(
            "Tiket tidak dapat digabung ke dirinya sendiri. Pilih tiket lain.",
            "A ticket cannot be merged into itself. Choose another one.",
        )


class NothingToMerge(Conflict):
    """One of the two is over; a merged case needs somebody who goes on with it."""

    def __init__(self, case: Case) -> None:
        goes_on = case.merged_into
        where = (f" Pakai tiket {goes_on}.", f" Use ticket {goes_on}.") if goes_on else ("", "")
        super().__init__(
            f"Tiket {case.ticket_id} sudah selesai, batal atau digabung.{where[0]}",
            f"Ticket {case.ticket_id} is closed, cancelled or merged already.{where[1]}",
        )


@dataclass(frozen=True, slots=True)
class Joined:
    """That a ticket went on in another; `ended_at` is for ever while it does."""

    into_ticket_id: str
    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class News:
    """Something a reporter is to hear, owed since `at`."""

    fact: CaseFact
    at: datetime


def check_merge(case: Case, into: Case) -> None:
    """Refuse to merge `case` into one that is over, or that is itself."""
    if case.ticket_id == into.ticket_id:
        raise MergedIntoItself
    for one in (case, into):
        if one.is_over:
            raise NothingToMerge(one)


def joined(known: Iterable[CaseFact]) -> list[Joined]:
    """When the ticket went on in which other, in order."""
    spans: list[Joined] = []
    for fact in in_order(known):
        if spans and spans[-1].ended_at == _EVER[1] and isinstance(fact, _ENDS):
            last = spans.pop()
            spans.append(Joined(last.into_ticket_id, last.began_at, fact.occurred_at))
        if isinstance(fact, facts.Merged):
            spans.append(Joined(fact.into_ticket_id, fact.occurred_at, _EVER[1]))
    return spans


_ENDS = (facts.Merged, facts.Unmerged, facts.CaseReopened)


def goes_on_in(ticket_id: str, facts_of: Callable[[str], Iterable[CaseFact]]) -> dict[str, list[CaseFact]]:
    """The facts of the ticket, and of every one it ever went on in: what `messages.owed` wants to know."""
    found: dict[str, list[CaseFact]] = {}
    wanted = [ticket_id]
    while wanted:
        one = wanted.pop()
        if one not in found:
            found[one] = in_order(facts_of(one))
            wanted += [span.into_ticket_id for span in joined(found[one])]
    return found


def news_from_others(ticket_id: str, facts_of: FactsOf) -> list[News]:
    """What happened in the tickets this one went on in, while it did; each once, from when it was owed."""
    found: dict[str, News] = {}
    for news in _of_others(ticket_id, facts_of, *_EVER, frozenset()):
        known = found.get(news.fact.key)
        found[news.fact.key] = min(news, known, key=lambda one: one.at) if known else news
    return sorted(found.values(), key=lambda one: (one.at, one.fact.key))


def _of_others(
    ticket_id: str, facts_of: FactsOf, since: datetime, until: datetime, seen: frozenset[str]
) -> Iterable[News]:
    for span in joined(facts_of.get(ticket_id, ())):
        other, begin, end = span.into_ticket_id, max(since, span.began_at), min(until, span.ended_at)
        if begin >= end or other in seen:
            continue
        yield from _of_one(in_order(facts_of.get(other, ())), begin, end)
        yield from _of_others(other, facts_of, begin, end, seen | {ticket_id})


def _of_one(known: list[CaseFact], begin: datetime, end: datetime) -> Iterable[News]:
    """The answer that stood when the ticket joined, and whatever came while it did."""
    standing: CaseFact | None = None
    for fact in known:
        if fact.occurred_at < begin:
            standing = fact if isinstance(fact, _ANSWERS) else standing
            standing = None if isinstance(fact, facts.CaseReopened) else standing
        elif fact.occurred_at < end and isinstance(fact, NEWS):
            yield News(fact, fact.occurred_at)
    if standing:
        yield News(standing, begin)
