"""From a folded case to what the API says of it: names for ids, words for text ids, masks for the rest."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agent_bridge.api import case_views as views
from agent_bridge.api.views import LabelView
from agent_bridge.live.screen_pop import label
from config.office import Office, Sop
from config.units import Unit
from ticketing.desk.entries import missing_fields
from ticketing.desk.reading import Words
from ticketing.desk.sight import Ticket
from ticketing.ledger.cases import FoldedCase, message_rows
from ticketing.people import nik, texts
from ticketing.people.phone_number import mask
from ticketing.sop.run import StepTiming, steps_of
from ticketing.tickets.case import Case
from ticketing.tickets.follow_up import call_back_owed
from ticketing.tickets.number import from_digits

TEXT_ID = re.compile(r"[0-9a-f]{32}")
Names = Mapping[str, str]
"""Users' names by id, and by user name."""


def case_line(ticket: Ticket, office: Office, names: Names, at: datetime) -> views.CaseLine:
    """One case in a list."""
    return views.CaseLine(**_line(ticket, office, names, at))


def _line(ticket: Ticket, office: Office, names: Names, at: datetime) -> dict[str, Any]:
    number = from_digits(ticket["ticket_id"])
    due_at, owner_id = ticket["next_due_at"], ticket["owner_id"]
    owner = None
    if owner_id:
        owner = views.OwnerView(role=ticket["owner_role"], id=owner_id, name=names.get(owner_id))
    same = (
        "state", "restricted", "urgency", "track", "next_due_at", "due_kind", "limit_at", "origin",
        "text_only",
    )  # fmt: skip
    return {name: ticket[name] for name in (*same, "registered_at", "closed_at")} | {
        "number": number.written,
        "spoken": number.short,
        "type": ticket["ticket_type"],
        "category": label(office.categories.get(ticket["category"] or "")),
        "owner": owner,
        "seconds_left": (due_at - at).total_seconds() if due_at else None,
    }


def case_view(
    found: FoldedCase,
    words: Words,
    children: Sequence[str],
    office: Office,
    sop: Sop,
    names: Names,
    at: datetime,
    phone: str | None,
    typist: str | None,
) -> views.CaseView:
    """One case, whole; `phone` is the masked number the citizen called from.

    `typist` is the reader's id where they talk to the citizen: they see again what they typed themselves.
    """
    ticket, case = found.ticket, found.standing.case
    call_back = call_back_owed(found.standing)
    return views.CaseView(
        **_line(ticket, office, names, at),
        parent=_written(ticket["parent_ticket_id"]),
        children=[from_digits(child).written for child in children],
        merged_into=_written(case.merged_into),
        unit=case.unit,
        official=names.get(case.official_id or "", case.official_id),
        belongs_to=_elsewhere(case, words),
        calendar_version=ticket["calendar_version"],
        identity=_identity(case, words, office, phone),
        story=words.by_id.get(case.story_id or ""),
        outline=words.by_id.get(case.outline_id or ""),
        solution=_solution(case, words, names),
        recap=_recap(case, words, names),
        consult_until_at=case.consult_until_at,
        call_back_due_at=call_back.due_at if call_back else None,
        cause_id=case.cause_id,
        steps=[_step(timing, words, names) for timing in steps_of(sop, found.facts)],
        clocks=_clocks(found, at),
        messages=[message_view(row) for row in message_rows(found)],
        events=_events(found, words, names),
        draft=_draft(words, typist),
    )


def unit_view(unit: Unit, office: Office, names: Names) -> views.UnitView:
    """A unit, its head and its officials, each by name where they are users already."""
    own = [one.username for one in office.units.officials.values() if one.unit == unit.code]
    people = dict.fromkeys((*own, unit.head))
    return views.UnitView(
        code=unit.code,
        id=unit.label.id,
        en=unit.label.en,
        officials=[views.PersonView(username=one, name=names.get(one, one)) for one in people],
    )


def message_view(row: Ticket) -> views.MessageView:
    """A message owed to the citizen."""
    same = {name: row[name] for name in ("key", "kind", "owed_at", "told_at")}
    return views.MessageView(number=from_digits(row["ticket_id"]).written, why=row.get("why"), **same)


def _identity(case: Case, words: Words, office: Office, phone: str | None) -> views.IdentityView:
    known = words.newest
    kind = office.types.get(case.ticket_type or "")
    filled = case.fields | ({"phone"} if phone else set())
    filled |= {"category", "story"} if case.story_id else set()
    district = office.districts.get(case.district or "")
    return views.IdentityView(
        name=known.get(texts.NAME),
        nik_masked=_masked_nik(known.get(texts.NIK)),
        phone_masked=_masked_phone(known.get(texts.PHONE)) or phone,
        district=LabelView(code=case.district, id=district, en=district)
        if case.district and district
        else None,
        fields=sorted(filled),
        missing=list(missing_fields(kind, frozenset(filled))) if kind else [],
        offered_nik_masked=None if texts.NIK in known else _masked_nik(known.get(texts.OFFERED_NIK)),
    )


def _elsewhere(case: Case, words: Words) -> str | None:
    """Where the case belongs; old facts hold the words themselves, and what was erased stays unsaid."""
    named = case.belongs_to
    if named is None or named in words.by_id:
        return words.by_id.get(named or "")
    return None if TEXT_ID.fullmatch(named) else named


def _masked_nik(value: str | None) -> str | None:
    return nik.mask(value) if value else None


def _masked_phone(value: str | None) -> str | None:
    """Kept numbers may be no numbers at all, by an override; those are not shown."""
    return mask(value) if value and value.startswith("+") else "•••" if value else None


def _solution(case: Case, words: Words, names: Names) -> views.SolutionView | None:
    solution, told = case.solution, case.delivered
    if solution is None:
        return None
    return views.SolutionView(
        text=words.by_id.get(solution.text_id),
        author=names.get(solution.author_id),
        author_role=solution.author_role,
        written_at=solution.written_at,
        article=solution.article,
        article_version=solution.article_version,
        deliver_by=solution.deliver_by,
        told_by=names.get(told.by) if told else None,
        told_at=told.at if told else None,
        channel=told.channel.value if told else None,
    )


def _recap(case: Case, words: Words, names: Names) -> views.RecapView:
    """As written, else as the facts would fill it in."""
    written, told = case.recap, case.delivered
    problem_id = written.problem_id if written else case.outline_id or case.story_id
    solution_id = written.solution_id if written else case.solution.text_id if case.solution else None
    told_by = written.told_by if written else told.by if told else None
    return views.RecapView(
        written=written is not None,
        problem=words.by_id.get(problem_id or ""),
        solution=words.by_id.get(solution_id or ""),
        told_by=names.get(told_by or ""),
        told_at=written.told_at if written else told.at if told else None,
    )


def _step(timing: StepTiming, words: Words, names: Names) -> views.CaseStepView:
    return views.CaseStepView(
        step=timing.step.number,
        round=timing.round,
        id=timing.step.name.id,
        en=timing.step.name.en,
        actor=timing.step.actor,
        started_at=timing.started_at,
        ended_at=timing.ended_at,
        started_by=timing.started_by.value,
        ended_by=timing.ended_by.value if timing.ended_by else None,
        seconds=timing.seconds,
        standard_seconds=timing.step.standard_seconds,
        within=timing.within,
        by=names.get(timing.by or ""),
        skipped_because=words.by_id.get(timing.skip_reason_id or ""),
    )


def _clocks(found: FoldedCase, at: datetime) -> views.ClocksView:
    case, began_at = found.standing.case, found.standing.registered_at
    until_at = case.closed_at or at
    whole = (until_at - began_at).total_seconds()
    paused = case.paused(until_at).total_seconds()
    return views.ClocksView(
        citizen_seconds=whole, office_seconds=whole - paused, waiting_since_at=case.waiting_since_at
    )


def _events(found: FoldedCase, words: Words, names: Names) -> list[views.EventView]:
    facts = sorted(found.case_facts, key=lambda fact: (fact.occurred_at, fact.key))
    return [
        views.EventView(
            at=fact.occurred_at,
            kind=fact.kind,
            by=names.get(fact.actor_id),
            role=fact.actor_role,
            provenance=fact.provenance.value,
            text=words.by_id.get(getattr(fact, "text_id", None) or getattr(fact, "reason_id", None) or ""),
        )
        for fact in facts
    ]


def _draft(words: Words, typist: str | None) -> views.DraftView | None:
    """What was typed last; NIK and phone number only for whoever is typing them, for others unmask."""
    if words.draft is None:
        return None
    typed = json.loads(words.draft.value)
    if words.draft.saved_by != typist:
        typed = {name: value for name, value in typed.items() if name not in texts.INDEXED}
    return views.DraftView(typed=typed, saved_at=words.draft.saved_at)


def _written(ticket_id: str | None) -> str | None:
    return from_digits(ticket_id).written if ticket_id else None
