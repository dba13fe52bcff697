"""The steps of a caller's walk: what is said or done next, and what a step brings back."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from ticketing.facts import CallBackReason
from ticketing.tickets.number import TicketNumber


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

    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckStatus:
    """Find how the ticket stands whose number and PIN were keyed in; brings back None whatever is wrong."""

    digits: str = field(repr=False)
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SpeakStatus:
    """Tell how the ticket stands; nothing personal."""

    ticket: TicketNumber
    prompts: tuple[str, ...]
    slow: bool = False


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
class LinkCause:
    """The caller's ticket is about this cause: they are sent its answer."""

    ticket: TicketNumber
    cause_id: str


@dataclass(frozen=True, slots=True)
class LookAhead:
    """Find the place this caller gets, and how long the wait there is at most."""

    ticket: TicketNumber | None


@dataclass(frozen=True, slots=True)
class TellWait:
    """Tell how long the wait is at most; a promise, once it was heard to its end."""

    position: int
    at_most_seconds: int
    prompts: tuple[str, ...]
    slow: bool = False


@dataclass(frozen=True, slots=True)
class PromiseCallBack:
    """Tell when the office calls back."""

    due_at: datetime
    reason: CallBackReason
    prompts: tuple[str, ...]
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Enqueue:
    """The walk is over: on to people."""

    queue: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """The walk is over: everything is said."""


Spoken = Say | AskKey | AskDigits | SpeakStatus | SpeakNumber | TellWait | PromiseCallBack
"""Steps the caller hears; a `*` says them again."""
Silent = LookUp | CheckStatus | Register | Continue | LinkCause | LookAhead
"""Steps between two of them."""
Step = Spoken | Silent | Enqueue | HangUp


@dataclass(frozen=True, slots=True)
class Ahead:
    """What awaits a caller. `position` is 1 for whoever is next; a place that is `kept` comes from before.

    `at_most_seconds` is None where no bound is honest; a call-back is worth offering from a long wait on,
    and is promised by `call_back_at`.
    """

    position: int
    kept: bool
    at_most_seconds: int | None
    is_long: bool
    call_back_at: datetime


@dataclass(frozen=True, slots=True)
class SpokenStatus:
    """How a ticket stands, as far as a telephone may tell: a prompt of `status-...`, and the next promise."""

    ticket: TicketNumber
    prompt: str
    promised_at: datetime | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What a step brought back."""

    key: str = ""
    digits: str = field(default="", repr=False)
    ticket: TicketNumber | None = None
    status: SpokenStatus | None = None
    ahead: Ahead | None = None


class Stage(Enum):
    """Where in the walk a caller is."""

    BEGINNING = auto()
    ASKED = auto()
    KEYING_IN = auto()
    KEYING_PIN = auto()
    LOOKING_UP = auto()
    CHECKING = auto()
    HEARING_STATUS = auto()
    AFTER_STATUS = auto()
    REGISTERING = auto()
    HEARING_NUMBER = auto()
    HEARING_CAUSES = auto()
    LOOKING_AHEAD = auto()
    HEARING_WAIT = auto()
    OFFERED_CALL_BACK = auto()
    FAREWELL = auto()
    LEAVING = auto()
    GOING = auto()


@dataclass(frozen=True, slots=True)
class Walk:
    """One caller's walk. `offered` is the open ticket of the caller's line, if it has one.

    `callable` tells whether the office could call back; `texted` whether the number is sent as a text,
    None where the line takes none. `causes` are those whose sounds are played after the number.
    """

    opens_at: datetime | None = None
    offered: TicketNumber | None = None
    callable: bool = True
    texted: bool | None = False
    causes: tuple[str, ...] = ()
    stage: Stage = Stage.BEGINNING
    menu: str = ""
    wrong: int = 0
    repeats: int = 0
    aloud: bool = True
    keyed: str = field(default="", repr=False)
    ticket: TicketNumber | None = None
    ahead: Ahead | None = None
    said: Step | None = None

    @property
    def closed(self) -> bool:
        """Whether the office is closed now; it opens again at `opens_at`."""
        return self.opens_at is not None
