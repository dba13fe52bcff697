"""The FAQ book at hand: what people look up in it while they talk, and what they search for in vain."""

from collections.abc import Callable
from datetime import datetime

from config.clock import Clock, office_day
from config.faq import FaqWords
from ticketing.faq import book
from ticketing.faq.article import Article
from ticketing.faq.gaps import record_gap
from ticketing.faq.search import Hit, Search
from ticketing.faq.searches import Searches
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.people.free_text import take_out_niks


class FaqDesk:
    """Looks things up in the book for people on the telephone."""

    def __init__(self, journal: Journal, reader: Reader, words: Callable[[], FaqWords], clock: Clock) -> None:
        self._journal = journal
        self._reader = reader
        self._clock = clock
        self._search = Search(words)
        self._searches = Searches()

    def search(self, user_id: str, text: str) -> tuple[list[Hit], str | None]:
        """The articles that fit, and the search given up for this one, if any."""
        asked, _ = take_out_niks(text)
        with self._reader.connect() as connection:
            index = self._search.index(connection)
        given_up = self._searches.typed(user_id, asked, index.gap_of(asked), self._clock())
        return index.search(asked), given_up

    def open(self, user_id: str, code: str) -> Article:
        """The published article, looked at by somebody; raises ArticleNotFound."""
        with self._reader.connect() as connection:
            article = book.current(connection, code)
        self._searches.opened(user_id)
        return article

    async def give_up(self, user_id: str) -> None:
        """Somebody turned from the book to something else."""
        await self.count_gap(self._searches.given_up(user_id))

    async def count_gap(self, gap: str | None) -> None:
        """Count one search in vain."""
        if gap:
            day = office_day(self._clock())
            await self._journal.do(lambda connection: record_gap(connection, gap, day))

    async def count_left(self, at: datetime) -> None:
        """Count the searches nobody went on with."""
        for gap in self._searches.left(at):
            await self.count_gap(gap)
