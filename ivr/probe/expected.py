"""What the probe ought to hear when it calls now, and what it does meanwhile. Pure.

It comes from the office's own files, never from the PBX's sounds: a sound that was put in another's place
must be noticed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from config.errors import Refused
from config.office import Office
from ivr.probe.ears import Transcript
from ivr.speech.digits import DIGITS
from ivr.speech.greeting import greeting
from ticketing.tickets.calendar import Calendar

LEADS = ("nomor-hari-ini", "sekali-lagi")
"""What comes before the number, the first time and the second."""
WITHOUT_BACKEND = "tetap-dilayani"
IN_QUEUE = frozenset({"music", "urutan", "urutan-pertama", "pilih-topik", "ke-petugas"})
ANSWERED_WITHIN = timedelta(seconds=20)
LONGEST_SILENCE_SECONDS = 5.0
NUMBER_WITHIN_SECONDS = 30.0
LISTENS_SECONDS = 35.0
AFTER_QUESTION_SECONDS = 0.3
PAUSE_WITHIN_SECONDS = 1.2
"""No prompt pauses this long within itself."""
WHOLE = 0.9
SAME_INSTANT_SECONDS = 0.05


class CannotRegister(Refused):
    """The menu that is spoken now has no key for a number."""

    def __init__(self, menu: str) -> None:
        super().__init__(
            f"Menu '{menu}' tidak punya tombol untuk nomor (register), jadi tidak dapat diuji.",
            f"The menu '{menu}' has no key for a number (register), so it cannot be probed.",
        )


@dataclass(frozen=True, slots=True)
class Question:
    """A first question that may be asked, and the key that asks for a number."""

    prompts: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Expected:
    """The greetings that are right now, and the questions: several where the hour is about to change."""

    greetings: frozenset[str]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The number read once: the digits heard, when the last was over, and whether nothing more follows."""

    digits: str
    ends_at_seconds: float
    is_whole: bool


class Doing(Enum):
    """What the probe does next."""

    LISTEN = auto()
    PRESS = auto()
    HANG_UP = auto()


def expected(office: Office, at: datetime, *, has_open_ticket: bool) -> Expected:
    """What a caller hears who dials at `at`; raises CannotRegister."""
    instants = (at, at + ANSWERED_WITHIN)
    calendar = Calendar(office.hours)
    closed = dict.fromkeys(not calendar.is_open(instant) for instant in instants)
    return Expected(
        frozenset(greeting(instant) for instant in instants),
        tuple(_question(office, is_closed=one, has_open_ticket=has_open_ticket) for one in closed),
    )


def _question(office: Office, *, is_closed: bool, has_open_ticket: bool) -> Question:
    name = "punya-tiket" if has_open_ticket else "tutup" if is_closed else "daftar"
    before = ("tutup",) if has_open_ticket and is_closed else ()
    key = office.key_of(name, "register")
    if key is None:
        raise CannotRegister(name)
    return Question((*before, *office.menus[name].prompts), key)


def named(transcript: Transcript) -> list[str]:
    """The prompts heard, by their names, in order."""
    return [entry.name.rpartition("/")[2] for entry in transcript.heard]


def readings(transcript: Transcript) -> list[Reading]:
    """Every reading of a number: the digits that follow one of its leads."""
    found: list[Reading] = []
    reading = False
    for name, entry in zip(named(transcript), transcript.heard, strict=True):
        if name in DIGITS and reading:
            digits = found[-1].digits + str(DIGITS.index(name))
            found[-1] = Reading(digits, entry.ends_at_seconds, is_whole=False)
            continue
        if reading:
            found[-1] = Reading(found[-1].digits, found[-1].ends_at_seconds, is_whole=True)
        reading = name in LEADS
        if reading:
            found.append(Reading("", entry.ends_at_seconds, is_whole=False))
    return _ended(found, transcript)


def _ended(found: list[Reading], transcript: Transcript) -> list[Reading]:
    """The last reading is over too once it is as long as the first, its last digit heard to the end."""
    if len(found) > 1 and not found[-1].is_whole and transcript.heard[-1].share >= WHOLE:
        last, length = found[-1], len(found[0].digits)
        found[-1] = Reading(last.digits, last.ends_at_seconds, is_whole=len(last.digits) >= length > 0)
    return found


def doing(said: Transcript, expect: Expected, at_seconds: float, *, has_pressed: bool) -> Doing:
    """What to do at `at_seconds` after the answer, having heard this."""
    names = named(said)
    quiet = silent_for(said, at_seconds)
    if {WITHOUT_BACKEND, *IN_QUEUE} & set(names) or quiet > LONGEST_SILENCE_SECONDS:
        return Doing.HANG_UP
    if at_seconds > LISTENS_SECONDS or sum(one.is_whole for one in readings(said)) > 1:
        return Doing.HANG_UP
    return Doing.LISTEN if has_pressed or not _is_asked(names, said, expect, quiet) else Doing.PRESS


def _is_asked(names: list[str], said: Transcript, expect: Expected, quiet: float) -> bool:
    """Whether the question is over: heard to its end, or whatever stands in its place was."""
    if len(names) < 2:
        return False
    ends = {question.prompts[-1] for question in expect.questions}
    to_the_end = names[-1] in ends and said.heard[-1].share >= WHOLE and quiet >= AFTER_QUESTION_SECONDS
    return to_the_end or quiet >= PAUSE_WITHIN_SECONDS


def key_for(said: Transcript, expect: Expected) -> str:
    """The key that asks for a number after the question that was heard."""
    names = named(said)
    heard = (one for one in expect.questions if one.prompts[-1] in names)
    return next(heard, expect.questions[0]).key


def silent_for(said: Transcript, at_seconds: float) -> float:
    """How long nothing has been heard by `at_seconds`."""
    start, end = said.silences[-1] if said.silences else (at_seconds, at_seconds)
    return end - start if end >= at_seconds - SAME_INSTANT_SECONDS else 0.0
