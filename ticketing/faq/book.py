"""The FAQ book: what people do to its articles. Nothing is written over; every version stays.

These run on a connection: those that change something inside the writer's transaction (`Journal.do`).
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from config.faq import ArticleText, SeedArticle
from ticketing import tables
from ticketing.case_facts import SYSTEM, SolutionWritten
from ticketing.faq.article import Article, ArticleChanged, ArticleNotFound, ArticleState, NothingToPublish
from ticketing.people.audit import write_audit

_column = tables.articles.c


@dataclass(frozen=True, slots=True)
class Told:
    """A solution that was written from an article: to whom it went is the ticket's to say."""

    ticket_id: str
    version: int | None
    actor_id: str
    written_at: datetime


def seed(connection: Connection, articles: Iterable[SeedArticle], at: datetime) -> int:
    """Fill an empty book; returns how many articles came in. A book with anything in it is left alone."""
    if connection.scalar(select(func.count()).select_from(tables.articles)):
        return 0
    count = 0
    for article in articles:
        save_draft(connection, article.text, at, SYSTEM)
        if article.published:
            publish(connection, article.text.code, at, SYSTEM)
        count += 1
    return count


def save_draft(
    connection: Connection, text: ArticleText, at: datetime, by: str, based_on: int | None = None
) -> Article:
    """Keep the text as a new draft; refused where `based_on` is no longer the newest version."""
    newest = _newest_version(connection, text.code)
    if based_on is not None and based_on != newest:
        raise ArticleChanged(text.code, newest)
    row = asdict(text) | {"keywords": list(text.keywords), "version": newest + 1}
    row |= {"state": ArticleState.DRAFT.value, "written_by": by, "written_at": at}
    connection.execute(insert(tables.articles).values(row))
    return version(connection, text.code, newest + 1)


def publish(connection: Connection, code: str, at: datetime, by: str, *, role: str | None = None) -> Article:
    """Let agents tell the newest draft; what was told before it, and older drafts, are replaced."""
    draft = _latest(connection, code, ArticleState.DRAFT)
    if draft is None:
        _require(connection, code)
        raise NothingToPublish(code)
    earlier = (_column.version < draft.version) & _column.state.in_(["draft", "published"])
    connection.execute(
        update(tables.articles).where(_column.code == code, earlier).values(state=ArticleState.REPLACED.value)
    )
    return _turn(connection, draft, ArticleState.PUBLISHED, at, by, role)


def withdraw(connection: Connection, code: str, at: datetime, by: str, *, role: str | None = None) -> Article:
    """Let nobody tell the article any more, until a new draft of it is published."""
    return _turn(connection, current(connection, code), ArticleState.WITHDRAWN, at, by, role)


def current(connection: Connection, code: str) -> Article:
    """The version agents tell; raises ArticleNotFound where none is published."""
    found = _latest(connection, code, ArticleState.PUBLISHED)
    if found is None:
        raise ArticleNotFound(code)
    return found


def version(connection: Connection, code: str, number: int) -> Article:
    """The article as it stood in that version."""
    row = connection.execute(_articles().where(_column.code == code, _column.version == number)).one_or_none()
    if row is None:
        raise ArticleNotFound(f"{code} v{number}")
    return _article(row)


def newest(connection: Connection, code: str) -> Article:
    """The newest version, whatever its state."""
    return version(connection, code, _require(connection, code))


def versions(connection: Connection, code: str) -> list[Article]:
    """Every version, the newest first."""
    rows = connection.execute(_articles().where(_column.code == code).order_by(_column.version.desc()))
    return [_article(row) for row in rows]


def listed(connection: Connection, state: ArticleState | None = None) -> list[Article]:
    """The newest version of each article, or of each that has one in that state, by code."""
    number = select(_column.code, func.max(_column.version).label("version")).group_by(_column.code)
    if state:
        number = number.where(_column.state == state.value)
    last = number.subquery()
    joined = _articles().join(last, (last.c.code == _column.code) & (last.c.version == _column.version))
    return [_article(row) for row in connection.execute(joined.order_by(_column.code))]


def edition(connection: Connection) -> int:
    """A number that grows with everything agents may tell from now on, or no longer."""
    return connection.scalar(select(func.max(_column.edition))) or 0


def told(connection: Connection, code: str, number: int | None = None) -> list[Told]:
    """The tickets whose solution was written from the article, or from that version of it."""
    row, body = tables.journal.c, tables.journal.c.body
    statement = select(row.ticket_id, row.occurred_at, row.body).order_by(row.seq)
    statement = statement.where(row.kind == SolutionWritten.kind, body["article"].as_string() == code)
    if number is not None:
        statement = statement.where(body["article_version"].as_integer() == number)
    return [
        Told(one.ticket_id, one.body["article_version"], one.body["actor_id"], one.occurred_at)
        for one in connection.execute(statement)
    ]


def _turn(
    connection: Connection, article: Article, state: ArticleState, at: datetime, by: str, role: str | None
) -> Article:
    """Publish or withdraw one version: the one place where the book's edition grows."""
    act = "publish" if state is ArticleState.PUBLISHED else "withdraw"
    code, number = article.text.code, article.version
    values: dict[str, Any] = {"state": state.value, f"{state.value}_by": by, f"{state.value}_at": at}
    connection.execute(
        update(tables.articles)
        .where(_column.code == code, _column.version == number)
        .values(values | {"edition": edition(connection) + 1})
    )
    write_audit(connection, at, by, f"faq.{act}", f"{code} v{number}", role=role)
    return version(connection, code, number)


def _articles() -> Select[tuple[Any, ...]]:
    return select(tables.articles)


def _latest(connection: Connection, code: str, state: ArticleState) -> Article | None:
    statement = _articles().where(_column.code == code, _column.state == state.value)
    row = connection.execute(statement.order_by(_column.version.desc()).limit(1)).one_or_none()
    return _article(row) if row else None


def _newest_version(connection: Connection, code: str) -> int:
    return connection.scalar(select(func.max(_column.version)).where(_column.code == code)) or 0


def _require(connection: Connection, code: str) -> int:
    number = _newest_version(connection, code)
    if not number:
        raise ArticleNotFound(code)
    return number


def _article(row: Row[*tuple[Any, ...]]) -> Article:
    parts = ("code", "question", "answer", "category", "source", "owner", "review_on")
    text = ArticleText(**{part: getattr(row, part) for part in parts}, keywords=tuple(row.keywords))
    acts = ("written_by", "written_at", "published_by", "published_at", "withdrawn_by", "withdrawn_at")
    return Article(text, row.version, ArticleState(row.state), **{act: getattr(row, act) for act in acts})
