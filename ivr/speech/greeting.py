"""The greeting a caller hears first, by the hour. Pure; the dialplan says the same."""

from datetime import datetime

from config.clock import OFFICE_ZONE

GREETINGS = ((11, "salam-pagi"), (15, "salam-siang"), (18, "salam-sore"), (24, "salam-malam"))
"""By the hour (WIB) before which each is said."""


def greeting(at: datetime) -> str:
    """The greeting's prompt."""
    hour = at.astimezone(OFFICE_ZONE).hour
    return next(name for before, name in GREETINGS if hour < before)
