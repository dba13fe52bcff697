"""What every command shares: how it speaks, reads the settings, and ends on a refusal."""

import contextlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from config import logs
from config.errors import Language, Refused
from config.settings import Settings

console = Console(highlight=False, soft_wrap=True)


class Speaker:
    """Tells people things in the language of the settings."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __call__(self, id: str, en: str) -> None:
        console.print(en if self._language is Language.ENGLISH else id)


def settings_or_exit(**fixed: Any) -> Settings:
    """The settings, but for what is `fixed`; ends the command with what is wrong and where otherwise."""
    logs.set_up()
    try:
        return Settings(**fixed)
    except ValidationError as fault:
        for error in fault.errors():
            place = ".".join(map(str, error["loc"])) or "settings"
            console.print(f"HOTLINE_{place.upper()}: {error['msg']} (hotline.toml / environment)")
        sys.exit(2)
    except SettingsError as fault:
        named = re.search(r'field "(\w+)"', str(fault))
        place = f"HOTLINE_{named[1].upper()}" if named else "hotline.toml"
        console.print(f'{place}: bukan JSON, misalnya {{"nama": "nilai"}} / not JSON', markup=False)
        sys.exit(2)


class CannotWrite(Refused):
    """A file cannot be written where it was asked for."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} tidak dapat ditulis. Periksa folder dan haknya.",
            f"{file} cannot be written. Look at the folder and its rights.",
        )


def write_file(file: Path, text: str) -> None:
    """Write a text for people to keep; raises CannotWrite."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError:
        raise CannotWrite(file) from None


@contextlib.contextmanager
def refusals(settings: Settings) -> Iterator[None]:
    """A refusal ends the command with its reason, never with a stack trace."""
    try:
        yield
    except Refused as refusal:
        console.print(refusal.text.say(settings.language), style="red")
        sys.exit(1)
