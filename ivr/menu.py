"""A caller's walk: what to say or do next, given what was heard. Pure.

Number first: nothing is asked before the ticket number but the one key that asks for it. 0, silence
and confusion lead to a person; whoever gets past the greeting gets a ticket, spoken or not, or goes on with
the one their line has. Nothing is promised that is not kept: no call-back to a number that is hidden, no
text to a landline, no wait that nobody can tell.
"""

from dataclasses import replace
from datetime import datetime

from config.clock import OFFICE_ZONE
from config.office import Office
from ivr.speech.digits import spoken_count, spoken_date, spoken_ticket, spoken_time
from ivr.steps import (
    Ahead,
    AskDigits,
    AskKey,
    CheckStatus,
    Continue,
    Enqueue,
    HangUp,
    Heard,
    LinkCause,
    LookAhead,
    LookUp,
    PromiseCallBack,
    Register,
    Say,
    SpeakNumber,
    SpeakStatus,
    Spoken,
    SpokenStatus,
    Stage,
    Step,
    TellWait,
    Walk,
)
from ticketing.facts import CallBackReason
from ticketing.tickets.number import TicketNumber

__all__ = [
    "Ahead", "AskDigits", "AskKey", "CheckStatus", "Continue", "Enqueue", "HangUp", "Heard", "LinkCause",
    "LookAhead", "LookUp", "PromiseCallBack", "Register", "Say", "SpeakNumber", "SpeakStatus", "SpokenStatus",
    "Stage", "Step", "TellWait", "Walk", "next_step",
]  # fmt: skip

REPEATS = 3
"""A prompt is said again this often for one asking; then the key counts as silence."""
STATUS_TRIES = 3
"""How often number and PIN may be keyed in during one call."""


def next_step(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    """The walk after what was heard, and the step to take."""
    if heard.key == "*" and walk.repeats < REPEATS and isinstance(walk.said, Spoken):
        said = replace(walk.said, slow=True)
        return replace(walk, repeats=walk.repeats + 1, said=said), said
    walk, step = _AT[walk.stage](office, replace(walk, repeats=0), heard)
    return replace(walk, said=step), step


# --- the first question ---


def _begin(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if walk.offered:
        return _ask(office, walk, "punya-tiket", *(("tutup",) if walk.closed else ()))
    return _ask(office, walk, "tutup" if walk.closed else "daftar")


def _ask(
    office: Office, walk: Walk, menu: str, *before: str, stage: Stage = Stage.ASKED
) -> tuple[Walk, Step]:
    question = office.menus[menu]
    asked = replace(walk, stage=stage, menu=menu)
    return asked, AskKey((*before, *question.prompts), question.window_seconds)


def _asked(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    menu = office.menus[walk.menu]
    action = menu.keys.get(heard.key)
    if action == "register":
        return replace(walk, stage=Stage.REGISTERING), Register()
    if action == "check_ticket":
        return _key_in(office, replace(walk, wrong=0))
    if action is None and heard.key and walk.wrong + 1 < menu.tries:
        return _ask(office, replace(walk, wrong=walk.wrong + 1), walk.menu, "pilihan-salah")
    return _by_default(walk)


def _by_default(walk: Walk) -> tuple[Walk, Step]:
    """Silence and 0: on with the line's open ticket, else to a person; a closed office reads a number out."""
    if walk.offered:
        return _go_on(walk, walk.offered, keyed_in=False)
    return _to_a_person(walk)


def _to_a_person(walk: Walk) -> tuple[Walk, Step]:
    return replace(walk, stage=Stage.REGISTERING, aloud=walk.closed), Register()


def _go_on(walk: Walk, ticket: TicketNumber, *, keyed_in: bool) -> tuple[Walk, Step]:
    return replace(walk, stage=Stage.FAREWELL, ticket=ticket), Continue(ticket, keyed_in)


# --- a ticket that is there already: its status, or on with it ---


def _key_in(office: Office, walk: Walk, *before: str) -> tuple[Walk, Step]:
    menu = office.menus["cek-tiket"]
    asked = AskDigits((*before, *menu.prompts), menu.window_seconds)
    return replace(walk, stage=Stage.KEYING_IN, keyed=""), asked


def _keyed_in(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if not heard.digits:
        return _by_default(walk)
    menu = office.menus["pin"]
    asked = replace(walk, stage=Stage.KEYING_PIN, keyed=heard.digits)
    return asked, AskDigits(menu.prompts, menu.window_seconds)


def _keyed_pin(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    """With a PIN the status is told; without one a person is wanted, who will ask."""
    if heard.digits or walk.closed:
        return replace(walk, stage=Stage.CHECKING), CheckStatus(walk.keyed, heard.digits)
    return replace(walk, stage=Stage.LOOKING_UP), LookUp(walk.keyed)


def _looked_up(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if heard.ticket:
        return _go_on(walk, heard.ticket, keyed_in=True)
    return _keyed_wrong(office, walk, office.menus["cek-tiket"].tries, "nomor-tidak-cocok")


def _checked(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if heard.status is None:
        return _keyed_wrong(office, walk, STATUS_TRIES, "nomor-atau-pin-salah")
    status = heard.status
    until = _instant("dijanjikan-sebelum", status.promised_at) if status.promised_at else ()
    told = SpeakStatus(status.ticket, (status.prompt, *until))
    known = status.ticket if status.is_open else None
    return replace(walk, stage=Stage.HEARING_STATUS, ticket=known, keyed=""), told


def _keyed_wrong(office: Office, walk: Walk, tries: int, said: str) -> tuple[Walk, Step]:
    if walk.wrong + 1 < tries:
        return _key_in(office, replace(walk, wrong=walk.wrong + 1), said)
    if walk.closed:
        return replace(walk, stage=Stage.GOING), Say((said, "darurat", "terima-kasih"))
    return _by_default(walk)


def _status_heard(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if walk.closed:
        return replace(walk, stage=Stage.GOING), Say(("terima-kasih",))
    return _ask(office, walk, "setelah-status", stage=Stage.AFTER_STATUS)


def _after_status(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if office.menus["setelah-status"].keys.get(heard.key) != "person":
        return replace(walk, stage=Stage.GOING), Say(("terima-kasih",))
    return _go_on(walk, walk.ticket, keyed_in=True) if walk.ticket else _to_a_person(walk)


# --- the number ---


def _registered(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if heard.ticket is None:
        return _without_number(walk)
    registered = replace(walk, ticket=heard.ticket)
    if not walk.aloud:
        return replace(registered, stage=Stage.LOOKING_AHEAD), Say(("ke-petugas",))
    return replace(registered, stage=Stage.HEARING_NUMBER), _number(heard.ticket, 1)


def _without_number(walk: Walk) -> tuple[Walk, Step]:
    """The ledger cannot write: no number is invented, and nobody is sent away with silence."""
    leaving = replace(walk, stage=Stage.LEAVING)
    if walk.opens_at is None:
        return leaving, Say(("tetap-dilayani",))
    return leaving, Say((*_instant("silakan-telepon-lagi", walk.opens_at), "darurat"))


def _number(ticket: TicketNumber, times: int) -> SpeakNumber:
    lead = "nomor-hari-ini" if times == 1 else "sekali-lagi"
    return SpeakNumber(ticket, times, (lead, *spoken_ticket(ticket.serial_digits, ticket.check_digit)))


def _hearing_number(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if isinstance(walk.said, SpeakNumber) and walk.said.times == 1:
        return walk, _number(walk.said.ticket, 2)
    if walk.opens_at is not None:
        return _until_opening(walk, walk.opens_at)
    stage = Stage.HEARING_CAUSES if walk.causes else Stage.LOOKING_AHEAD
    return replace(walk, stage=stage), Say(_kept_in_touch(walk))


def _kept_in_touch(walk: Walk) -> tuple[str, ...]:
    """What holds for this line: a call-back only if it can be called, a text only if it takes one."""
    called = "bila-terputus" if walk.callable else "nomor-tersembunyi"
    if walk.callable and walk.texted is None:
        return (called, "telepon-rumah")
    return (called, "sms-dikirim") if walk.texted else (called,)


def _until_opening(walk: Walk, opens_at: datetime, *before: str) -> tuple[Walk, Step]:
    leaving = replace(walk, stage=Stage.LEAVING)
    if not walk.callable:
        again = _instant("silakan-telepon-lagi", opens_at)
        return leaving, Say((*before, *again, "darurat", "terima-kasih"))
    told = (*before, *_instant("kami-telepon-kembali", opens_at), "darurat", "terima-kasih")
    return leaving, PromiseCallBack(opens_at, CallBackReason.AFTER_HOURS, told)


# --- a cause that many call about ---


def _hearing_causes(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    """Each cause in turn; whoever says it is theirs is sent its answer, and hears no other."""
    menu = office.menus["peristiwa"]
    action = menu.keys.get(heard.key) if isinstance(walk.said, AskKey) else None
    if action == "link_cause" and walk.ticket:
        linked = replace(walk, stage=Stage.LOOKING_AHEAD)
        return replace(linked, causes=()), LinkCause(walk.ticket, _asked_about(walk))
    if not walk.causes or action == "person":
        return _look_ahead(walk)
    asked = replace(walk, causes=walk.causes[1:])
    return asked, AskKey((f"peristiwa-{walk.causes[0]}", *menu.prompts), menu.window_seconds)


def _asked_about(walk: Walk) -> str:
    assert isinstance(walk.said, AskKey)
    return walk.said.prompts[0].removeprefix("peristiwa-")


# --- the wait ---


def _look_ahead(walk: Walk) -> tuple[Walk, Step]:
    return replace(walk, stage=Stage.HEARING_WAIT), LookAhead(walk.ticket)


def _looking_ahead(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if isinstance(walk.said, LinkCause):
        return walk, Say(("peristiwa-dicatat",))
    return _look_ahead(walk)


def _hearing_wait(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    ahead = heard.ahead or walk.ahead
    known = replace(walk, ahead=ahead)
    if heard.ahead and heard.ahead.at_most_seconds is not None:
        return known, _wait(heard.ahead.position, heard.ahead.at_most_seconds)
    if ahead and ahead.is_long and walk.callable and walk.ticket:
        return _ask(office, known, "telepon-kembali", stage=Stage.OFFERED_CALL_BACK)
    return _leave(office, known, heard)


def _wait(position: int, at_most_seconds: int) -> TellWait:
    minutes = spoken_count(at_most_seconds // 60)
    return TellWait(position, at_most_seconds, ("menunggu-paling-lama", *minutes, "menit"))


def _offered_call_back(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if office.menus["telepon-kembali"].keys.get(heard.key) != "call_back" or walk.ahead is None:
        return _leave(office, walk, heard)
    return replace(walk, stage=Stage.GOING), call_back(walk.ahead.call_back_at)


def call_back(due_at: datetime) -> PromiseCallBack:
    """The promise to whoever asked to be called rather than wait."""
    told = (*_instant("kami-telepon-paling-lambat", due_at), "tempat-tetap", "terima-kasih")
    return PromiseCallBack(due_at, CallBackReason.ASKED, told)


def _instant(lead: str, at: datetime) -> tuple[str, ...]:
    local = at.astimezone(OFFICE_ZONE)
    return (lead, *spoken_date(local.date()), *spoken_time(local.time()))


# --- the end ---


def _farewell(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    keyed_in = isinstance(walk.said, Continue) and walk.said.keyed_in
    said = "tiket-dikenali" if keyed_in else "kami-lanjutkan"
    if walk.opens_at is not None:
        return _until_opening(walk, walk.opens_at, said)
    return replace(walk, stage=Stage.LOOKING_AHEAD), Say((said,))


def _leave(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    return walk, HangUp() if walk.closed else Enqueue(office.default_queue.name)


def _go(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    return walk, HangUp()


_AT = {
    Stage.BEGINNING: _begin,
    Stage.ASKED: _asked,
    Stage.KEYING_IN: _keyed_in,
    Stage.KEYING_PIN: _keyed_pin,
    Stage.LOOKING_UP: _looked_up,
    Stage.CHECKING: _checked,
    Stage.HEARING_STATUS: _status_heard,
    Stage.AFTER_STATUS: _after_status,
    Stage.REGISTERING: _registered,
    Stage.HEARING_NUMBER: _hearing_number,
    Stage.HEARING_CAUSES: _hearing_causes,
    Stage.LOOKING_AHEAD: _looking_ahead,
    Stage.HEARING_WAIT: _hearing_wait,
    Stage.OFFERED_CALL_BACK: _offered_call_back,
    Stage.FAREWELL: _farewell,
    Stage.LEAVING: _leave,
    Stage.GOING: _go,
}
