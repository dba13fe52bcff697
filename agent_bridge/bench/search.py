"""`hotline bench search`: the three best articles of 5,000, for words as people type them.

Articles and searches are made of the FAQ book's own words, and once more with 8,000 made-up words besides, as
a book that large would have. Every second search has a typing error, every third ends in half a word. Peer:
SQLite's FTS5 alone, bm25 over the same articles, any of the words. Floor: FTS5 with all of the words
required, which finds nothing misspelt. Both are given the words already cut. CPU time: nothing waits here.
"""

import random
import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from agent_bridge.bench.measure import Goal, Result, compare, percentile
from config.faq import ArticleText, FaqWords
from config.office import load
from ticketing.faq.article import Article, ArticleState
from ticketing.faq.search import ANSWER, KEYWORDS, QUESTION, Index

ROUNDS = 7
ARTICLES, SEARCHES = 5_000, 400
BEST = 3
WORDS_ASKED = 3
MADE_UP = 8_000
TO_FLOOR = Goal("floor", 2.0)
WRITTEN = datetime(2026, 11, 23, tzinfo=UTC)
Find = Callable[[str], list[str]]
Tell = Callable[[int, int], None]
_WORD = re.compile(r"[^\W\d_]{3,}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class _Asked:
    """One search, and the article its words were taken from."""

    text: str
    code: str


def run(
    tell: Tell,
    articles: int = ARTICLES,
    searches: int = SEARCHES,
    rounds: int = ROUNDS,
) -> list[Result]:
    """The slowest of a hundred searches, ours and FTS5's, and how often the article meant was found."""
    faq = load().faq
    seed = [one.text for one in faq.articles]
    few = sorted({word for text in seed for word in _words(f"{text.question} {text.answer}")})
    books = {"search": few, "search-8000-words": few + _made_up(MADE_UP)}
    results: list[Result] = []
    for path, vocabulary in books.items():
        # The same articles in every run; nothing secret comes of it.
        chance = random.Random(1)  # noqa: S311
        made = _articles(seed, vocabulary, articles, chance)
        asked = [_asked(made[n * len(made) // searches], n, faq.words, chance) for n in range(searches)]
        before = len(results) * rounds

        def told(done: int, _of: int, before: int = before) -> None:
            tell(before + done, len(books) * rounds)

        results.append(_compared(path, made, asked, faq.words, rounds, told))
    return results


def _compared(
    path: str, made: Sequence[Article], asked: Sequence[_Asked], words: FaqWords, rounds: int, tell: Tell
) -> Result:
    index, tables = Index(made, words), _tables(made)
    finds: dict[str, Find] = {
        "ours": lambda text: [hit.code for hit in index.search(text, BEST)],
        "peer": lambda text: _matching(tables, text, " OR "),
        "floor": lambda text: _matching(tables, text, " "),
    }
    facts: dict[str, object] = {"articles": len(made), "searches": len(asked)}
    facts |= {f"{who}_found": _found(find, asked) for who, find in finds.items()}
    measures = {who: partial(_p99_ms, find, asked) for who, find in finds.items()}
    return compare(path, "ms CPU p99", TO_FLOOR, rounds, facts=facts, tell=tell, **measures)


def _made_up(count: int) -> list[str]:
    """Words of two to four syllables, none of them anybody's."""
    chance = random.Random(2)  # noqa: S311
    syllables = [first + second for first in "bcdghjklmnprstwy" for second in "aiueo"]
    ends = ("", "n", "ng", "k", "t")
    return [
        "".join(chance.choices(syllables, k=chance.randint(2, 4))) + chance.choice(ends) for _ in range(count)
    ]


def _articles(
    seed: Sequence[ArticleText], vocabulary: Sequence[str], count: int, chance: random.Random
) -> list[Article]:
    weights = [1 / (place + 5) for place in range(len(vocabulary))] if len(vocabulary) > MADE_UP else None

    def some(least: int, most: int) -> str:
        return " ".join(chance.choices(vocabulary, weights, k=chance.randint(least, most)))

    made = []
    for n in range(count):
        text = replace(
            chance.choice(seed), code=f"UJI-{n}", question=some(5, 9), answer=some(15, 40),
            keywords=tuple(some(1, 2) for _ in range(3)),
        )  # fmt: skip
        made.append(Article(text, 1, ArticleState.PUBLISHED, "bench", WRITTEN))
    return made


def _asked(article: Article, n: int, words: FaqWords, chance: random.Random) -> _Asked:
    telling = [word for word in dict.fromkeys(_words(article.text.question)) if word not in words.stop]
    chosen = telling[-WORDS_ASKED:] or ["ktp"]
    if n % 2:
        place = chance.randrange(len(chosen))
        chosen[place] = _misspelt(chosen[place], chance)
    if n % 3 == 0:
        chosen[-1] = chosen[-1][: max(3, len(chosen[-1]) - 2)]
    return _Asked(" ".join(chosen), article.text.code)


def _misspelt(word: str, chance: random.Random) -> str:
    """The word with a letter left out, another in its place, or two changed about."""
    place = chance.randrange(1, len(word))
    kinds = (
        word[:place] + word[place + 1 :],
        word[:place] + chance.choice(_LETTERS) + word[place + 1 :],
        word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :],
    )
    return chance.choice(kinds)


def _tables(articles: Sequence[Article]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE faq USING fts5(code UNINDEXED, question, keywords, answer)")
    texts = [article.text for article in articles]
    rows = [(text.code, text.question, " ".join(text.keywords), text.answer) for text in texts]
    connection.executemany("INSERT INTO faq VALUES (?, ?, ?, ?)", rows)
    connection.execute("INSERT INTO faq(faq) VALUES ('optimize')")
    return connection


def _matching(connection: sqlite3.Connection, text: str, between: str) -> list[str]:
    # A phrase in quotes with a star behind it is FTS5's "begins with".
    match = between.join(f'"{word}"' for word in text.split()) + "*"
    rows = connection.execute(
        "SELECT code FROM faq WHERE faq MATCH ? ORDER BY bm25(faq, 0, ?, ?, ?) LIMIT ?",
        (match, QUESTION, KEYWORDS, ANSWER, BEST),
    )
    return [row[0] for row in rows]


def _p99_ms(find: Find, asked: Sequence[_Asked]) -> float:
    each = []
    for one in asked:
        began = time.thread_time()
        find(one.text)
        each.append((time.thread_time() - began) * 1000)
    return percentile(each, 99)


def _found(find: Find, asked: Sequence[_Asked]) -> float:
    return sum(one.code in find(one.text) for one in asked) / len(asked)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
