"""What a look at an installation found: for people, in both languages, and for machines by its code."""

from dataclasses import dataclass
from enum import StrEnum

from config.errors import Text


class Level(StrEnum):
    """How bad it is. A warning is to be known; what fails has to be mended before callers come."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    code: str
    level: Level
    text: Text


def ok(code: str, id: str, en: str) -> Finding:
    """It is as it should be."""
    return Finding(code, Level.OK, Text(id, en))


def warning(code: str, id: str, en: str) -> Finding:
    """The hotline works, and this should be known."""
    return Finding(code, Level.WARNING, Text(id, en))


def failed(code: str, id: str, en: str) -> Finding:
    """This has to be mended; the text says how."""
    return Finding(code, Level.FAILED, Text(id, en))
