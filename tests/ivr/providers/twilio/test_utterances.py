"""Our own recordings by address: whole sentences, for whoever was given the address, and not for long."""

import io
import wave
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from ivr.providers.twilio.utterances import FOLDER, SoundMissing, UnknownUtterance, Utterances
from ivr.speech.waves import silence, write_wave
from tests.builders import MONDAY_MORNING as NOW

SAID = ("hotline/nomor-hari-ini", "hotline/nol", "hotline/empat")


@pytest.fixture
def utterances(tmp_path: Path) -> Utterances:
    for n, sound in enumerate(SAID, start=1):
        write_wave(tmp_path / "id" / f"{sound}.wav", silence(n / 10))
    return Utterances("https://hotline.kantor/", b"kunci" * 8, tmp_path)


def parts(address: str) -> tuple[str, str, str]:
    until, signature, said = urlsplit(address).path.removeprefix(f"{FOLDER}/").split("/", 2)
    return until, signature, said.removesuffix(".wav")


def test_one_address_gives_all_that_is_said_in_order_and_without_gaps(utterances: Utterances):
    address = utterances.address(SAID, NOW)

    with wave.open(io.BytesIO(utterances.wave(*parts(address), NOW))) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert sound.getnframes() == 800 + 1600 + 2400
    assert address.startswith("https://hotline.kantor/twilio/sounds/")


def test_an_address_stays_the_same_all_day_and_holds_for_one_at_least_and_two_at_most(
    utterances: Utterances,
):
    address = utterances.address(SAID, NOW)

    assert utterances.address(SAID, NOW + timedelta(hours=12)) == address
    assert utterances.wave(*parts(address), NOW + timedelta(days=1))
    with pytest.raises(UnknownUtterance):
        utterances.wave(*parts(address), NOW + timedelta(days=2))


@pytest.mark.parametrize(
    ("until", "signature", "said"),
    [
        (None, "0" * 32, None),
        (None, "", None),
        (None, "é", None),
        ("9999999999", None, None),
        ("x", None, None),
        ("", None, None),
        ("٩٩٩٩٩٩٩٩٩٩", None, None),
        (None, None, "hotline/tutup"),
        (None, None, "../../keys/office"),
    ],
)
def test_an_address_that_was_not_made_here_gives_nothing(
    utterances: Utterances, until: str | None, signature: str | None, said: str | None
):
    made = parts(utterances.address(SAID, NOW))
    asked = [
        mine if mine is not None else ours for mine, ours in zip((until, signature, said), made, strict=True)
    ]

    with pytest.raises(UnknownUtterance):
        utterances.wave(asked[0], asked[1], asked[2], NOW)


@pytest.mark.parametrize("said", [("../keys/office",), ("/etc/passwd",), ("hotline/nol",) * 61, ("",)])
def test_no_file_but_a_sound_is_given_even_where_the_address_is_ours(
    utterances: Utterances, said: tuple[str, ...]
):
    with pytest.raises(UnknownUtterance):
        utterances.wave(*parts(utterances.address(said, NOW)), NOW)


def test_a_sound_the_office_has_not_is_told_before_and_refused_after(utterances: Utterances):
    gone = ("hotline/tidak-ada",)

    assert utterances.has(SAID)
    assert not utterances.has((*SAID, *gone))
    with pytest.raises(SoundMissing):
        utterances.wave(*parts(utterances.address(gone, NOW)), NOW)


def test_music_of_one_length_has_one_address_and_goes_on_from_its_beginning(tmp_path: Path):
    write_wave(tmp_path / "hold.wav", np.concatenate([silence(1), np.full(8000, 0.5)]))
    utterances = Utterances("https://hotline.kantor", b"kunci" * 8, tmp_path, tmp_path / "hold.wav")

    address = utterances.music(5, NOW)

    assert address is not None
    assert address == utterances.music(5, NOW + timedelta(hours=12)) != utterances.music(9, NOW)
    with wave.open(io.BytesIO(utterances.wave(*parts(address), NOW))) as music:
        assert music.getnframes() == 5 * 8000
        seconds = [music.readframes(8000) for _ in range(5)]
    assert seconds[0] == seconds[2] == seconds[4] != seconds[1] == seconds[3]


def test_where_there_is_no_music_nothing_is_given(utterances: Utterances):
    assert utterances.music(5, NOW) is None
    with pytest.raises(SoundMissing):
        utterances.wave(*parts(utterances.address(("music/5",), NOW)), NOW)


def test_lengths_of_sounds_are_told_without_reading_them(utterances: Utterances):
    assert utterances.seconds(SAID) == pytest.approx(0.6, abs=0.02)
    assert utterances.seconds(("hotline/tidak-ada",)) == 0
