"""A caller's walk through registration: what to say or do next, given what was heard. Pure.

Number first: nothing is asked before the ticket number but the one key that asks for it. 0, silence
and confusion lead to a person; whoever gets past the greeting gets a ticket, spoken or not.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from config.clock import OFFICE_ZONE
from config.office import Menu, Office
from ivr.speech.digits import spoken_date, spoken_ticket, spoken_time
from ticketing.tickets.number import TicketNumber

REPEATS = 3
"""A prompt is said again this often for one asking; then the key counts as silence."""


@dataclass(frozen=True, slots=True)
class Say:
    """Speak; a `*` meanwhile asks to hear it again, slower."""

    prompts: tuple[str, ...]
    slow: bool = False


@dataclass(frozen=True, slots=True)
class AskKey:
    """Speak, then wait for one key."""

    prompts: tuple[str, ...]
    window_seconds: int
    slow: bool = False


@dataclass(frozen=True, slots=True)
class AskDigits:
    """Speak, then take digits until `#` or until nothing more comes."""

    prompts: tuple[str, ...]
    window_seconds: int
    slow: bool = False


@dataclass(frozen=True, slots=True)
class LookUp:
    """Find the open ticket the caller keyed in."""

    digits: str


@dataclass(frozen=True, slots=True)
class Register:
    """Issue a ticket number; brings back None when the ledger cannot."""


@dataclass(frozen=True, slots=True)
class Continue:
    """Go on with an open ticket."""

    ticket: TicketNumber
    keyed_in: bool


@dataclass(frozen=True, slots=True)
class SpeakNumber:
    """Read the number for the `times`-th time."""

    ticket: TicketNumber
    times: int
    prompts: tuple[str, ...]
    slow: bool = False


@dataclass(frozen=True, slots=True)
class PromiseCallBack:
    """Tell when the office calls back."""

    due_at: datetime
    prompts: tuple[str, ...]
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Enqueue:
    """The walk is over: on to people."""

    queue: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """The walk is over: everything is said."""


Step = (
    Say | AskKey | AskDigits | LookUp | Register | Continue | SpeakNumber | PromiseCallBack | Enqueue | HangUp
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a step brought back."""

    key: str = ""
    digits: str = ""
    ticket: TicketNumber | None = None


class Stage(Enum):
    """Where in the walk a caller is."""

    BEGINNING = auto()
    ASKED = auto()
    KEYING_IN = auto()
    LOOKING_UP = auto()
    REGISTERING = auto()
    HEARING_NUMBER = auto()
    FAREWELL = auto()
    LEAVING = auto()


@dataclass(frozen=True, slots=True)
class Walk:
    """One caller's walk. `offered` is the open ticket of the caller's line, if it has one."""

    opens_at: datetime | None = None
    offered: TicketNumber | None = None
    stage: Stage = Stage.BEGINNING
    menu: str = ""
    wrong: int = 0
    repeats: int = 0
    aloud: bool = True
    ticket: TicketNumber | None = None
    said: Step | None = None

    @property
    def closed(self) -> bool:
        """Whether the office is closed now; it opens again at `opens_at`."""
        return self.opens_at is not None


def next_step(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    """The walk after what was heard, and the step to take."""
    if heard.key == "*" and walk.repeats < REPEATS and isinstance(walk.said, _REPEATABLE):
        said = replace(walk.said, slow=True)
        return replace(walk, repeats=walk.repeats + 1, said=said), said
    walk, step = _AT[walk.stage](office, replace(walk, repeats=0), heard)
    return replace(walk, said=step), step


_REPEATABLE = (Say, AskKey, AskDigits, SpeakNumber, PromiseCallBack)


def _begin(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if walk.closed:
        return replace(walk, stage=Stage.REGISTERING), Register()
    return _ask(office, walk, "punya-tiket" if walk.offered else "daftar")


def _ask(office: Office, walk: Walk, menu: str, *before: str) -> tuple[Walk, Step]:
    asked = replace(walk, stage=Stage.ASKED, menu=menu)
    prompts = (*before, *_prompts(office.menus[menu], walk.offered))
    return asked, AskKey(prompts, office.menus[menu].window_seconds)


def _prompts(menu: Menu, offered: TicketNumber | None) -> tuple[str, ...]:
    spoken: list[str] = []
    for prompt in menu.prompts:
        if prompt != "{ticket}":
            spoken.append(prompt)
        elif offered:
            spoken.extend(spoken_ticket(offered.serial_digits, offered.check_digit))
    return tuple(spoken)


def _asked(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    menu = office.menus[walk.menu]
    action = menu.keys.get(heard.key)
    if action == "register":
        return replace(walk, stage=Stage.REGISTERING), Register()
    if action == "continue_ticket" and walk.offered:
        going_on = replace(walk, stage=Stage.FAREWELL, ticket=walk.offered)
        return going_on, Continue(walk.offered, keyed_in=False)
    if action == "check_ticket":
        return _key_in(office, replace(walk, wrong=0))
    if action is None and heard.key and walk.wrong + 1 < menu.tries:
        return _ask(office, replace(walk, wrong=walk.wrong + 1), walk.menu, "pilihan-salah")
    return _to_a_person(walk)


def _to_a_person(walk: Walk) -> tuple[Walk, Step]:
    return replace(walk, stage=Stage.REGISTERING, aloud=False), Register()


def _key_in(office: Office, walk: Walk, *before: str) -> tuple[Walk, Step]:
    menu = office.menus["cek-tiket"]
    asked = AskDigits((*before, *menu.prompts), menu.window_seconds)
    return replace(walk, stage=Stage.KEYING_IN), asked


def _keyed_in(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if not heard.digits:
        return _to_a_person(walk)
    return replace(walk, stage=Stage.LOOKING_UP), LookUp(heard.digits)


def _looked_up(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if heard.ticket:
        going_on = replace(walk, stage=Stage.FAREWELL, ticket=heard.ticket)
        return going_on, Continue(heard.ticket, keyed_in=True)
    if walk.wrong + 1 < office.menus["cek-tiket"].tries:
        return _key_in(office, replace(walk, wrong=walk.wrong + 1), "nomor-tidak-cocok")
    return _to_a_person(walk)


def _registered(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if heard.ticket is None:
        return _without_number(walk)
    registered = replace(walk, ticket=heard.ticket)
    if not walk.aloud:
        return replace(registered, stage=Stage.LEAVING), Say(("ke-petugas",))
    return replace(registered, stage=Stage.HEARING_NUMBER), _number(registered, heard.ticket, 1)


def _without_number(walk: Walk) -> tuple[Walk, Step]:
    """The ledger cannot write: no number is invented, and nobody is sent away with silence."""
    leaving = replace(walk, stage=Stage.LEAVING)
    if walk.opens_at is None:
        return leaving, Say(("tetap-dilayani",))
    return leaving, Say(("tutup", "silakan-telepon-lagi", *_spoken_instant(walk.opens_at), "darurat"))


def _number(walk: Walk, ticket: TicketNumber, times: int) -> SpeakNumber:
    lead = "nomor-hari-ini" if times == 1 else "sekali-lagi"
    before = ("tutup",) if walk.closed and times == 1 else ()
    digits = spoken_ticket(ticket.serial_digits, ticket.check_digit)
    return SpeakNumber(ticket, times, (*before, lead, *digits))


def _hearing_number(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    if isinstance(walk.said, SpeakNumber) and walk.said.times == 1:
        return walk, _number(walk, walk.said.ticket, 2)
    leaving = replace(walk, stage=Stage.LEAVING)
    if walk.opens_at is None:
        return leaving, Say(("bila-terputus",))
    told = ("kami-telepon-kembali", *_spoken_instant(walk.opens_at), "darurat", "terima-kasih")
    return leaving, PromiseCallBack(walk.opens_at, told)


def _spoken_instant(at: datetime) -> tuple[str, ...]:
    local = at.astimezone(OFFICE_ZONE)
    return (*spoken_date(local.date()), *spoken_time(local.time()))


def _farewell(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    return replace(walk, stage=Stage.LEAVING), Say(("tiket-dikenali",))


def _leave(office: Office, walk: Walk, heard: Heard) -> tuple[Walk, Step]:
    return walk, HangUp() if walk.closed else Enqueue(office.default_queue.name)


_AT = {
    Stage.BEGINNING: _begin,
    Stage.ASKED: _asked,
    Stage.KEYING_IN: _keyed_in,
    Stage.LOOKING_UP: _looked_up,
    Stage.REGISTERING: _registered,
    Stage.HEARING_NUMBER: _hearing_number,
    Stage.FAREWELL: _farewell,
    Stage.LEAVING: _leave,
}
