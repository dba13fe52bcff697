"""The FAQ book: every version stays, one is told, and whom it was told to can be said."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.builders import MONDAY_MORNING, OFFICE, Desk, Story, a_desk, at
from ticketing import tables
from ticketing.case_facts import SolutionWritten
from ticketing.facts import Report
from ticketing.faq import book
from ticketing.faq.article import (
    ArticleChanged,
    ArticleFault,
    ArticleNotFound,
    ArticleState,
    NothingToPublish,
    check,
)
from ticketing.faq.gaps import Gap, gaps, record_gap

TEXT = next(article.text for article in OFFICE.faq.articles if article.text.code == "KK-01")
CHANGED = replace(TEXT, answer="Surat kehilangan saja.")


async def seeded(desk: Desk) -> int:
    return await desk.journal.do(lambda c: book.seed(c, OFFICE.faq.articles, MONDAY_MORNING))


async def test_an_empty_book_is_filled_once_and_drafts_are_not_told(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        assert await seeded(desk) == 20
        assert await seeded(desk) == 0

        with desk.reader.connect() as c:
            assert book.current(c, "KK-01").text == TEXT
            assert [article.text.code for article in book.listed(c, ArticleState.DRAFT)] == [
                "KK-03",
                "MTI-01",
            ]
            with pytest.raises(ArticleNotFound):
                book.current(c, "KK-03")


async def test_a_draft_changes_nothing_until_it_is_published_and_then_the_audit_has_it(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await seeded(desk)
        draft = await desk.journal.do(lambda c: book.save_draft(c, CHANGED, at(60), "sari", based_on=1))
        with desk.reader.connect() as c:
            assert book.current(c, "KK-01").version == 1

        await desk.journal.do(lambda c: book.publish(c, "KK-01", at(120), "rina", role="supervisor"))

        with desk.reader.connect() as c:
            now_told, before = book.versions(c, "KK-01")
            last = c.execute(select(tables.audit).order_by(tables.audit.c.audit_id.desc()).limit(1)).one()
        assert (draft.version, now_told.version, now_told.text) == (2, 2, CHANGED)
        assert (now_told.written_by, now_told.published_by, now_told.published_at) == (
            "sari",
            "rina",
            at(120),
        )
        assert (before.state, before.text) == (ArticleState.REPLACED, TEXT)
        assert (last.actor, last.role, last.action, last.object) == (
            "rina", "supervisor", "faq.publish", "KK-01 v2",
        )  # fmt: skip


async def test_an_article_withdrawn_is_told_by_nobody_until_a_new_draft_is_published(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await seeded(desk)
        before = await desk.journal.do(book.edition)
        gone = await desk.journal.do(lambda c: book.withdraw(c, "KK-01", at(60), "rina"))
        with desk.reader.connect() as c, pytest.raises(ArticleNotFound):
            book.current(c, "KK-01")
        with pytest.raises(NothingToPublish):
            await desk.journal.do(lambda c: book.publish(c, "KK-01", at(70), "rina"))

        await desk.journal.do(lambda c: book.save_draft(c, TEXT, at(80), "rina"))
        await desk.journal.do(lambda c: book.publish(c, "KK-01", at(90), "rina"))

        with desk.reader.connect() as c:
            assert [article.state for article in book.versions(c, "KK-01")] == ["published", "withdrawn"]
            assert book.edition(c) == before + 2
        assert (gone.withdrawn_by, gone.withdrawn_at) == ("rina", at(60))


async def test_who_changes_an_older_version_is_told_of_the_newer_one(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await seeded(desk)
        await desk.journal.do(lambda c: book.save_draft(c, CHANGED, at(60), "sari", based_on=1))

        with pytest.raises(ArticleChanged, match="version 2"):
            await desk.journal.do(lambda c: book.save_draft(c, TEXT, at(61), "rina", based_on=1))


async def test_older_drafts_do_not_come_back_after_a_newer_one_was_published(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await seeded(desk)
        for n in range(2):
            text = replace(CHANGED, answer=f"Rancangan {n}")
            await desk.journal.do(lambda c, text=text: book.save_draft(c, text, at(60), "sari"))
        await desk.journal.do(lambda c: book.publish(c, "KK-01", at(90), "rina"))

        with pytest.raises(NothingToPublish):
            await desk.journal.do(lambda c: book.publish(c, "KK-01", at(91), "rina"))
        with desk.reader.connect() as c:
            states = [article.state.value for article in book.versions(c, "KK-01")]
        assert states == ["published", "replaced", "replaced"]


async def test_a_published_text_is_overdue_from_the_day_after_its_review(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await seeded(desk)
        with desk.reader.connect() as c:
            told, draft = book.current(c, "KK-01"), book.newest(c, "KK-03")

    assert not told.review_overdue(TEXT.review_on)
    assert told.review_overdue(TEXT.review_on + timedelta(days=1))
    assert not draft.review_overdue(draft.text.review_on + timedelta(days=1))


async def test_whom_a_wrong_answer_was_told_to_is_found_by_version(tmp_path: Path):
    sources = [("KK-01", 1), ("KK-01", 2), (None, None)]
    async with a_desk(tmp_path) as desk:
        tickets = [await a_solved_ticket(desk, n, *source) for n, source in enumerate(sources)]
        with desk.reader.connect() as c:
            everybody = book.told(c, "KK-01")
            of_the_first = book.told(c, "KK-01", 1)

    assert [one.ticket_id for one in everybody] == tickets[:2]
    assert [(one.ticket_id, one.version, one.actor_id) for one in of_the_first] == [(tickets[0], 1, "dewi")]


async def a_solved_ticket(desk: Desk, n: int, article: str | None, version: int | None) -> str:
    await desk.record(Story(f"pbx-{n}").arrives().is_registered())
    ticket_id: str = desk.reader.call(f"pbx-{n}").ticket_id
    solution = SolutionWritten(
        key=f"{ticket_id}/solution", occurred_at=at(5), ticket_id=ticket_id, actor_id="dewi",
        actor_role="agent", text_id="x", article=article, article_version=version,
    )  # fmt: skip
    await desk.journal.record(Report(solution))
    return ticket_id


async def test_searches_in_vain_are_counted_by_day_and_told_by_frequency(tmp_path: Path):
    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    async with a_desk(tmp_path) as desk:
        for stems, day in [
            ("paspor", monday),
            ("blokir kk", monday),
            ("blokir kk", monday),
            ("blokir kk", tuesday),
        ]:
            await desk.journal.do(lambda c, stems=stems, day=day: record_gap(c, stems, day))
        with desk.reader.connect() as c:
            assert gaps(c, monday) == [Gap("blokir kk", 3, tuesday), Gap("paspor", 1, monday)]
            assert gaps(c, tuesday) == [Gap("blokir kk", 1, tuesday)]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("code", "kk-1"), ("question", " "), ("answer", ""), ("category", "29"), ("owner", "x" * 41),
     ("keywords", ("x" * 61,))],
)  # fmt: skip
def test_a_text_the_book_cannot_hold_is_refused_by_the_part_that_is_wrong(field: str, wrong: object):
    with pytest.raises(ArticleFault) as refused:
        check(replace(TEXT, **{field: wrong}), OFFICE.categories)

    assert refused.value.field == field
    assert refused.value.text.id != refused.value.text.en
