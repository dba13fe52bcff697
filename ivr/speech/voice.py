"""The default voice: eSpeak NG 1.52 from its Python wheel, Indonesian, through its C interface."""

import ctypes
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np

from config.errors import Unavailable
from ivr.speech.waves import Sound

SYNCHRONOUS, UTF8 = 2, 1
RATE_PARAMETER, VOLUME_PARAMETER, WORD_GAP_PARAMETER = 1, 2, 7
LONGEST_DATA_PATH = 150
"""eSpeak keeps its data folder in 160 bytes and cuts a longer path without a word."""

_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class NoVoice(Unavailable):
    """The speech synthesiser cannot be used on this machine."""

    def __init__(self) -> None:
        super().__init__(
            "Suara eSpeak NG tidak dapat dipakai. Pasang rekaman sendiri dengan HOTLINE_RECORDINGS.",
            "The eSpeak NG voice cannot be used. Provide recordings of your own with HOTLINE_RECORDINGS.",
        )


@cache
def the_voice() -> "Voice":
    """The process's one voice: eSpeak keeps the callback it was given first, so there can be no second."""
    return Voice()


class Voice:
    """Speaks Indonesian at a number of words a minute; got by `the_voice`."""

    def __init__(self) -> None:
        try:
            self._espeak: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError:
            raise NoVoice from None
        self._heard: list[Sound] = []
        self._callback = _CALLBACK(self._take)
        self.rate = self._espeak.espeak_Initialize(SYNCHRONOUS, 0, _data_path().encode(), 0)
        if self.rate <= 0 or self._espeak.espeak_SetVoiceByName(b"id") != 0:
            raise NoVoice
        self._espeak.espeak_SetSynthCallback(self._callback)
        self._espeak.espeak_SetParameter(VOLUME_PARAMETER, 100, 0)

    def say(self, text: str, words_per_minute: int) -> Sound:
        """The text spoken, at the voice's own sample rate."""
        self._heard.clear()
        self._espeak.espeak_SetParameter(RATE_PARAMETER, words_per_minute, 0)
        self._espeak.espeak_SetParameter(WORD_GAP_PARAMETER, 2, 0)
        spoken = text.encode() + b"\0"
        self._espeak.espeak_Synth(spoken, len(spoken), 0, 0, 0, UTF8, None, None)
        self._espeak.espeak_Synchronize()
        return np.concatenate(self._heard) if self._heard else np.zeros(0)

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            block = np.ctypeslib.as_array(samples, shape=(count,))
            self._heard.append(block.astype(np.float64) / 32768.0)
        return 0


def _data_path() -> str:
    """The voice's data folder, by a shorter way where its path is too long."""
    data = Path(espeakng_loader.get_data_path())
    if len(str(data)) < LONGEST_DATA_PATH:
        return str(data)
    short = Path(tempfile.mkdtemp(prefix="espeak-")) / "espeak-ng-data"
    short.symlink_to(data)
    return str(short)
