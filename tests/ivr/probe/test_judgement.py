"""What the probe makes of what it heard: when to press, when to hang up, and what failed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from config.office import ROUND_THE_CLOCK
from ivr.probe.ears import Heard as Sound
from ivr.probe.ears import Transcript
from ivr.probe.expected import CannotRegister, Doing, Expected, doing, expected, key_for, readings
from ivr.probe.judgement import Heard, Reason, judge, not_picked_up
from ivr.speech.digits import DIGITS
from tests.builders import MONDAY_MORNING, OFFICE

AT_NIGHT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""22.00 WIB, the office is closed."""
MORNING = expected(OFFICE, MONDAY_MORNING, has_open_ticket=False)
QUESTION = ["salam-pagi", "menu-daftar", "menu-cek", "menu-tunggu"]
NUMBER = "00424"
SAID = [DIGITS[int(digit)] for digit in NUMBER]
FINE = [*QUESTION, "nomor-hari-ini", *SAID, "sekali-lagi", *SAID]


def said(
    names: list[str], pause: float = 0.1, then: float = 0.5, before: float = 0.3
) -> tuple[Transcript, float]:
    """Every sound takes a second; what was heard, and when that is."""
    heard: list[Sound] = []
    silences = [(0.0, before)]
    at = before
    for name in names:
        heard.append(Sound(name, at, at + 1.0, 1.0))
        silences.append((at + 1.0, at + 1.0 + pause))
        at += 1.0 + pause
    silences[-1] = (silences[-1][0], at - pause + then)
    return Transcript(tuple(heard), tuple(silences)), at - pause + then


def fault_of(
    names: list[str],
    expect: Expected = MORNING,
    *,
    ledger: str | None = NUMBER,
    cut_off: bool = False,
    **more: float,
) -> Reason | None:
    transcript, over = said(names, **more)
    fault = judge(Heard(transcript, over, cut_off, ledger), expect)
    return fault.reason if fault else None


def acts_on(
    names: list[str], expect: Expected = MORNING, *, has_pressed: bool = False, **more: float
) -> Doing:
    transcript, over = said(names, **more)
    return doing(transcript, expect, over, has_pressed=has_pressed)


def test_a_walk_as_it_should_be_has_no_fault():
    assert fault_of(FINE) is None


def test_after_hours_another_question_is_the_right_one():
    closed = expected(OFFICE, AT_NIGHT, has_open_ticket=False)

    night = ["salam-malam", "tutup", "menu-cek", "menu-tutup-tunggu", *FINE[4:]]
    assert fault_of(night, closed) is None
    assert fault_of(FINE, closed) is Reason.WRONG_PROMPT


def test_a_number_with_an_open_ticket_is_asked_otherwise_and_answered_by_another_key():
    offered = expected(OFFICE, AT_NIGHT, has_open_ticket=True)

    asked = ["salam-malam", "tutup", "lanjut-dari-telepon-ini", "baru-tekan-dua", "menu-cek"]
    assert fault_of([*asked, *FINE[4:]], offered) is None
    assert key_for(said(asked)[0], offered) == "2"


def test_at_the_stroke_of_closing_both_questions_are_right():
    closes = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    both = expected(OFFICE, closes - timedelta(seconds=5), has_open_ticket=False)

    assert [question.prompts[0] for question in both.questions] == ["menu-daftar", "tutup"]
    assert both.greetings == {"salam-siang", "salam-sore"}


def test_a_line_open_round_the_clock_asks_at_night_what_it_asks_by_day():
    practice = replace(OFFICE, hours=ROUND_THE_CLOCK)

    assert expected(practice, AT_NIGHT, has_open_ticket=False).questions == MORNING.questions


def test_a_menu_without_a_key_for_a_number_cannot_be_probed():
    mute = replace(OFFICE, menus=OFFICE.menus | {"daftar": replace(OFFICE.menus["daftar"], keys={})})

    with pytest.raises(CannotRegister):
        expected(mute, MONDAY_MORNING, has_open_ticket=False)


@pytest.mark.parametrize("place", [0, 1, 2, 3, 4, 10])
def test_a_prompt_in_anothers_place_is_noticed_wherever_it_is(place: int):
    swapped = [*FINE]
    swapped[place] = "terima-kasih"

    assert fault_of(swapped) is Reason.WRONG_PROMPT


def test_a_prompt_that_is_no_longer_known_is_missed():
    assert fault_of([name for name in FINE if name != "menu-cek"]) is Reason.WRONG_PROMPT


def test_what_the_wrong_prompt_was_is_said_in_one_sentence():
    transcript, over = said(["salam-pagi", "tutup", *FINE[2:]])

    fault = judge(Heard(transcript, over, False, NUMBER), MORNING)

    assert fault
    assert fault.text.id == "Seharusnya suara 'menu-daftar', yang terdengar 'tutup'."
    assert fault.text.en == "The prompt 'menu-daftar' was due, 'tutup' was heard."


def test_a_dead_backend_is_what_explains_the_rest():
    assert fault_of(["salam-pagi", "tetap-dilayani"], ledger=None) is Reason.NO_BACKEND
    assert acts_on(["salam-pagi", "tetap-dilayani"]) is Doing.HANG_UP


def test_nothing_heard_and_a_late_greeting_are_no_greeting():
    assert fault_of([], before=5.2) is Reason.NO_GREETING
    assert fault_of(FINE, before=4.5) is Reason.NO_GREETING


def test_silence_between_two_prompts_is_a_fault():
    assert fault_of(QUESTION, then=5.2, ledger=None) is Reason.SILENCE
    assert acts_on(QUESTION, then=5.2, has_pressed=True) is Doing.HANG_UP


def test_a_call_that_is_cut_off_says_so():
    assert fault_of(QUESTION, cut_off=True, ledger=None) is Reason.CUT_OFF


def test_a_number_that_is_missing_late_or_said_once_is_a_fault():
    assert fault_of(QUESTION, ledger=None) is Reason.NO_NUMBER
    assert fault_of([*FINE[:10], "bila-terputus"]) is Reason.WRONG_PROMPT
    assert fault_of(FINE[:11]) is Reason.NOT_TWICE
    assert fault_of(FINE, pause=2.5) is Reason.TOO_LATE


def test_two_readings_that_differ_and_a_number_the_ledger_does_not_have_are_faults():
    assert fault_of([*FINE[:-1], "sembilan"]) is Reason.READINGS_DIFFER
    assert fault_of(FINE, ledger=None) is Reason.NOT_IN_LEDGER
    assert fault_of(FINE, ledger="00431") is Reason.ANOTHER_NUMBER


def test_the_key_is_pressed_once_the_question_is_over_and_not_before():
    assert acts_on(QUESTION[:3], then=0.5) is Doing.LISTEN
    assert acts_on(QUESTION, then=0.1) is Doing.LISTEN
    assert acts_on(QUESTION, then=0.5) is Doing.PRESS
    assert acts_on(QUESTION, then=0.5, has_pressed=True) is Doing.LISTEN
    assert key_for(said(QUESTION)[0], MORNING) == "1"


def test_a_question_that_ends_otherwise_is_answered_all_the_same():
    assert acts_on([*QUESTION[:3], "terima-kasih"], then=1.0) is Doing.LISTEN
    assert acts_on([*QUESTION[:3], "terima-kasih"], then=1.3) is Doing.PRESS
    assert acts_on(QUESTION[:1], then=1.3) is Doing.LISTEN, "the greeting asks nothing"


def test_the_line_is_left_as_soon_as_the_number_was_heard_twice():
    assert acts_on(FINE[:-1], has_pressed=True) is Doing.LISTEN
    assert acts_on(FINE, has_pressed=True) is Doing.HANG_UP
    assert acts_on([*FINE[:11], "urutan-pertama"], has_pressed=True) is Doing.HANG_UP, "no agent is disturbed"


def test_a_longer_number_is_read_to_its_end():
    longer = [*FINE[:9], "satu", "dua", "sekali-lagi", *SAID]

    transcript, _ = said(longer)
    assert [one.is_whole for one in readings(transcript)] == [True, False]
    transcript, _ = said([*longer, "dua"])
    assert [one.is_whole for one in readings(transcript)] == [True, True]


def test_a_busy_line_is_not_picked_up_in_two_languages():
    assert not_picked_up(486).text.id == "Panggilan tidak diangkat (486)."
    assert not_picked_up(0).text.en == "The call was not picked up."
