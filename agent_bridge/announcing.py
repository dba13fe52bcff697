"""The sounds of causes: made when one is opened, where the telephone system looks for them."""

from collections.abc import Callable
from pathlib import Path

from config.errors import Unavailable
from config.settings import Settings
from ivr.providers.asterisk import pbx_sounds
from ivr.speech import synthesize


class CannotSpeak(Unavailable):
    """The text did not become a sound that the telephone system has."""

    def __init__(self) -> None:
        super().__init__(
            "Suara untuk peristiwa ini tidak dapat dibuat. Coba lagi, atau periksa folder suara PBX.",
            "The sound for this cause could not be made. Try again, or look at the PBX's folder of sounds.",
        )


def _bring(sounds: Path, folder: Path, name: str, *, gone: bool) -> None:
    """The same in the folder of the office's own PBX."""
    if not gone:
        pbx_sounds.put(sounds, folder)
        return
    for file in synthesize.announcement_files(name):
        pbx_sounds.take_out(folder, file)


def speaker(settings: Settings) -> Callable[[str, str | None], None]:
    """Makes a cause's sound from its text, or takes it away where there is none."""
    sounds = settings.folder / "sounds"

    def speak(cause_id: str, text: str | None) -> None:
        name = f"peristiwa-{cause_id}"
        try:
            if text is None:
                synthesize.take_announcement(sounds, name)
            else:
                synthesize.make_announcement(sounds, name, text)
            if settings.pbx == "own" and (folder := pbx_sounds.folder_of(settings.pbx_folder)):
                _bring(sounds, folder, name, gone=text is None)
        except (OSError, ValueError) as fault:
            raise CannotSpeak from fault

    return speak
