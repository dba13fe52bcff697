"""Which numbers the office may call: the office's own patterns, and nothing else. Pure."""

import re
from collections.abc import Iterable

from config.call_backs import NumberPattern
from config.errors import Forbidden


class NumberNotAllowed(Forbidden):
    """The number is none of those the office may call; the refusal does not repeat it."""

    def __init__(self) -> None:
        super().__init__(
            "Nomor ini tidak boleh ditelepon dari sini: hanya telepon rumah Surabaya dan ponsel Indonesia, "
            "menurut call_backs.yaml. Minta nomor lain, atau kirim pesan.",
            "This number may not be called from here: only the kinds that call_backs.yaml allows. "
            "Ask for another one, or send a message.",
        )


def check_number(number: str | None, allowed: Iterable[NumberPattern]) -> str:
    """The number (E.164) if it may be called; raises NumberNotAllowed, also where there is none."""
    # fullmatch: a line end after the last digit would pass `$`.
    if number is None or not any(re.fullmatch(pattern.regex, number, re.ASCII) for pattern in allowed):
        raise NumberNotAllowed
    return number
