"""Promises to citizens, counted: waits, call-backs, answers, texts; a breach is a fact like any other."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, select

from config.clock import office_day
from config.office import Office
from ticketing import tables
from ticketing.calls.call import Call, fold
from ticketing.calls.outcome import OWED_A_CALL_BACK, Outcome
from ticketing.case_facts import CallBackPutOff, CaseFact, DueMissed
from ticketing.ledger import codec
from ticketing.ledger.reader import PART, Reader
from ticketing.probe import by_citizens, of_citizens
from ticketing.reports.promised import Kept, Promised, answer_promised, calls_promised
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.messages import MessageKind
from ticketing.tickets.ticket import FIRST_SECOND_SECONDS
from ticketing.waits.grades import Tally
from ticketing.waits.reading import told_since

TEXT_WITHIN_SECONDS = 60.0
"""A text goes out within this time of being owed: the number, of its registration."""
_OWED = [one.value for one in (*OWED_A_CALL_BACK, Outcome.AFTER_HOURS, Outcome.CALL_BACK_ASKED)]


@dataclass(frozen=True, slots=True)
class Promises:
    """What was promised since an instant, and what became of it.

    Of call-backs and answers: kept by their first due time; late, done or not; put off by a new time, which
    the citizen was told; open, not due yet. `waits_share` is the true ones' share of those graded.
    """

    waits_told: int
    waits_true: int
    waits_false: int
    waits_not_graded: int
    waits_open: int
    waits_share: float | None
    call_backs_promised: int
    call_backs_kept: int
    call_backs_late: int
    call_backs_put_off: int
    call_backs_open: int
    call_backs_made: int
    call_backs_in_vain: int
    answers_promised: int
    answers_kept: int
    answers_late: int
    answers_open: int
    numbers_promised: int
    numbers_in_time: int
    texts_promised: int
    texts_in_time: int
    texts_late: int
    texts_owed: int
    due_times_missed: int
    times_put_off: int

    def to_json(self) -> dict[str, Any]:
        """As figures."""
        return asdict(self)


def promises(reader: Reader, office: Office, since_at: datetime, at: datetime) -> Promises:
    """Count those made since then, as they stand at `at`; reads the ledger, a month of it in seconds."""
    calendar = Calendar(office.hours)
    waits = Tally()
    for queue in office.queues:
        waits += told_since(reader, queue, since_at, at).total
    calls = _stand(_call_backs(reader, calendar, since_at), since_at, at)
    with reader.connect() as connection:
        answers = _stand(_answers(connection, office, calendar, since_at), since_at, at)
        placed = _placed(connection, since_at)
        texts = _texts(connection, since_at)
        return Promises(
            waits_told=waits.told,
            waits_true=waits.true,
            waits_false=waits.false,
            waits_not_graded=waits.not_graded,
            waits_open=waits.open,
            waits_share=waits.share,
            call_backs_promised=calls.total(),
            call_backs_kept=calls[Kept.KEPT],
            call_backs_late=calls[Kept.LATE],
            call_backs_put_off=calls[Kept.PUT_OFF],
            call_backs_open=calls[Kept.OPEN],
            call_backs_made=placed[Outcome.ANSWERED.value],
            call_backs_in_vain=placed[Outcome.NOT_REACHED.value],
            answers_promised=answers.total(),
            answers_kept=answers[Kept.KEPT],
            answers_late=answers[Kept.LATE],
            answers_open=answers[Kept.OPEN],
            due_times_missed=_facts(connection, DueMissed.kind, since_at),
            times_put_off=_facts(connection, CallBackPutOff.kind, since_at),
            **texts,
        )


def _stand(promised: Iterable[Promised], since_at: datetime, at: datetime) -> Counter[Kept]:
    return Counter(one.stands(at) for one in promised if one.made_at >= since_at)


def _call_backs(reader: Reader, calendar: Calendar, since_at: datetime) -> Iterator[Promised]:
    """Of every ticket with a call since then that left its citizen unserved."""
    column = tables.calls.c
    gone_at_once = (column.outcome == Outcome.ANSWERED.value) & (column.talk_seconds < FIRST_SECOND_SECONDS)
    unserved = select(column.ticket_id).where(
        column.ended_at >= since_at,
        by_citizens(),
        column.ticket_id.is_not(None),
        column.outcome.in_(_OWED) | gone_at_once,
    )
    with reader.connect() as connection:
        tickets = sorted(set(connection.scalars(unserved)))
        for some in _in_parts(tickets):
            ids = select(column.ticket_id, column.call_id).where(column.ticket_id.in_(some))
            ticket_of = {row.call_id: row.ticket_id for row in connection.execute(ids)}
            calls: defaultdict[str, list[Call]] = defaultdict(list)
            for call_id, facts in reader.facts_of(ticket_of).items():
                calls[ticket_of[call_id]].append(fold(facts, call_id))
            known = _case_facts(connection, some)
            for ticket_id in some:
                yield from calls_promised(calls[ticket_id], known[ticket_id], calendar)


def _answers(
    connection: Connection, office: Office, calendar: Calendar, since_at: datetime
) -> Iterator[Promised]:
    """Of every ticket registered since then."""
    column = tables.tickets.c
    registered = select(column.ticket_id, column.registered_at, column.category).where(
        column.day >= office_day(since_at), column.registered_at >= since_at, of_citizens()
    )
    rows = {row.ticket_id: row for row in connection.execute(registered)}
    for some in _in_parts(list(rows)):
        known = _case_facts(connection, some)
        for ticket_id in some:
            row = rows[ticket_id]
            found = answer_promised(row.registered_at, row.category, known[ticket_id], office, calendar)
            if found:
                yield found


def _case_facts(connection: Connection, ticket_ids: Sequence[str]) -> defaultdict[str, list[CaseFact]]:
    """What people did to each of the tickets."""
    known: defaultdict[str, list[CaseFact]] = defaultdict(list)
    rows = select(tables.journal).where(tables.journal.c.ticket_id.in_(ticket_ids))
    for row in connection.execute(rows):
        fact = codec.from_row(row)
        if isinstance(fact, CaseFact):
            known[fact.ticket_id].append(fact)
    return known


def _placed(connection: Connection, since_at: datetime) -> Counter[str]:
    """The calls the office made, by their outcome."""
    call = tables.calls.c
    outward = select(call.outcome).where(call.outward.is_(True), call.arrived_at >= since_at)
    return Counter(one for one in connection.scalars(outward) if one)


def _texts(connection: Connection, since_at: datetime) -> dict[str, int]:
    """The texts that came to be owed, and when they went out."""
    outbox = tables.outbox.c
    ticket = tables.tickets.c
    probes = exists().where(ticket.ticket_id == outbox.ticket_id, ~of_citizens())
    owed = select(outbox.kind, outbox.owed_at, outbox.told_at).where(
        outbox.by_text.is_(True), outbox.owed_at >= since_at, ~probes
    )
    rows = connection.execute(owed).all()
    sent = [row for row in rows if row.told_at]
    in_time = [row for row in sent if (row.told_at - row.owed_at).total_seconds() <= TEXT_WITHIN_SECONDS]
    return {
        "numbers_promised": sum(row.kind == MessageKind.NUMBER.value for row in rows),
        "numbers_in_time": sum(row.kind == MessageKind.NUMBER.value for row in in_time),
        "texts_promised": len(rows),
        "texts_in_time": len(in_time),
        "texts_late": len(sent) - len(in_time),
        "texts_owed": len(rows) - len(sent),
    }


def _facts(connection: Connection, kind: str, since_at: datetime) -> int:
    column = tables.journal.c
    counted = select(func.count()).where(column.kind == kind, column.occurred_at >= since_at)
    return connection.scalar(counted) or 0


def _in_parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + PART] for start in range(0, len(ids), PART))
