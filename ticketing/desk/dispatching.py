"""SOP steps 9 to 11: to the dispatcher, to the official, back, or elsewhere."""

from datetime import datetime, timedelta

from config.errors import NotFound
from config.office import Office
from ticketing import case_facts
from ticketing.case_facts import Track, Urgency
from ticketing.desk.act import Act
from ticketing.desk.entries import ReasonMissing
from ticketing.desk.once import Answer
from ticketing.facts import Provenance
from ticketing.people import texts
from ticketing.people.roles import Role
from ticketing.tickets.case import Stage
from ticketing.tickets.dispatch import Suggestion, check_recipient, suggest
from ticketing.tickets.ticket import Standing


def open_dispatch(act: Act) -> Answer:
    """The agent turns to the dispatcher's form: the FAQ book did not help."""
    act.refuse_if_over()
    act.does(case_facts.DispatchOpened)
    return {}


def send(act: Act, track: Track, urgency: Urgency) -> Answer:
    """Send the complaint to the dispatcher with everything recorded so far."""
    act.refuse_if_over()
    act.refuse_unless(
        not act.case.is_with_back_office,
        "Tiket ini sudah di dispatcher atau pejabat.",
        "This ticket is with the dispatcher or an official already.",
    )
    act.refuse_unless(
        act.case.story_id is not None,
        "Lengkapi pengaduannya dahulu; yang sudah diisi tetap tersimpan.",
        "Complete the complaint first; what is filled in stays.",
    )
    act.refuse_unless(
        track is Track.DEFERRED or act.call_id is not None,
        "Warga tidak sedang di telepon; kirim sebagai tindak lanjut.",
        "The citizen is not on the telephone; send it for follow-up.",
    )
    act.does(case_facts.SentToDispatcher, track=track, urgency=urgency)
    return {}


def suggestion(office: Office, standing: Standing, at: datetime) -> Suggestion:
    """Whom the hotline suggests, by category, district and duty roster; raises NoUnitForMatter."""
    return suggest(office, standing.matter, standing.case.district, at)


def forward(act: Act, unit: str, official: str, reason: str | None) -> Answer:
    """Forward to an official; whoever is not the one suggested needs a reason."""
    act.refuse_unless(
        act.case.is_with_back_office or act.case.stage in (Stage.SOLVED, Stage.REFERRED),
        "Tiket ini tidak di dispatcher.",
        "This ticket is not with the dispatchers.",
    )
    _require_known(act.office, unit, official)
    matter = act.found.standing.matter
    recipient = check_recipient(act.office, unit, official, act.at, matter).official
    suggested = suggestion(act.office, act.found.standing, act.at)
    differs = (unit, recipient) != (suggested.unit, suggested.official)
    if differs and not (reason or "").strip():
        raise ReasonMissing
    reason_id = act.seal(texts.REASON, reason) if reason else None
    if differs:
        act.audits("suggestion.override", reason_id)
    act.does(
        case_facts.ForwardedToOfficial,
        unit=unit,
        official_id=recipient,
        suggested_unit=suggested.unit,
        suggested_official_id=suggested.official,
        reason_id=reason_id,
        consult_until_at=_consult_until(act),
    )
    return {"unit": unit, "official": recipient}


def _require_known(office: Office, unit: str, official: str) -> None:
    """Refuse what stands in no list, without repeating it: it may have been meant for another field."""
    if unit not in office.units.units:
        raise NotFound(
            "Unit itu tidak ada. Pilih dari daftar.", "There is no such unit. Choose from the list."
        )
    if official not in office.units.people:
        raise NotFound(
            "Pejabat itu tidak ada. Pilih dari daftar.", "There is no such official. Choose from the list."
        )


def _consult_until(act: Act) -> datetime | None:
    """Until when the caller is asked to hold the line; None where nobody holds it."""
    if not (act.case.consults and act.caller_holds_the_line):
        return None
    return act.at + timedelta(seconds=act.office.follow_up.consult_window.seconds)


def accept_consult(act: Act) -> Answer:
    """The official answers while the citizen holds the line."""
    act.refuse_unless(
        act.case.consults and act.case.stage is Stage.WITH_OFFICIAL and act.case.consult_until_at is not None,
        "Warga tidak lagi menunggu di telepon; jawab sebagai tindak lanjut.",
        "The citizen no longer holds the line; answer it as a follow-up.",
    )
    act.does(case_facts.ConsultAccepted, Provenance.OBSERVED)
    return {}


def send_back(act: Act, reason: str) -> Answer:
    """Return it with a reason: official to dispatcher, dispatcher to agent."""
    act.refuse_unless(
        act.case.is_with_back_office,
        "Tiket ini tidak di dispatcher atau pejabat.",
        "This ticket is neither with a dispatcher nor with an official.",
    )
    act.refuse_unless(
        act.actor.role is not Role.OFFICIAL or act.case.stage is Stage.WITH_OFFICIAL,
        "Tiket ini tidak sedang di bidang Anda.",
        "This ticket is not with your unit at present.",
    )
    act.does(case_facts.Returned, reason_id=act.seal(texts.REASON, reason))
    return {}


def refer(act: Act, belongs_to: str, text: str) -> Answer:
    """Not within this office's powers: where it belongs, in words for the citizen."""
    act.refuse_if_over()
    text_id = act.seal(texts.SOLUTION, text)
    # Typed freely, so sealed like every text: the fact names it.
    elsewhere_id = act.seal(texts.ELSEWHERE, belongs_to)
    act.does(case_facts.ReferredElsewhere, belongs_to=elsewhere_id, text_id=text_id)
    return {}
