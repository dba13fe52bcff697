"""What a call of the probe says about the hotline: fine, or what failed, in one sentence. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from config.errors import Text
from ivr.probe.ears import Transcript
from ivr.probe.expected import (
    LEADS,
    LONGEST_SILENCE_SECONDS,
    NUMBER_WITHIN_SECONDS,
    WITHOUT_BACKEND,
    Expected,
    named,
    readings,
)
from ivr.speech.digits import DIGITS

GREETED_WITHIN_SECONDS = 4.0
LEAST_SHARE = 0.1
"""A sound of which less was heard may be a part of another that begins alike."""


class Reason(StrEnum):
    """Why a call failed."""

    NOT_PICKED_UP = "not_picked_up"
    NO_BACKEND = "no_backend"
    NO_GREETING = "no_greeting"
    WRONG_PROMPT = "wrong_prompt"
    SILENCE = "silence"
    CUT_OFF = "cut_off"
    NO_NUMBER = "no_number"
    NOT_TWICE = "not_twice"
    READINGS_DIFFER = "readings_differ"
    TOO_LATE = "too_late"
    NOT_IN_LEDGER = "not_in_ledger"
    ANOTHER_NUMBER = "another_number"


@dataclass(frozen=True, slots=True)
class Fault:
    """What failed."""

    reason: Reason
    text: Text


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of an answered call: all that was heard, by when it was over, and by whom.

    `ledger_digits` is the number as the ledger has it for this very call; None where it has none.
    """

    transcript: Transcript
    over_at_seconds: float
    cut_off: bool
    ledger_digits: str | None


def not_picked_up(status: int) -> Fault:
    """Nobody answered; `status` is the PBX's last word, 0 for none."""
    by = f" ({status})" if status else ""
    return Fault(
        Reason.NOT_PICKED_UP,
        Text(f"Panggilan tidak diangkat{by}.", f"The call was not picked up{by}."),
    )


def judge(heard: Heard, expect: Expected) -> Fault | None:
    """The first thing that failed, None where all is well; what explains the others comes first."""
    return next(_faults(heard, expect), None)


def _faults(heard: Heard, expect: Expected) -> Iterator[Fault]:
    if WITHOUT_BACKEND in named(heard.transcript):
        yield Fault(
            Reason.NO_BACKEND,
            Text(
                "Tidak ada nomor: backend atau buku besar tidak menjawab, yang terdengar 'tetap dilayani'.",
                "No number was spoken: backend or ledger did not answer, 'tetap dilayani' was heard.",
            ),
        )
    yield from _order(heard.transcript, expect)
    yield from _quiet(heard)
    yield from _number(heard)


def _order(transcript: Transcript, expect: Expected) -> Iterator[Fault]:
    """The prompts in the order they ought to come in, as far as the call went."""
    heard = [
        name
        for name, entry in zip(named(transcript), transcript.heard, strict=True)
        if name not in DIGITS and entry.share >= LEAST_SHARE
    ]
    if not heard or transcript.heard[0].starts_at_seconds > GREETED_WITHIN_SECONDS:
        yield Fault(
            Reason.NO_GREETING,
            Text(
                f"Salam tidak terdengar dalam {GREETED_WITHIN_SECONDS:.0f} detik.",
                f"No greeting was heard within {GREETED_WITHIN_SECONDS:.0f} seconds.",
            ),
        )
        return
    wrong = [_first_wrong(heard, (greeting, *question.prompts, *LEADS))
             for greeting in sorted(expect.greetings) for question in expect.questions]  # fmt: skip
    if all(wrong):
        # Of several right walks the one that was kept to for longest.
        _, due, instead = max(one for one in wrong if one)
        yield Fault(
            Reason.WRONG_PROMPT,
            Text(f"Seharusnya suara '{due}', yang terdengar '{instead}'.",
                 f"The prompt '{due}' was due, '{instead}' was heard."),
        )  # fmt: skip


def _first_wrong(heard: list[str], due: tuple[str, ...]) -> tuple[int, str, str] | None:
    for place, (name, expected) in enumerate(zip(heard, due, strict=False)):
        if name != expected:
            return place, expected, name
    return None


def _quiet(heard: Heard) -> Iterator[Fault]:
    longest = heard.transcript.longest_silence_seconds
    if longest > LONGEST_SILENCE_SECONDS:
        yield Fault(
            Reason.SILENCE,
            Text(f"Senyap {longest:.1f} detik.", f"There was silence for {longest:.1f} seconds."),
        )
    if heard.cut_off:
        at = heard.over_at_seconds
        yield Fault(
            Reason.CUT_OFF,
            Text(f"Sambungan diputus pada detik {at:.0f}.", f"The call was cut off after {at:.0f} seconds."),
        )


def _number(heard: Heard) -> Iterator[Fault]:
    found = [one for one in readings(heard.transcript) if one.is_whole and one.digits]
    if not found:
        yield Fault(Reason.NO_NUMBER, Text("Tidak ada nomor yang disebut.", "No number was spoken."))
        return
    if len(found) < 2:
        yield Fault(
            Reason.NOT_TWICE, Text("Nomor hanya disebut satu kali.", "The number was spoken only once.")
        )
    if len({one.digits for one in found}) > 1:
        yield Fault(
            Reason.READINGS_DIFFER,
            Text("Nomor berbeda pada kedua penyebutan.", "The two readings of the number differ."),
        )
    if found[0].ends_at_seconds > NUMBER_WITHIN_SECONDS:
        late = found[0].ends_at_seconds
        yield Fault(
            Reason.TOO_LATE,
            Text(
                f"Nomor baru terdengar pada detik {late:.0f}.", f"The number came after {late:.0f} seconds."
            ),
        )
    yield from _ledger(found[0].digits, heard.ledger_digits)


def _ledger(digits: str, ledger_digits: str | None) -> Iterator[Fault]:
    if ledger_digits is None:
        yield Fault(
            Reason.NOT_IN_LEDGER,
            Text(
                "Buku besar tidak punya panggilan ini; periksa HOTLINE_PROBE_NUMBER.",
                "The ledger does not have this call; look at HOTLINE_PROBE_NUMBER.",
            ),
        )
    elif ledger_digits != digits:
        yield Fault(
            Reason.ANOTHER_NUMBER,
            Text(
                "Nomor yang terdengar bukan nomor di buku besar.",
                "The number that was heard is not the one in the ledger.",
            ),
        )
