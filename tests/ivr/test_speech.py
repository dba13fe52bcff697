"""Numbers, dates and times in Indonesian; sounds made once, recordings first."""

from datetime import date, time, timedelta
from pathlib import Path

import numpy as np
import pytest

from config.errors import ConfigurationFault, NotFound
from config.office import OFFICE_FOLDER
from ivr.speech import digits, music, prompts, synthesize, waves
from ivr.speech.prompts import PromptBook


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "nol"), (7, "tujuh"), (10, "sepuluh"), (11, "sebelas"), (12, "dua belas"), (19, "sembilan belas"),
        (20, "dua puluh"), (21, "dua puluh satu"), (45, "empat puluh lima"), (99, "sembilan puluh sembilan"),
        (100, "seratus"), (101, "seratus satu"), (110, "seratus sepuluh"), (111, "seratus sebelas"),
        (200, "dua ratus"), (999, "sembilan ratus sembilan puluh sembilan"), (1000, "seribu"),
        (1001, "seribu satu"), (1100, "seribu seratus"), (2000, "dua ribu"),
        (2026, "dua ribu dua puluh enam"),
        (11_000, "sebelas ribu"), (100_000, "seratus ribu"), (1_000_000, "satu juta"),
        (1_001_000, "satu juta seribu"), (2_500_000, "dua juta lima ratus ribu"),
    ],
)  # fmt: skip
def test_counts_are_said_as_indonesians_say_them(number: int, words: str):
    assert digits.words(digits.spoken_count(number)) == words


def test_a_date_and_a_time_are_said_in_full_and_never_as_half_past():
    day = digits.spoken_date(date(2026, 11, 23))
    assert digits.words(day) == "senin dua puluh tiga november dua ribu dua puluh enam"
    assert digits.words(digits.spoken_time(time(9, 15))) == (
        "pukul sembilan lewat lima belas menit Waktu Indonesia Barat"
    )
    assert digits.words(digits.spoken_time(time(9, 30))).startswith("pukul sembilan lewat tiga puluh")
    assert digits.words(digits.spoken_time(time(8, 0))) == "pukul delapan Waktu Indonesia Barat"


def test_no_number_minute_or_day_lacks_a_prompt():
    book = set(prompts.load(OFFICE_FOLDER))
    spoken = {name for number in range(10_000) for name in digits.spoken_count(number)}
    spoken |= {name for minute in range(1440) for name in digits.spoken_time(time(minute // 60, minute % 60))}
    for ahead in range(731):
        spoken |= set(digits.spoken_date(date(2026, 1, 1) + timedelta(days=ahead)))

    assert spoken <= book


def test_a_ticket_number_is_said_digit_by_digit_with_a_pause_before_the_check_digit():
    assert digits.spoken_ticket("0042", "4") == ("nol", "nol", "empat", "dua", "jeda", "empat")


def test_sounds_are_made_once_and_a_changed_text_makes_one_again(tmp_path: Path):
    book = PromptBook(dict(prompts.load(OFFICE_FOLDER).texts))
    made = synthesize.make_prompts(book, tmp_path)

    assert made > 100
    assert synthesize.make_prompts(book, tmp_path) == 0
    changed = PromptBook(book.texts | {"terima-kasih": "Terima kasih banyak."})
    assert synthesize.make_prompts(changed, tmp_path) == 2, "normal and slow"


def test_the_offices_recording_goes_before_the_default_voice(tmp_path: Path):
    own = waves.silence(0.5) + 0.25
    waves.write_wave(tmp_path / "rekaman" / "terima-kasih.wav", own)
    book = prompts.load(OFFICE_FOLDER)

    synthesize.make_prompts(book, tmp_path, recordings=tmp_path / "rekaman")

    played = waves.read_wave(tmp_path / "id/hotline/terima-kasih.wav")
    assert np.allclose(played, own, atol=0.001)


def test_a_recording_of_the_wrong_kind_is_refused_by_name(tmp_path: Path):
    (tmp_path / "rekaman").mkdir()
    (tmp_path / "rekaman" / "nol.wav").write_bytes(b"RIFF nothing")

    with pytest.raises(waves.NotATelephoneSound, match=r"nol\.wav"):
        synthesize.make_prompts(prompts.load(OFFICE_FOLDER), tmp_path, recordings=tmp_path / "rekaman")


def test_music_never_falls_silent_and_loops_without_a_seam():
    sound = music.music()
    windows = np.abs(sound[: len(sound) // 1600 * 1600]).reshape(-1, 1600).max(axis=1)

    assert windows.min() > 0.01
    assert abs(sound[0] - sound[-1]) < 0.05
    assert np.abs(sound).max() < 1


def test_an_unknown_prompt_and_a_doubled_one_are_refused(tmp_path: Path):
    with pytest.raises(NotFound):
        _ = prompts.load(OFFICE_FOLDER)["tidak-ada"]
    (tmp_path / "prompts.id.yaml").write_text("nol: nol\nnol: kosong\n")
    with pytest.raises(ConfigurationFault, match="line 2"):
        prompts.load(tmp_path)
