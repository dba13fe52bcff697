"""Words for everybody: whether they hold one person's number. Dates, hours and amounts may stay."""

import re

from ticketing.people.free_text import take_out_niks

_CHAIN = re.compile(r"\+?\(?\d(?:[ .\-/()]{0,2}\d)*")
"""Digits with no more than two signs between each two."""
_LONG = 9
"""So many digits in one piece are no amount that is spoken; a Surabaya number has ten with its area code."""
_SUBSCRIBER = 7
"""A landline's own digits, in one piece; an amount has dots in it."""
_DATE = re.compile(r"(?<!\d)\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?!\d)|(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_HOURS = re.compile(r"(?<!\d)\d{1,2}[.:]\d{2}(?!\d)")
_AMOUNT = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{3})+(?![\d.])")


def holds_a_number(text: str) -> bool:
    """Whether somebody's NIK or telephone number may stand in it; short codes (112, 1500) do not count."""
    if take_out_niks(text)[1]:
        return True
    for harmless in (_DATE, _HOURS, _AMOUNT):
        text = harmless.sub("*", text)
    return any(_is_like_one(chain[0]) for chain in _CHAIN.finditer(text))


def _is_like_one(chain: str) -> bool:
    digits = re.sub(r"\D", "", chain)
    in_pieces = re.findall(r"\d+", chain)
    dialled = chain.startswith("+") or digits.startswith(("0", "62", "8"))
    longest = max(map(len, in_pieces))
    return longest >= _SUBSCRIBER or len(digits) >= _LONG or (dialled and len(digits) >= _SUBSCRIBER)
