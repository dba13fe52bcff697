"""The sounds of an installation: every prompt spoken, and the music of waiting."""

from collections.abc import Callable
from pathlib import Path

from config.settings import Settings
from ivr.speech import prompts
from ivr.speech.music import make_music
from ivr.speech.synthesize import make_prompts


def make_sounds(settings: Settings, progress: Callable[[int, int], None]) -> int:
    """Make the prompts and the music that are missing; returns how many prompts were made."""
    make_music(settings.folder / "music" / "hold.wav")
    book = prompts.load(settings.office)
    return make_prompts(
        book,
        settings.folder / "sounds",
        recordings=settings.recordings,
        originals=originals(settings),
        progress=progress,
    )


def originals(settings: Settings) -> Path:
    """The folder of every sound as it was made; no PBX plays or writes anything there."""
    return settings.folder / "originals"
