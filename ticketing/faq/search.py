"""Search as you type over the published articles: by meaning, by half a word, and past typing errors.

BM25 over stems, in memory: independent of the database, and as fast for a misspelt word as for a right one.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from config.faq import FaqWords
from ticketing.faq import book
from ticketing.faq.article import Article, ArticleState
from ticketing.faq.vocabulary import Found, Vocabulary
from ticketing.faq.wording import Wording, has_digits, stem

QUESTION, KEYWORDS, ANSWER = 3.0, 2.0, 1.0
"""What a word weighs by where it stands."""
SATURATION, LENGTH_SHARE = 1.2, 0.5
"""BM25's k1 and b; the articles are short, so length says less than usual."""
UNKNOWN = "?"
"""Stands in a gap for words that are not kept."""
GAP_LENGTH = 200

Scores = npt.NDArray[np.float64]
Posting = tuple[npt.NDArray[np.intp], Scores]
"""The articles that have a stem, and what it is worth in each."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An article found; a higher score fits better."""

    code: str
    version: int
    question: str
    answer: str
    score: float


class Index:
    """The published articles as they stood; it never changes, so any thread may use it."""

    def __init__(self, articles: Iterable[Article], words: FaqWords) -> None:
        self._articles = sorted(articles, key=lambda article: article.text.code)
        self._wording = Wording(words)
        read = [_by_weight(article, self._wording) for article in self._articles]
        self._vocabulary = Vocabulary({word for weights in read for word in weights}, self._wording)
        self._postings = _postings([self._stemmed(weights) for weights in read])

    def search(self, text: str, limit: int = 5) -> list[Hit]:
        """The articles that fit best; the last word may be unfinished, unless a space follows it."""
        if not self._articles:
            return []
        words = self._wording.asked(text)
        scores = np.zeros(len(self._articles))
        for place, word in enumerate(words, 1):
            unfinished = place == len(words) and not text[-1:].isspace()
            self._add(scores, self._vocabulary.find(word, unfinished=unfinished))
        return [self._hit(n, float(scores[n])) for n in _best(scores, limit)]

    def gap_of(self, text: str) -> str | None:
        """What of a search in vain may be kept: stems of words the office itself wrote, and no digit.

        Every other word may be somebody's name; all of them together are one "?".
        """
        words = [word for word in self._wording.asked(text) if not has_digits(word)]
        kept = {word: self.known(word) for word in words}
        stems = sorted({one for known in kept.values() for one in known if not has_digits(one)})
        unknown = [UNKNOWN] if not all(kept.values()) else []
        return " ".join([*stems, *unknown])[:GAP_LENGTH] or None

    def known(self, word: str) -> tuple[str, ...]:
        """The stems of a word the office wrote; nothing for any other."""
        known = self._vocabulary.stems(word)
        return known or ((stem(word),) if self._wording.is_topic(word) else ())

    def _stemmed(self, weights: dict[str, float]) -> dict[str, float]:
        stemmed: dict[str, float] = {}
        for word, weight in weights.items():
            for one in self._vocabulary.stems(word):
                stemmed[one] = max(weight, stemmed.get(one, 0.0))
        return stemmed

    def _add(self, scores: Scores, found: Found) -> None:
        """Add what a word is worth in each article: the best of the stems it may mean, not their sum."""
        known = [(*self._postings[one], share) for one, share in found.items() if one in self._postings]
        if len(known) == 1:
            articles, worth, share = known[0]
            scores[articles] += share * worth
        elif known:
            best = np.zeros_like(scores)
            for articles, worth, share in known:
                best[articles] = np.maximum(best[articles], share * worth)
            scores += best

    def _hit(self, n: int, score: float) -> Hit:
        article = self._articles[n]
        text = article.text
        return Hit(text.code, article.version, text.question, text.answer, score)


class Search:
    """The index of the book as it is now; made anew when the book or the office's words change."""

    def __init__(self, words: Callable[[], FaqWords]) -> None:
        self._words = words
        self._made: tuple[int, FaqWords, Index] | None = None
        self._making = threading.Lock()

    def index(self, connection: Connection) -> Index:
        """The index; while one thread makes a new one, the others use the old."""
        made, edition, words = self._made, book.edition(connection), self._words()
        if made and made[0] == edition and made[1] is words:
            return made[2]
        if not self._making.acquire(blocking=made is None):
            assert made
            return made[2]
        try:
            index = Index(book.listed(connection, ArticleState.PUBLISHED), words)
            self._made = (edition, words, index)
            return index
        finally:
            self._making.release()


def _by_weight(article: Article, wording: Wording) -> dict[str, float]:
    """The article's words, each with the weight of the best place it stands in."""
    text = article.text
    weights: dict[str, float] = {}
    places = ((ANSWER, text.answer), (KEYWORDS, " . ".join(text.keywords)), (QUESTION, text.question))
    for weight, part in places:
        weights |= dict.fromkeys(wording.written(part), weight)
    return weights


def _postings(read: list[dict[str, float]]) -> dict[str, Posting]:
    """What each stem is worth in each article that has it (BM25)."""
    lengths = np.array([sum(weights.values()) for weights in read])
    usual = (
        SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * lengths / max(lengths.mean(), 1.0))
        if read
        else lengths
    )
    places: dict[str, list[int]] = {}
    for n, weights in enumerate(read):
        for one in weights:
            places.setdefault(one, []).append(n)
    postings = {}
    for one, having in places.items():
        articles = np.array(having, dtype=np.intp)
        weight = np.array([read[n][one] for n in having])
        rarity = np.log1p((len(read) - len(having) + 0.5) / (len(having) + 0.5))
        postings[one] = (articles, rarity * weight * (SATURATION + 1) / (weight + usual[articles]))
    return postings


def _best(scores: Scores, limit: int) -> list[int]:
    """The places of the highest scores above nought; of equal ones the first."""
    found = np.flatnonzero(scores > 0)
    if 0 < limit < len(found):
        worth = scores[found]
        found = found[worth >= np.partition(worth, -limit)[-limit]]
    return sorted(found.tolist(), key=lambda n: (-scores[n], n))[: max(limit, 0)]
