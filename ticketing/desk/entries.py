"""SOP steps 5 to 7: what the agent enters while the citizen talks."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from config.categories import TicketType
from config.errors import NotFound, Refused
from ticketing import case_facts
from ticketing.desk.act import Act
from ticketing.desk.once import Answer
from ticketing.facts import Provenance
from ticketing.people import complainant, nik, phone_number, texts
from ticketing.people.field_warning import FieldWarning
from ticketing.people.free_text import take_out_niks
from ticketing.tickets.case import Stage

DRAFT_FIELDS = frozenset(
    {"name", "nik", "phone", "district", "type", "category", "story", "outline", "solution", "recap"}
)


class ReasonMissing(Refused):
    """Something goes against a rule or an order, and nobody said why."""

    def __init__(self) -> None:
        super().__init__("Tuliskan alasannya.", "Please write down the reason.")


@dataclass(frozen=True, slots=True)
class Entry:
    """What of the form is filled in; a field left out stays as it is.

    `overrides` names fields kept against a warning, or left empty although the type requires them, with
    `override_reason`.
    """

    name: str | None = None
    nik: str | None = None
    phone: str | None = None
    district: str | None = None
    ticket_type: str | None = None
    category: str | None = None
    story: str | None = None
    use_offered_nik: bool = False
    overrides: frozenset[str] = field(default_factory=frozenset)
    override_reason: str | None = None


def save_draft(act: Act, typed: Mapping[str, str]) -> Answer:
    """Keep what is being typed, whatever it is; the first keystroke ends SOP step 5."""
    act.refuse_if_over()
    found: list[str] = []
    kept = {name: _without_niks(name, value, found) for name, value in typed.items() if name in DRAFT_FIELDS}
    act.offer_niks(found)
    texts.save_draft(
        act.connection, act.vault, ticket_id=act.ticket_id, person_id=act.person_id,
        value=json.dumps(kept, ensure_ascii=False), at=act.at, by=act.actor.user_id,
    )  # fmt: skip
    if act.case.stage is Stage.UNTOUCHED:
        act.does(case_facts.EntryBegun)
    return {"nik_offered": bool(found)}


def record(act: Act, entry: Entry) -> Answer:
    """Take in the form as it stands. What a soft rule doubts is told, and kept out until overridden.

    Once every field its type requires is there, SOP step 6 is over; answers which are missing.
    """
    act.refuse_if_over()
    entry = _with_offered_nik(act, entry)
    _require_known(act, entry)
    warned = warnings_of(entry)
    doubted = {field_name for field_name, _ in warned} - entry.overrides
    _record_identity(act, entry, doubted)
    missing = _record_complaint(act, entry, doubted)
    return {
        "warnings": [
            {"field": name, "code": warning.code, "id": warning.text.id, "en": warning.text.en}
            for name, warning in warned
            if name in doubted
        ],
        "missing": list(missing),
    }


def outline(act: Act, text: str) -> Answer:
    """The problem in outline: SOP step 7's output."""
    act.refuse_if_over()
    act.does(case_facts.OutlineWritten, text_id=act.seal(texts.OUTLINE, text))
    return {}


def step_done(act: Act, step: int) -> Answer:
    """Somebody says by a key that a step is over."""
    act.refuse_if_over()
    _require_step(act, step)
    act.does(case_facts.StepDone, Provenance.DECLARED, step=step)
    return {}


def step_skipped(act: Act, step: int, reason: str) -> Answer:
    """A step does not apply here, for a reason."""
    act.refuse_if_over()
    _require_step(act, step)
    reason_id = act.seal(texts.REASON, reason)
    act.does(case_facts.StepSkipped, Provenance.DECLARED, step=step, reason_id=reason_id)
    act.audits("step.skip", reason_id, f"{act.ticket_id}/{step}")
    return {}


def warnings_of(entry: Entry) -> tuple[tuple[str, FieldWarning], ...]:
    """What the soft rules doubt, each with its field."""
    niks = nik.warnings(nik.tidy(entry.nik)) if entry.nik else ()
    phones = phone_number.warnings(entry.phone) if entry.phone else ()
    return (*(("nik", one) for one in niks), *(("phone", one) for one in phones))


def missing_fields(kind: TicketType, filled: frozenset[str]) -> tuple[str, ...]:
    """Fields the type requires that are not filled in yet, in the form's order."""
    return tuple(name for name in kind.required if name not in filled)


def _record_identity(act: Act, entry: Entry, doubted: set[str]) -> None:
    phone = phone_number.normalise(entry.phone) or entry.phone
    values = {"name": entry.name, "nik": nik.tidy(entry.nik) if entry.nik else None, "phone": phone}
    known = texts.latest(act.connection, act.vault, act.ticket_id, texts.IDENTITY)
    kept = {
        name: value.strip()
        for name, value in values.items()
        if value and name not in doubted and value.strip() != known.get(name)
    }
    moved = entry.district if entry.district != act.case.district else None
    overridden = tuple(sorted(entry.overrides - act.case.fields - _overridden(act)))
    if not kept and not moved and not overridden:
        return
    for name, value in kept.items():
        act.seal(name, value)
    reason_id = None
    if overridden:
        reason_id = act.seal(texts.REASON, entry.override_reason or "")
        act.audits("warning.override", reason_id)
    fields = (*kept, *(("district",) if moved else ()))
    act.does(
        case_facts.IdentityRecorded,
        fields=fields, district=moved, overridden=overridden, reason_id=reason_id,
    )  # fmt: skip


def _record_complaint(act: Act, entry: Entry, doubted: set[str]) -> tuple[str, ...]:
    """Record the complaint when nothing is missing; returns what is."""
    case = act.case
    type_ = entry.ticket_type or case.ticket_type
    category = entry.category or case.category or act.found.standing.category
    kind = act.office.types.get(type_ or "")
    if kind is None:
        return ("type",)
    given = {"name": entry.name, "nik": entry.nik, "phone": entry.phone, "district": entry.district}
    filled = case.fields | {name for name, value in given.items() if value and name not in doubted}
    filled |= {"phone"} if act.found.ticket["person_id"] and _has_number(act) else set()
    filled |= (entry.overrides | _overridden(act)) - {"category", "story"}
    filled |= {"category"} if category else set()
    filled |= {"story"} if entry.story or case.story_id else set()
    missing = missing_fields(kind, frozenset(filled))
    changed = (type_, category) != (case.ticket_type, case.category) or entry.story
    if not missing and changed:
        text_id = act.seal(texts.STORY, entry.story) if entry.story else case.story_id
        act.does(case_facts.ComplaintRecorded, ticket_type=type_, category=category, text_id=text_id)
    return missing


def _overridden(act: Act) -> frozenset[str]:
    """Fields that somebody gave a reason for before."""
    recorded = (one for one in act.found.case_facts if isinstance(one, case_facts.IdentityRecorded))
    return frozenset(name for fact in recorded for name in fact.overridden)


def _has_number(act: Act) -> bool:
    """Whether the line the citizen called from is known: then nobody has to ask for a phone number."""
    person_id = act.found.ticket["person_id"]
    return complainant.masked_phone(act.connection, act.vault, person_id) is not None


def _with_offered_nik(act: Act, entry: Entry) -> Entry:
    if not entry.use_offered_nik:
        return entry
    offered = texts.latest(act.connection, act.vault, act.ticket_id, (texts.OFFERED_NIK,))
    return replace(entry, nik=offered.get(texts.OFFERED_NIK))


def _require_known(act: Act, entry: Entry) -> None:
    _require_one_of("kecamatan", "district", entry.district, act.office.districts)
    _require_one_of("jenis", "type", entry.ticket_type, act.office.types)
    _require_one_of("kategori", "category", entry.category, act.office.categories)
    if entry.overrides and not (entry.override_reason or "").strip():
        raise ReasonMissing


def _require_one_of(id: str, en: str, value: str | None, known: Collection[str]) -> None:
    if value and value not in known:
        # What was written is not repeated: it may have been meant for another field.
        raise NotFound(f"Pilihan {id} itu tidak ada.", f"There is no such {en}.")


def _require_step(act: Act, step: int) -> None:
    if not 1 <= step <= len(act.sop.steps):
        raise NotFound(f"Tidak ada langkah {step}.", f"There is no step {step}.")


def _without_niks(name: str, value: str, found: list[str]) -> str:
    if name in texts.INDEXED:
        return value
    kept, niks = take_out_niks(value)
    found += niks
    return kept
