"""The FAQ book: searched as one types, read, written, published; and what it lacks."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy import Connection

from agent_bridge.accounts import Session
from agent_bridge.api import admin_views as said
from agent_bridge.api.case_views import ArticleCode
from agent_bridge.api.doorway import AnyHouse, OnceAsked, may_do, may_read
from agent_bridge.api.refusals import PROBLEMS
from agent_bridge.house import House
from config.clock import now, office_day
from config.faq import ArticleText
from ticketing.desk.matrix import Deed
from ticketing.desk.once import Answer, Asked
from ticketing.faq import book
from ticketing.faq.article import Article, ArticleState, check
from ticketing.faq.gaps import gaps
from ticketing.tickets.number import from_digits

router = APIRouter(prefix="/api/faq", tags=["FAQ book"], responses=PROBLEMS)
Reading = Annotated[Session, Depends(may_read(Deed.READ_FAQ))]
Publishing = Annotated[Session, Depends(may_do(Deed.PUBLISH_FAQ))]
Code = Annotated[ArticleCode, Path(examples=["KTP-01"])]
GAP_DAYS = 30


@router.post("/search")
async def search(
    body: said.FaqQuery, house: AnyHouse, session: Annotated[Session, Depends(may_do(Deed.READ_FAQ))]
) -> said.FaqHits:
    """Search as you type. It changes nothing; in a body, for what is typed may name somebody."""
    house.faq_searches.count(session.user_id, now())
    hits, given_up = await asyncio.to_thread(house.faq.search, session.user_id, body.text)
    await house.faq.count_gap(given_up)
    return said.FaqHits(
        hits=[
            said.FaqHit(
                code=hit.code, version=hit.version, question=hit.question, answer=hit.answer,
                score=round(hit.score, 3),
            )
            for hit in hits
        ]
    )  # fmt: skip


@router.get("/articles")
async def articles(_: Reading, house: AnyHouse, state: ArticleState | None = None) -> said.ArticleList:
    """The newest version of each article, or of each that has one in that state."""

    def listed() -> list[Article]:
        with house.reader.connect() as connection:
            return book.listed(connection, state)

    found = await asyncio.to_thread(listed)
    return said.ArticleList(articles=[_view(article) for article in found])


@router.get("/articles/{code}")
async def article(code: Code, session: Reading, house: AnyHouse) -> said.ArticleView:
    """The published version; looking at it tells that the search found something."""
    return _view(await asyncio.to_thread(house.faq.open, session.user_id, code))


@router.get("/articles/{code}/history")
async def history(
    code: Code, house: AnyHouse, _: Annotated[Session, Depends(may_read(Deed.EDIT_FAQ))]
) -> said.ArticleHistory:
    """Every version, and which were told in which tickets."""

    def read() -> tuple[list[Article], list[book.Told]]:
        with house.reader.connect() as connection:
            book.newest(connection, code)
            return book.versions(connection, code), book.told(connection, code)

    versions, told = await asyncio.to_thread(read)
    return said.ArticleHistory(
        versions=[_view(one) for one in versions],
        told=[
            said.ToldView(number=from_digits(one.ticket_id).written, version=one.version, at=one.written_at)
            for one in told
        ],
    )


@router.put("/articles/{code}")
async def write_article(
    code: Code, body: said.ArticleDraft, asked: OnceAsked, house: AnyHouse,
    session: Annotated[Session, Depends(may_do(Deed.SUGGEST_FAQ))],
) -> said.ArticleView:  # fmt: skip
    """Keep a new draft; agents and officials suggest, nobody tells it before it is published."""
    values = body.model_dump(exclude={"based_on", "keywords"})
    text = ArticleText(code=code, keywords=tuple(body.keywords), **values)
    check(text, house.office.categories)

    def work(connection: Connection) -> Answer:
        draft = book.save_draft(connection, text, now(), session.user_id, body.based_on)
        return {"version": draft.version}

    answer = await house.once(session, asked, work)
    return await asyncio.to_thread(_version, house, code, answer["version"])


@router.post("/articles/{code}/publish")
async def publish(code: Code, asked: OnceAsked, session: Publishing, house: AnyHouse) -> said.ArticleView:
    """Let agents tell the newest draft."""
    return await _turned(house, session, asked, code, book.publish)


@router.post("/articles/{code}/withdraw")
async def withdraw(code: Code, asked: OnceAsked, session: Publishing, house: AnyHouse) -> said.ArticleView:
    """Let nobody tell it any more."""
    return await _turned(house, session, asked, code, book.withdraw)


@router.get("/gaps")
async def gaps_of_book(
    house: AnyHouse,
    _: Annotated[Session, Depends(may_read(Deed.READ_FAQ_GAPS))],
    since: Annotated[date | None, Query()] = None,
) -> said.GapList:
    """What was searched for in vain, the most frequent first; stems of words, never what was typed."""
    first = since or office_day(now()) - timedelta(days=GAP_DAYS)

    def read() -> list[said.GapView]:
        with house.reader.connect() as connection:
            found = gaps(connection, first)
        return [said.GapView(stems=g.stems, searches=g.searches, last_day=g.last_day) for g in found]

    return said.GapList(gaps=await asyncio.to_thread(read))


async def _turned(
    house: House, session: Session, asked: Asked, code: str, turn: Callable[..., Article]
) -> said.ArticleView:
    """Publish or withdraw, once for each request."""

    def work(connection: Connection) -> Answer:
        made = turn(connection, code, now(), session.user_id, role=session.role.value)
        return {"version": made.version}

    answer = await house.once(session, asked, work)
    return await asyncio.to_thread(_version, house, code, answer["version"])


def _version(house: House, code: str, number: int) -> said.ArticleView:
    with house.reader.connect() as connection:
        return _view(book.version(connection, code, number))


def _view(article: Article) -> said.ArticleView:
    text = article.text
    parts = ("code", "question", "answer", "category", "source", "owner", "review_on")
    return said.ArticleView(
        **{part: getattr(text, part) for part in parts},
        keywords=list(text.keywords),
        version=article.version,
        state=article.state.value,
        written_at=article.written_at,
        published_at=article.published_at,
        review_overdue=article.review_overdue(office_day(now())),
    )
