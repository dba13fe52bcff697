"""Calling citizens back as the office set it up: which numbers, how often, and when it is offered."""

import re
from dataclasses import dataclass
from datetime import time

from config.follow_up import Span, read_span
from config.yaml_files import Located

PREFIX = re.compile(r"\+62[0-9]{1,6}(\[[0-9]+(?:-[0-9]+)?(?:[0-9]+(?:-[0-9]+)?)*\])?")
"""Indonesian numbers only; digits, and in the end perhaps one class of them."""
DIGITS = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
NATIONAL_DIGITS = 13
"""E.164 leaves no room for more after +62."""


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """Numbers that begin with `prefix` (E.164) and go on for `least` to `most` digits."""

    prefix: str
    least: int
    most: int

    @property
    def regex(self) -> str:
        """The whole number as a regular expression, which Python and POSIX read the same way."""
        return f"^[+]{self.prefix[1:]}[0-9]{{{self.least},{self.most}}}$"


@dataclass(frozen=True, slots=True)
class CallBacks:
    """`between_tries` and the limits are of one ticket, agent or number; a share is a percentage."""

    allowed: tuple[NumberPattern, ...]
    tries_a_day: int
    between_tries: Span
    per_agent_an_hour: int
    per_number_a_day: int
    ring_seconds: int
    offer_from_seconds: int
    put_off_until: time
    share_percent: int

    @property
    def allowed_regexes(self) -> tuple[str, ...]:
        """What the PBX holds a number against once more."""
        return tuple(pattern.regex for pattern in self.allowed)


def read_call_backs(top: Located) -> CallBacks:
    """The rules of `call_backs.yaml`."""
    counts = ("tries_a_day", "per_agent_an_hour", "per_number_a_day", "ring_seconds")
    others = ("allowed", "between_tries", "offer_from_seconds", "put_off_until", "share_percent")
    fields = top.fields((*counts, *others))
    allowed = tuple(_read_pattern(item) for item in fields["allowed"].items())
    if not allowed:
        fields["allowed"].refuse(
            "Paling sedikit satu pola nomor. Tanpa itu tidak seorang pun dapat ditelepon kembali.",
            "At least one pattern is needed. Without one nobody can be called back.",
        )
    return CallBacks(
        allowed=allowed,
        between_tries=_seconds_only(fields["between_tries"]),
        offer_from_seconds=fields["offer_from_seconds"].number(),
        put_off_until=fields["put_off_until"].clock(),
        share_percent=_percent(fields["share_percent"]),
        **{name: fields[name].number(least=1) for name in counts},
    )


def _read_pattern(item: Located) -> NumberPattern:
    fields = item.fields(("prefix", "digits"))
    prefix = fields["prefix"].text()
    if not PREFIX.fullmatch(prefix) or not _compiles(prefix):
        fields["prefix"].refuse(
            f'\'{prefix}\' bukan awalan nomor Indonesia. Tulis seperti "+6231" atau "+628[1-357-9]".',
            f'\'{prefix}\' is no beginning of an Indonesian number. Write "+6231" or "+628[1-357-9]".',
        )
    found = DIGITS.fullmatch(fields["digits"].text())
    bounds = (int(found[1]), int(found[2])) if found else (0, 0)
    fixed = len(prefix.partition("[")[0]) - len("+62") + ("[" in prefix)
    if not 0 < bounds[0] <= bounds[1] or fixed + bounds[1] > NATIONAL_DIGITS:
        fields["digits"].refuse(
            f"'{fields['digits'].text()}' bukan banyaknya angka. Tulis seperti 7-8, yang kecil dahulu.",
            f"'{fields['digits'].text()}' is no count of digits. Write it like 7-8, the smaller first.",
        )
    return NumberPattern(prefix, *bounds)


def _compiles(prefix: str) -> bool:
    try:
        re.compile(prefix[1:])
    except re.error:
        return False
    return True


def _seconds_only(item: Located) -> Span:
    span = read_span(item)
    if span.working_days:
        item.refuse(
            "Tulis dalam jam, menit atau detik, misalnya '15 menit'.",
            "Write it in hours, minutes or seconds, such as '15 menit'.",
        )
    return span


def _percent(item: Located) -> int:
    value = item.number()
    if value > 100:
        item.refuse("Paling banyak 100 persen.", "100 percent at the most.")
    return value
