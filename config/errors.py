"""Refusals: every way the hotline says no, in Indonesian first and in English."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Language(StrEnum):
    """A language that people read here."""

    INDONESIAN = "id"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence for people, in both languages."""

    id: str
    en: str

    def say(self, language: Language) -> str:
        """The sentence in `language`."""
        return self.en if language is Language.ENGLISH else self.id


class Refused(Exception):
    """Something was asked that the hotline will not do; `text` says why and what to do instead.

    The HTTP status of each refusal is decided in one table, `agent_bridge/api/refusals.py`.
    """

    def __init__(self, id: str, en: str) -> None:
        self.text = Text(id, en)
        super().__init__(en)


class NotFound(Refused):
    """The thing named does not exist, or is not this person's to see."""


class NotSignedIn(Refused):
    """Nobody is signed in, or the sign-in has ended."""


class Forbidden(Refused):
    """This person may not do that."""


class Conflict(Refused):
    """It cannot be done in the present state."""


class TooLarge(Refused):
    """More was sent than such a request may hold."""


class TooManyTries(Refused):
    """The same was tried too often; it may be tried again later."""


class Unavailable(Refused):
    """A part the hotline stands on does not answer now; `retry_after_seconds` says when to try again."""

    def __init__(self, id: str, en: str, retry_after_seconds: int = 5) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(id, en)


class ConfigurationFault(Refused):
    """A configuration file cannot be used; the last good one goes on."""

    def __init__(self, file: Path, line: int, id: str, en: str) -> None:
        self.file = file
        self.line = line
        super().__init__(f"{file}, baris {line}: {id}", f"{file}, line {line}: {en}")
