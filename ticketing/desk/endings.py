"""SOP steps 12 to 14: confirming, another complaint, the recap, and the end of a case."""

from ticketing import case_facts
from ticketing.desk.act import Act
from ticketing.desk.once import Answer
from ticketing.facts import Provenance
from ticketing.people import texts
from ticketing.tickets.case import Stage


def confirm(act: Act, *, satisfied: bool) -> Answer:
    """The citizen was asked whether that settles it, and whether there is anything else."""
    act.refuse_if_over()
    act.does(case_facts.CitizenConfirmed, satisfied=satisfied)
    return {}


def open_another(act: Act) -> Answer:
    """Another complaint of the same citizen: a ticket of its own, with its own clocks, identity carried."""
    act.refuse_unless(
        act.call_id is not None,
        "Keluhan lain dibuka selama warga di telepon.",
        "Another complaint is opened while the citizen is on the telephone.",
    )
    ticket_id = act.writing.next_number(act.at)
    act.does(
        case_facts.CaseOpened,
        ticket_id=ticket_id,
        parent_ticket_id=act.case.parent_ticket_id or act.ticket_id,
        person_id=act.person_id,
        sop_version=act.office.sop.version,
        carried=tuple(sorted(act.case.fields)),
        district=act.case.district,
    )
    _carry_identity(act, ticket_id)
    return {"child_ticket_id": ticket_id}


def _carry_identity(act: Act, ticket_id: str) -> None:
    known = texts.latest(act.connection, act.vault, act.ticket_id, texts.IDENTITY)
    for name, value in known.items():
        texts.write(
            act.connection, act.vault, ticket_id=ticket_id, person_id=act.person_id,
            field=name, value=value, at=act.at, by=act.actor.user_id,
        )  # fmt: skip


def recap(act: Act, problem: str | None, solution: str | None, *, close: bool = False) -> Answer:
    """Problem, solution, who told the citizen and when; what is left out is taken from the facts.

    `close` ends the ticket with it: no ticket ends without saying who told the citizen, and when.
    """
    act.refuse_if_over()
    case = act.case
    problem_id = act.seal(texts.RECAP_PROBLEM, problem) if problem else case.outline_id or case.story_id
    written = case.solution.text_id if case.solution else case.reason_id if case.belongs_to else None
    solution_id = act.seal(texts.RECAP_SOLUTION, solution) if solution else written
    act.refuse_unless(
        problem_id is not None and solution_id is not None,
        "Rekap memerlukan masalah dan solusi (atau janji kepada warga). Tuliskan keduanya.",
        "The recap needs the problem and the solution (or what the citizen was promised). Write both.",
    )
    told = case.delivered
    act.does(
        case_facts.RecapWritten,
        problem_id=problem_id,
        solution_id=solution_id,
        told_by=told.by if told else None,
        told_at=told.at if told else None,
    )
    if close:
        _close(act)
    return {}


def cancel(act: Act, reason: str) -> Answer:
    """End the ticket without an answer, for a reason: a prank, a withdrawal."""
    act.refuse_if_over()
    act.refuse_unless(
        not act.others_go_on_here,
        "Tiket lain digabung ke tiket ini. Pisahkan dahulu, atau selesaikan.",
        "Other tickets are merged into this one. Unmerge them first, or settle it.",
    )
    reason_id = act.seal(texts.REASON, reason)
    act.does(case_facts.CaseCancelled, Provenance.DECLARED, reason_id=reason_id)
    act.audits("case.cancel", reason_id)
    return {}


def reopen(act: Act, reason: str) -> Answer:
    """It was not settled after all."""
    act.refuse_unless(
        act.case.stage in (Stage.CLOSED, Stage.CANCELLED),
        "Hanya tiket yang sudah ditutup dapat dibuka kembali.",
        "Only a ticket that was closed can be reopened.",
    )
    reason_id = act.seal(texts.REASON, reason)
    act.does(case_facts.CaseReopened, Provenance.DECLARED, reason_id=reason_id)
    act.audits("case.reopen", reason_id)
    return {}


def _close(act: Act) -> None:
    act.refuse_unless(
        act.case.delivered is not None and act.case.stage in (Stage.SETTLED, Stage.AWAITING_CONFIRMATION),
        "Tiket belum dapat ditutup: warga belum diberi tahu solusinya. Rekap saja, atau sampaikan dahulu.",
        "The ticket cannot be closed: the citizen was not told the solution yet. Recap only, or tell first.",
    )
    act.does(case_facts.CaseClosed)
    act.audits("case.close")
