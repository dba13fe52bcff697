"""Whether a case is one of many about the same cause: said by whoever has it in hand."""

from ticketing import case_facts
from ticketing.causes import book
from ticketing.causes.giving import give
from ticketing.desk.act import Act
from ticketing.desk.once import Answer
from ticketing.facts import Provenance


def link(act: Act, cause_id: str) -> Answer:
    """The case is about that cause, and gets its answer at once if there is one.

    Raises NoSuchCause, CauseOver.
    """
    act.refuse_if_over()
    book.require_open(act.connection, cause_id, act.at)
    if act.case.cause_id != cause_id:
        act.does(case_facts.LinkedToCause, Provenance.DECLARED, cause_id=cause_id)
        act.writing.record(*act.facts)
        give(act.writing, act.vault, act.ticket_id, act.at)
    return {}


def unlink(act: Act) -> Answer:
    """Not about it after all: what its citizen was told stays told, and the case goes on by itself."""
    act.refuse_unless(
        act.case.cause_id is not None,
        "Tiket ini tidak termasuk peristiwa mana pun.",
        "This ticket belongs to no cause.",
    )
    act.does(case_facts.UnlinkedFromCause, Provenance.DECLARED, cause_id=act.case.cause_id)
    return {}
