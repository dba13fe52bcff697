"""A case's story and its page: whole, readable without colour, and without anybody's words."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from config.errors import Language
from tests.builders import OFFICE, CaseStory, a_call_talked, a_case_to_the_faq, a_desk, at
from ticketing.case_facts import Channel, Track
from ticketing.ledger.codec import KINDS
from ticketing.reports.story import CaseStory as Told
from ticketing.reports.story_page import page
from ticketing.reports.telling import SEALED, tell
from ticketing.reports.wording import DUES, EVENTS, MESSAGES, STATES, length
from ticketing.tickets.case import Stage
from ticketing.tickets.follow_up import DueKind
from ticketing.tickets.messages import MessageKind
from ticketing.tickets.ticket import TicketState


async def told(folder: Path, make, seconds: float = 90000) -> Told:
    """The story of a deferred call's case, as the ledger has it."""
    async with a_desk(folder) as desk:
        await desk.record(a_call_talked(370, closing=362).recaps(460))
        ticket_id = desk.reader.call("pbx-1.0").ticket_id
        await desk.record_case(make(CaseStory(ticket_id)))
        return tell(desk.reader.case(ticket_id, OFFICE), OFFICE.sop, OFFICE, at(seconds))


def with_an_official(case: CaseStory) -> CaseStory:
    case = a_case_to_the_faq(case).opens_dispatch(300).is_sent(330, Track.DEFERRED).is_recapped(450)
    return case.is_forwarded(4000).is_followed_up(5000)


def closed(case: CaseStory) -> CaseStory:
    case = with_an_official(case).solution_is_written(6000, "pejabat.dafduk.1", "official")
    case.solution_is_delivered(80000, Channel.CALL_BACK).is_confirmed(80030).closes(80100)
    return case


async def test_a_story_has_its_steps_clocks_and_owner(tmp_path: Path):
    story = await told(tmp_path, with_an_official)

    assert (story.state, story.owner) == ("with_official", "pejabat.dafduk.1")
    assert story.next_due_at is not None
    assert story.limit_at is not None
    assert story.category is not None
    assert story.category.id == "KTP belum jadi"
    assert story.citizen_seconds == story.office_seconds == 90000 - 6
    assert [line.step for line in story.steps if line.ended_at is None] == [11]
    assert [message.kind for message in story.messages] == ["number", "progress", "progress"]
    assert story.unexplained == (), "the case is not over"


async def test_a_closed_story_leaves_nothing_unexplained(tmp_path: Path):
    story = await told(tmp_path, closed)

    assert story.closed_at == at(80100)
    assert story.citizen_seconds == 80100 - 6
    assert story.unexplained == ()
    assert story.observed_share >= 0.9
    assert story.owner is None


async def test_a_form_opened_in_vain_begins_no_step_of_the_story(tmp_path: Path):
    story = await told(tmp_path, lambda case: a_case_to_the_faq(case).opens_dispatch(300))

    assert 9 not in {line.step for line in story.steps}


async def test_words_are_left_out_and_a_reason_is_named_as_sealed(tmp_path: Path):
    story = await told(tmp_path, lambda case: case.entry_begins(46).complaint_is_recorded(150).skips(160, 7))

    assert [line.skip_reason for line in story.steps if line.step == 7] == [SEALED]
    assert all(event.words is None for event in story.events)
    assert {event.lane for event in story.events} == {"citizen", "agent", "service_desk"}


@pytest.mark.parametrize("language", list(Language))
async def test_the_page_stands_alone_and_says_late_in_a_word(tmp_path: Path, language: Language):
    html = page(await told(tmp_path, closed), OFFICE.sop.actors, language)

    assert not re.search(r"<script|https?://(?!www\.w3\.org/2000/svg)|<link|<img|url\((?!#)", html)
    assert ("TERLAMBAT" if language is Language.INDONESIAN else "LATE") in html
    for actor in OFFICE.sop.actors:
        assert actor.label.say(language) in html
    svg = html[html.index("<svg") : html.index("</svg>") + 6]
    boxes = ElementTree.fromstring(svg).findall(".//{*}g")
    assert len(boxes) == html[html.index("</svg>") :].count("<tr class=")
    HTMLParser().feed(html)


async def test_no_box_stands_on_another(tmp_path: Path):
    html = page(await told(tmp_path, closed), OFFICE.sop.actors, Language.INDONESIAN)

    rows = [(float(top), float(top) + float(height)) for top, height in
            re.findall(r'y="(\d+)" width="192" height="(\d+)"', html)]  # fmt: skip
    assert all(below[0] - above[1] >= 20 for above, below in pairwise(rows))


async def test_what_stands_in_a_story_is_text_never_html(tmp_path: Path):
    html = page(
        await told(tmp_path, lambda case: case.entry_begins(46).add(
            KINDS["taken_over"], 100, "<b>sari</b>", "supervisor", reason_id="t1")),
        OFFICE.sop.actors, Language.ENGLISH,
    )  # fmt: skip

    assert "<b>" not in html
    assert "&lt;b&gt;sari&lt;/b&gt;" in html


def test_every_state_duty_message_and_event_has_its_words():
    assert set(STATES) == {one.value for one in (*Stage, *TicketState)} - {Stage.UNTOUCHED.value}
    assert set(DUES) == {kind.value for kind in DueKind}
    assert set(MESSAGES) == {kind.value for kind in MessageKind}
    assert set(EVENTS) <= set(KINDS)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 dtk"), (64, "1 mnt 4 dtk"), (3600, "1 jam"), (90061, "1 hari 1 jam")]
)
def test_lengths_are_said_in_their_two_largest_units(seconds: float, said: str):
    assert length(seconds).id == said
