"""A case whose citizen was told by a message and lets the time to object go by: the system ends it."""

from datetime import datetime
from typing import Any

from ticketing import case_facts
from ticketing.case_facts import SYSTEM
from ticketing.ledger.cases import FoldedCase
from ticketing.ledger.writing import Writing
from ticketing.people import texts
from ticketing.people.privacy import Unreadable
from ticketing.sop.run import missing, steps_of

WHY_NO_STEP = "Dijawab lewat pesan; warga tidak berkeberatan dalam batas waktu kantor."
"""Why the steps of a talk were left out: there was none."""


def settle(writing: Writing, found: FoldedCase, key: str, at: datetime) -> None:
    """Say in the recap what was told, by whom and when, end the case, and account for each step left out."""
    case = found.standing.case
    assert case.solution is not None
    assert case.delivered is not None
    by: dict[str, Any] = {
        "ticket_id": case.ticket_id,
        "actor_id": SYSTEM,
        "actor_role": SYSTEM,
        "occurred_at": at,
    }
    recap = case_facts.RecapWritten(
        key=f"{key}/recap",
        problem_id=case.outline_id or case.story_id or case.solution.text_id,
        solution_id=case.solution.text_id,
        told_by=case.delivered.by,
        told_at=case.delivered.at,
        **by,
    )
    writing.record(recap, case_facts.CaseClosed(key=f"{key}/closed", **by))
    _skip_what_was_left_out(writing, found, key, by)


def _skip_what_was_left_out(writing: Writing, found: FoldedCase, key: str, by: dict[str, Any]) -> None:
    ended = writing.case(found.standing.ticket_id)
    person_id = found.ticket["person_id"] or found.standing.case.person_id
    if ended is None or person_id is None:
        return
    sop = writing.sop(found.ticket["sop_version"])
    steps = missing(sop, ended.facts, steps_of(sop, ended.facts))
    try:
        reason_id = writing.seal(by["ticket_id"], person_id, texts.REASON, WHY_NO_STEP, by["occurred_at"])
    except Unreadable:
        return  # Nothing can be written of a citizen who was erased; their case ends all the same.
    writing.record(
        *(
            case_facts.StepSkipped(key=f"{key}/skipped/{step}", step=step, reason_id=reason_id, **by)
            for step in steps
        )
    )
