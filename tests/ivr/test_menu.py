"""The walk through registration: the number first, a person always within reach, never a dead end."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import OFFICE_ZONE
from config.office import OFFICE_FOLDER
from ivr import menu
from ivr.menu import Heard, Walk, next_step
from ivr.speech import prompts, synthesize, waves
from ivr.speech.prompts import sounds
from tests.builders import OFFICE
from ticketing.tickets.number import TicketNumber

NEW = TicketNumber(datetime(2026, 11, 23).date(), 42)  # noqa: DTZ001
OLD = TicketNumber(datetime(2026, 11, 20).date(), 7)  # noqa: DTZ001
OPENS_AT = datetime(2026, 11, 24, 7, 30, tzinfo=OFFICE_ZONE)
KEYS = ("", *"0123456789*#")


LONG_WAIT = menu.Ahead(7, kept=False, at_most_seconds=720, is_long=True, call_back_at=OPENS_AT)
STATUS = menu.SpokenStatus(OLD, "status-pejabat", OPENS_AT, is_open=True)
PIN = "123456"


def walk_through(walk: Walk, answers: list[Heard], ahead: menu.Ahead | None = None) -> list[menu.Step]:
    """The steps a caller goes through who answers the questions so; registering always works."""
    steps: list[menu.Step] = []
    heard, waiting = Heard(), list(answers)
    while not steps or not isinstance(steps[-1], menu.Enqueue | menu.HangUp):
        walk, step = next_step(OFFICE, walk, heard)
        steps.append(step)
        heard = Heard(ahead=ahead) if isinstance(step, menu.LookAhead) else _answer(step, waiting)
        assert len(steps) < 60, "a walk that does not end"
    return steps


def _answer(step: menu.Step, waiting: list[Heard]) -> Heard:
    if isinstance(step, menu.Register):
        return Heard(ticket=NEW)
    if isinstance(step, menu.LookUp):
        return Heard(ticket=OLD if step.digits == OLD.digits else None)
    if isinstance(step, menu.CheckStatus):
        return Heard(status=STATUS if (step.digits, step.pin) == (OLD.digits, PIN) else None)
    if isinstance(step, menu.AskKey | menu.AskDigits):
        return waiting.pop(0) if waiting else Heard()
    return Heard()


def kinds(steps: list[menu.Step]) -> list[str]:
    return [type(step).__name__ for step in steps]


def test_one_key_and_the_number_is_read_twice_before_the_queue():
    steps = walk_through(Walk(), [Heard(key="1")])

    assert kinds(steps) == [
        "AskKey", "Register", "SpeakNumber", "SpeakNumber", "Say", "LookAhead", "Enqueue",
    ]  # fmt: skip
    spoken = steps[2]
    assert isinstance(spoken, menu.SpeakNumber)
    assert spoken.prompts == ("nomor-hari-ini", "nol", "nol", "empat", "dua", "jeda", "empat")


@pytest.mark.parametrize("key", ["", "0"])
def test_silence_and_zero_lead_to_a_person_with_a_ticket(key: str):
    steps = walk_through(Walk(), [Heard(key=key)])

    assert kinds(steps) == ["AskKey", "Register", "Say", "LookAhead", "Enqueue"]


@pytest.mark.parametrize("key", ["", "0", "1"])
def test_a_line_with_an_open_ticket_goes_on_with_it_by_default(key: str):
    steps = walk_through(Walk(offered=OLD), [Heard(key=key)])

    assert kinds(steps) == ["AskKey", "Continue", "Say", "LookAhead", "Enqueue"]
    assert steps[1] == menu.Continue(OLD, keyed_in=False)


@pytest.mark.parametrize("opens_at", [None, OPENS_AT])
@pytest.mark.parametrize("key", ["", "0", "1", "2"])
def test_a_second_person_on_the_same_telephone_hears_nothing_of_the_first(
    opens_at: datetime | None, key: str
):
    steps = walk_through(Walk(offered=OLD, opens_at=opens_at), [Heard(key=key)], LONG_WAIT)

    spoken = [prompt for step in steps for prompt in getattr(step, "prompts", ())]
    assert steps[0].prompts[-3:] == ("lanjut-dari-telepon-ini", "baru-tekan-dua", "menu-cek")  # type: ignore[union-attr]
    numbers = [step.ticket for step in steps if isinstance(step, menu.SpeakNumber | menu.SpeakStatus)]
    assert set(numbers) <= {NEW}
    assert not [prompt for prompt in spoken if prompt.startswith("status-")]


@pytest.mark.parametrize("offered", [None, OLD])
def test_every_path_of_three_keys_ends_with_a_ticket_and_a_person(offered: TicketNumber | None):
    for first in KEYS:
        for second in KEYS:
            for third in KEYS:
                answers = [Heard(key=key, digits=key) for key in (first, second, third)]
                steps = walk_through(Walk(offered=offered), answers)
                assert isinstance(steps[-1], menu.Enqueue)
                assert sum(isinstance(s, menu.Register | menu.Continue) for s in steps) == 1


def test_wrong_keys_are_forgiven_once_then_a_person_takes_over():
    steps = walk_through(Walk(), [Heard(key="9"), Heard(key="8")])

    assert kinds(steps) == ["AskKey", "AskKey", "Register", "Say", "LookAhead", "Enqueue"]
    assert steps[1].prompts[0] == "pilihan-salah"  # type: ignore[union-attr]


def test_a_star_says_it_again_slower_and_costs_no_try():
    steps = walk_through(Walk(), [Heard(key="*"), Heard(key="9"), Heard(key="1")])

    assert [getattr(step, "slow", None) for step in steps[:3]] == [False, True, False]
    assert kinds(steps)[3] == "Register"


def test_a_star_while_the_number_is_read_reads_it_again_slower():
    walk, step = next_step(OFFICE, Walk(), Heard())
    walk, step = next_step(OFFICE, walk, Heard(key="1"))
    walk, step = next_step(OFFICE, walk, Heard(ticket=NEW))
    walk, again = next_step(OFFICE, walk, Heard(key="*"))

    assert isinstance(step, menu.SpeakNumber)
    assert isinstance(again, menu.SpeakNumber)
    assert (again.times, again.slow) == (1, True)


def test_a_star_pressed_for_ever_does_not_keep_the_caller_for_ever():
    steps = walk_through(Walk(), [Heard(key="*")] * 50)

    assert isinstance(steps[-1], menu.Enqueue)


@given(
    st.lists(
        st.builds(
            Heard, key=st.sampled_from((*KEYS, *"ABCD")), digits=st.text("0123456789*#ABCD", max_size=50)
        )
    ),
    st.sampled_from([None, OLD]),
)
def test_whatever_is_pressed_each_question_is_asked_twice_at_most_and_a_person_follows(
    answers: list[Heard], offered: TicketNumber | None
):
    steps = walk_through(Walk(offered=offered), answers)

    asked = [step for step in steps if isinstance(step, menu.AskKey | menu.AskDigits) and not step.slow]
    assert isinstance(steps[-1], menu.Enqueue)
    assert sum(isinstance(step, menu.AskKey) for step in asked) <= 2
    assert sum(isinstance(step, menu.AskDigits) for step in asked) <= 2 * menu.STATUS_TRIES


def test_who_keys_in_their_number_is_recognised():
    steps = walk_through(Walk(), [Heard(key="3"), Heard(digits=OLD.digits)])

    assert kinds(steps) == [
        "AskKey", "AskDigits", "AskDigits", "LookUp", "Continue", "Say", "LookAhead", "Enqueue",
    ]  # fmt: skip


def test_a_wrong_number_is_asked_for_once_more_then_a_person_takes_over():
    keyed = [Heard(digits="00000"), Heard(), Heard(digits="12345"), Heard()]
    steps = walk_through(Walk(), [Heard(key="3"), *keyed])

    assert kinds(steps) == [
        "AskKey", "AskDigits", "AskDigits", "LookUp", "AskDigits", "AskDigits", "LookUp", "Register", "Say",
        "LookAhead", "Enqueue",
    ]  # fmt: skip
    assert steps[4].prompts[0] == "nomor-tidak-cocok"  # type: ignore[union-attr]


@pytest.mark.parametrize("opens_at", [None, OPENS_AT])
def test_number_and_pin_tell_the_status_at_any_hour(opens_at: datetime | None):
    keyed = [Heard(key="3"), Heard(digits=OLD.digits), Heard(digits=PIN)]
    steps = walk_through(Walk(opens_at=opens_at), keyed)

    told = next(step for step in steps if isinstance(step, menu.SpeakStatus))
    assert told.prompts[:2] == ("status-pejabat", "dijanjikan-sebelum")
    assert isinstance(steps[-1], menu.HangUp)
    assert not any(isinstance(step, menu.Register) for step in steps)


def test_after_the_status_zero_leads_to_a_person_with_that_ticket():
    keyed = [Heard(key="3"), Heard(digits=OLD.digits), Heard(digits=PIN), Heard(key="0")]
    steps = walk_through(Walk(), keyed)

    assert menu.Continue(OLD, keyed_in=True) in steps
    assert isinstance(steps[-1], menu.Enqueue)


@pytest.mark.parametrize(("opens_at", "last"), [(None, menu.Enqueue), (OPENS_AT, menu.HangUp)])
@pytest.mark.parametrize("digits", [OLD.digits, NEW.digits, "12"])
def test_a_wrong_pin_and_an_unknown_number_sound_the_same(opens_at: datetime | None, last: type, digits: str):
    keyed = [Heard(key="3"), *[Heard(digits=digits), Heard(digits="000000")] * 5]
    steps = walk_through(Walk(opens_at=opens_at), keyed)

    asked = [step for step in steps if isinstance(step, menu.CheckStatus)]
    assert len(asked) == menu.STATUS_TRIES
    told = [getattr(step, "prompts", ("",))[0] for step in steps]
    assert told.count("nomor-atau-pin-salah") == menu.STATUS_TRIES - (opens_at is None)
    assert isinstance(steps[-1], last)
    assert OLD.digits not in repr(asked)


def test_a_long_wait_is_told_and_a_call_offered_instead_of_it():
    steps = walk_through(Walk(), [Heard(key="1"), Heard(key="9")], LONG_WAIT)

    wait, offer, promise, last = steps[-4:]
    assert wait == menu.TellWait(7, 720, ("menunggu-paling-lama", "dua", "belas", "menit"))
    assert offer.prompts == ("tawar-telepon-kembali",)  # type: ignore[union-attr]
    assert isinstance(promise, menu.PromiseCallBack)
    assert (promise.due_at, promise.reason) == (OPENS_AT, "asked")
    assert isinstance(last, menu.HangUp)


def test_who_rather_waits_goes_on_to_the_queue():
    steps = walk_through(Walk(), [Heard(key="1"), Heard()], LONG_WAIT)

    assert kinds(steps)[-3:] == ["TellWait", "AskKey", "Enqueue"]


def test_nothing_is_promised_to_a_hidden_number_and_no_text_to_a_landline():
    hidden = walk_through(Walk(callable=False), [Heard(key="1")], LONG_WAIT)
    landline = walk_through(Walk(texted=None), [Heard(key="1")])
    mobile = walk_through(Walk(texted=True), [Heard(key="1")])
    at_night = walk_through(Walk(callable=False, opens_at=OPENS_AT), [])

    assert kinds(hidden)[-2:] == ["TellWait", "Enqueue"], "no call is offered"
    assert hidden[4] == menu.Say(("nomor-tersembunyi",))
    assert landline[4] == menu.Say(("bila-terputus", "telepon-rumah"))
    assert mobile[4] == menu.Say(("bila-terputus", "sms-dikirim"))
    assert "PromiseCallBack" not in kinds(at_night)


def test_each_open_cause_is_told_after_the_number_and_one_key_links_the_ticket():
    walk = Walk(causes=("a1", "b2"))
    steps = walk_through(walk, [Heard(key="1"), Heard(), Heard(key="7")])

    assert kinds(steps)[4:] == ["Say", "AskKey", "AskKey", "LinkCause", "Say", "LookAhead", "Enqueue"]
    assert steps[5].prompts == ("peristiwa-a1", "tekan-tujuh")  # type: ignore[union-attr]
    assert steps[7] == menu.LinkCause(NEW, "b2")
    assert walk_through(walk, [Heard(key="1"), Heard(key="0")])[6] == menu.LookAhead(NEW)


def test_after_hours_there_is_a_number_a_promised_time_and_the_emergency_number():
    steps = walk_through(Walk(opens_at=OPENS_AT), [])

    assert kinds(steps) == ["AskKey", "Register", "SpeakNumber", "SpeakNumber", "PromiseCallBack", "HangUp"]
    promise = steps[4]
    assert isinstance(promise, menu.PromiseCallBack)
    assert promise.due_at == OPENS_AT
    assert {"selasa", "november", "pukul", "tujuh", "tiga", "puluh", "darurat"} <= set(promise.prompts)


@pytest.mark.parametrize("opens_at", [None, OPENS_AT])
def test_a_ledger_that_cannot_write_means_no_number_and_a_kind_word(opens_at: datetime | None):
    walk, _ = next_step(OFFICE, Walk(opens_at=opens_at), Heard())
    walk, _ = next_step(OFFICE, walk, Heard(key="1"))
    walk, step = next_step(OFFICE, walk, Heard(ticket=None))
    _, last = next_step(OFFICE, walk, Heard())

    assert isinstance(step, menu.Say)
    assert ("darurat" if opens_at else "tetap-dilayani") in step.prompts
    assert isinstance(last, menu.HangUp if opens_at else menu.Enqueue)


def test_every_prompt_a_walk_speaks_is_in_the_book():
    book = prompts.load(OFFICE_FOLDER)
    walks = [Walk(), Walk(offered=OLD), Walk(opens_at=OPENS_AT), Walk(causes=("a1",), texted=None)]
    for walk in walks:
        for first in KEYS:
            for step in walk_through(walk, [Heard(key=first, digits=first)] * 3, LONG_WAIT):
                for prompt in getattr(step, "prompts", ()):
                    assert prompt in ("jeda", "peristiwa-a1") or book[prompt]


@pytest.fixture(scope="session")
def spoken_prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default voice's prompts, made once."""
    folder = tmp_path_factory.mktemp("sounds")
    synthesize.make_prompts(prompts.load(OFFICE_FOLDER), folder)
    return folder / "id"


def test_the_number_is_heard_in_time_even_by_a_caller_who_hears_everything_out(spoken_prompts: Path):
    def seconds(*names: str) -> float:
        return sum(waves.length_seconds(spoken_prompts / f"{sound}.wav") for sound in sounds(names))

    steps = walk_through(Walk(), [Heard(key="1")])
    answer_delay = 0.5
    greeting = max(seconds(f"salam-{part}") for part in ("pagi", "siang", "sore", "malam"))
    once = answer_delay + greeting + seconds(*steps[0].prompts) + seconds(*steps[2].prompts)  # type: ignore[union-attr]
    twice = once + seconds(*steps[3].prompts)  # type: ignore[union-attr]

    assert once <= 20
    assert twice <= 30


def test_the_voice_speaks_no_faster_than_150_words_a_minute(spoken_prompts: Path):
    book = prompts.load(OFFICE_FOLDER)
    for name, text in book.texts.items():
        words = len(text.split())
        if words < 4:
            continue
        normal = waves.length_seconds(spoken_prompts / f"hotline/{name}.wav")
        slow = waves.length_seconds(spoken_prompts / f"hotline-pelan/{name}.wav")
        assert words / normal * 60 <= 150, name
        assert slow > normal * 1.2, name


def test_digits_of_a_number_are_a_quarter_of_a_second_apart(spoken_prompts: Path):
    for digit in ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"):
        sound = waves.read_wave(spoken_prompts / f"hotline/{digit}.wav")
        assert len(sound) - len(waves.trimmed(sound)) >= 0.25 * waves.RATE, digit
