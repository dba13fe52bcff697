"""What every command shares: how it speaks, reads the settings, and ends on a refusal."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
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


@contextlib.contextmanager
def refusals(settings: Settings) -> Iterator[None]:
    """A refusal ends the command with its reason, never with a stack trace."""
    try:
        yield
    except Refused as refusal:
        console.print(refusal.text.say(settings.language), style="red")
        sys.exit(1)
