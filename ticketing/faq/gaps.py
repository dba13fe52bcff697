"""Searches after which nobody opened an article: what the book lacks, counted by day and without the search.

What is kept comes from `Index.gap_of`: stems of words the office itself wrote down, never what was typed.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from ticketing import tables
from ticketing.statements import insert_for


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that was searched for in vain, how often, and when last."""

    stems: str
    searches: int
    last_day: date


def record_gap(connection: Connection, stems: str, day: date) -> None:
    """Count one search in vain."""
    table = tables.search_gaps
    statement = insert_for(connection.dialect.name, table).values(day=day, stems=stems, searches=1)
    more = {"searches": table.c.searches + 1}
    connection.execute(statement.on_conflict_do_update(index_elements=["day", "stems"], set_=more))


def gaps(connection: Connection, since: date, limit: int = 50) -> list[Gap]:
    """What was searched for in vain since that day, the most frequent first."""
    column = tables.search_gaps.c
    total, last = func.sum(column.searches), func.max(column.day)
    statement = select(column.stems, total, last).where(column.day >= since).group_by(column.stems)
    rows = connection.execute(statement.order_by(total.desc(), column.stems).limit(limit))
    return [Gap(*row) for row in rows]
