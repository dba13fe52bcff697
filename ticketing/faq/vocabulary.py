"""The words by which the book can be asked, and which of its stems a word leads to, right or misspelt."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from ticketing.faq.wording import Wording, has_digits, stem

BEGUN, MORE = 0.9, 0.6
"""What a stem counts that the last word only begins: where it means nothing itself, and where it does."""
A_SLIP = 0.7
"""What is left of a stem's weight for each letter that is wrong."""
BEGUN_LETTERS, SLIP_LETTERS, TWO_SLIPS_LETTERS = 2, 4, 6
"""From how many letters a word may be half of another, or have one or two wrong."""
NEAREST = 8

Found = dict[str, float]
"""Stems, and how surely each is meant."""


class Vocabulary:
    """The words of some articles, with the slang that means one of them."""

    def __init__(self, words: Iterable[str], wording: Wording) -> None:
        self._wording = wording
        self._meanings = {word: wording.stems(word) for word in words}
        own = set(chain.from_iterable(self._meanings.values()))
        self._meanings |= {word: (word,) for word in own - self._meanings.keys()}
        slang = {word: wording.stems(word) for word in wording.slang}
        self._meanings |= {word: stems for word, stems in slang.items() if own.issuperset(stems)}
        self._sorted = sorted(self._meanings)
        self._letters = np.array([_letters(word) for word in self._sorted], dtype=np.uint64)
        self._lengths = np.array([len(word) for word in self._sorted], dtype=np.int64)

    def stems(self, word: str) -> tuple[str, ...]:
        """What a word that is spelt right leads to; nothing where the book does not have it."""
        for one in (word, *self._wording.without_ending(word)):
            if known := self._meanings.get(one) or self._meanings.get(stem(one)):
                return known
        return ()

    def find(self, word: str, *, unfinished: bool) -> Found:
        """The stems that may be meant; an `unfinished` word may be the beginning of one."""
        found: Found = {}
        if unfinished and len(word) >= BEGUN_LETTERS:
            self._add_begun(found, word)
        exact = self.stems(word)
        if exact:
            found = {one: min(share, MORE) for one, share in found.items()} | dict.fromkeys(exact, 1.0)
        elif not found and len(word) >= SLIP_LETTERS and not has_digits(word):
            self._add_near(found, word, {one: one for one in self._alike(word)})
            if not found and unfinished:
                self._add_near(found, word, {one: one[: len(word)] for one in self._beginning(word[:2])})
        return found

    def _add_begun(self, found: Found, word: str) -> None:
        for beginning in (word, stem(word)):
            for one in self._beginning(beginning):
                found |= dict.fromkeys(self._meanings[one], BEGUN)
            if found:
                return

    def _add_near(self, found: Found, word: str, spelt: dict[str, str]) -> None:
        """The nearest words; of equally near ones those with the same first letter: people rarely miss it."""
        near = extract(word, spelt, scorer=OSA.distance, score_cutoff=_slips(word), limit=NEAREST)
        least = near[0][1] if near else 0
        nearest = [one for _, distance, one in near if distance == least]
        for one in [one for one in nearest if one[0] == word[0]] or nearest:
            found |= dict.fromkeys(self._meanings[one], A_SLIP**least)

    def _beginning(self, letters: str) -> list[str]:
        first = bisect_left(self._sorted, letters)
        return self._sorted[first : bisect_left(self._sorted, letters + "\U0010ffff")]

    def _alike(self, word: str) -> Iterator[str]:
        """The words of about the same length and letters: to compare each with all costs milliseconds."""
        slips, own = _slips(word), np.uint64(_letters(word))
        missing = np.bitwise_count(own & ~self._letters) <= slips
        added = np.bitwise_count(self._letters & ~own) <= slips
        near = missing & added & (np.abs(self._lengths - len(word)) <= slips)
        return (self._sorted[place] for place in np.flatnonzero(near))


def _slips(word: str) -> int:
    return 2 if len(word) >= TWO_SLIPS_LETTERS else 1


def _letters(word: str) -> int:
    """A bit for each letter in the word; two letters may share one, which lets a few more words through."""
    found = 0
    for letter in word:
        found |= 1 << ord(letter) % 64
    return found
