"""Free text of stories, drafts and searches: what looks like a NIK is taken out of it before it is kept.

Written in one piece, sixteen digits are taken out whatever they are. Written in groups they are taken where
the groups are those of a NIK or a card, so that telephone numbers, ticket numbers and amounts stay.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from ticketing.people import nik

PLACEHOLDER = "[NIK]"

_CHAIN = re.compile(r"(?<![0-9])[0-9]+(?:(?:[ \u00a0]{1,2}| ?[.\-–] ?)[0-9]+)*")
"""Groups of digits with spaces, a dot or a dash between each two."""
_GROUP = re.compile(r"[0-9]+")
_LAST_CUT = 12
"""The serial, a NIK's last four digits, is never torn apart."""
_LONGEST_GROUP = 6


@dataclass(frozen=True, slots=True)
class _Group:
    """Digits without a break, and where they stand."""

    digits: str
    start: int
    end: int


def take_out_niks(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with a placeholder for each run of sixteen digits, and the digits taken out, in order."""
    kept, found, since = [], [], 0
    for groups in _runs(text):
        kept.append(text[since : groups[0].start])
        found.append(_joined(groups))
        since = groups[-1].end
    return PLACEHOLDER.join([*kept, text[since:]]), tuple(found)


def _runs(text: str) -> list[list[_Group]]:
    return [run for chain in _CHAIN.finditer(text) for run in _runs_in(_groups(text, chain), text)]


def _groups(text: str, chain: re.Match[str]) -> list[_Group]:
    return [_Group(one[0], one.start(), one.end()) for one in _GROUP.finditer(text, *chain.span())]


def _runs_in(groups: list[_Group], text: str) -> list[list[_Group]]:
    """The runs of one chain: first what is one without doubt, then on either side of it."""
    for first in range(len(groups)):
        last = _end_of_sixteen(groups, first)
        if last and _is_nik(groups[first:last], text, alone=last - first == len(groups)):
            before, after = _runs_in(groups[:first], text), _runs_in(groups[last:], text)
            return [*before, groups[first:last], *after]
    return []


def _end_of_sixteen(groups: list[_Group], first: int) -> int | None:
    """Where the sixteen digits that begin with that group end, if they end with a group."""
    count = 0
    for n, group in enumerate(groups[first:], start=first + 1):
        count += len(group.digits)
        if count >= nik.LENGTH:
            return n if count == nik.LENGTH else None
    return None


def _is_nik(groups: list[_Group], text: str, *, alone: bool) -> bool:
    """Whether sixteen digits are a NIK: in one piece always, in groups where these are a NIK's."""
    if len(groups) == 1:
        return True
    digits = _joined(groups)
    international = groups[0].start > 0 and text[groups[0].start - 1] == "+"
    if digits[0] == "0" or international or not _is_cut_like_one(groups, text):
        return False
    return nik.has_a_date(digits) or (alone and max(len(g.digits) for g in groups) <= _LONGEST_GROUP)


def _is_cut_like_one(groups: list[_Group], text: str) -> bool:
    """Cut between pairs of digits, before the serial at the latest, by the same character throughout."""
    between = {text[left.end : right.start].replace("  ", " ") for left, right in pairwise(groups)}
    pairs = all(len(group.digits) % 2 == 0 for group in groups)
    return pairs and len(between) == 1 and len(groups[-1].digits) >= nik.LENGTH - _LAST_CUT


def _joined(groups: list[_Group]) -> str:
    return "".join(group.digits for group in groups)
