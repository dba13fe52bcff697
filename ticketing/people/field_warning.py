"""Doubts about what was typed on the form: the agent may keep it for a reason. Never a refusal."""

from dataclasses import dataclass

from config.errors import Text


@dataclass(frozen=True, slots=True)
class FieldWarning:
    """One doubt; `code` names it in facts and on pages, `text` tells the agent what to look at again."""

    code: str
    text: Text


def a_warning(code: str, id: str, en: str) -> FieldWarning:
    """A doubt in both languages."""
    return FieldWarning(code, Text(id, en))
