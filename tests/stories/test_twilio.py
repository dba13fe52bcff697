"""The same stories as Twilio's requests leave the same ledgers. `HOTLINE_RECORD=1` records them anew."""

import os
from pathlib import Path

import pytest

from tests.stories.house import a_ledger
from tests.stories.ledger import STORIES, check
from tests.stories.recording import RECORDINGS, Recording
from tests.stories.twilio import Change, battered, kept_at, late, lossy, replaying, twice
from tests.stories.twilio_recorder import record

RECORDS = os.environ.get("HOTLINE_RECORD") == "1"


@pytest.mark.parametrize("story", STORIES)
async def test_the_fake_still_asks_what_was_recorded_in_that_order(tmp_path: Path, story: str):
    async with a_ledger(tmp_path) as desk:
        told = await record(desk, story)
        check(desk, story)

    if RECORDS:
        told.write(kept_at(story, RECORDINGS))
    assert asked(told) == asked(_recorded(story)), "HOTLINE_RECORD=1 records it anew"


def asked(recording: Recording) -> list[tuple[str, str]]:
    """Without instants and forms, as long as what is said; what comes in one instant has no order."""
    lines = sorted(recording.lines, key=lambda line: (round(line.at, 3), line.kind, line.text))
    return [(line.kind, line.text) for line in lines]


@pytest.mark.parametrize("story", STORIES)
async def test_what_twilio_asked_leaves_the_ledger_written_from_the_sop(tmp_path: Path, story: str):
    async with a_ledger(tmp_path) as desk, replaying(_recorded(story), desk) as replay:
        await replay.run()

        check(desk, story)


@pytest.mark.parametrize(("change", "seed"), [(twice, 0), (late, 0), (late, 1)])
@pytest.mark.parametrize("story", STORIES)
async def test_requests_doubled_or_late_leave_the_same_ledger(
    tmp_path: Path, story: str, change: Change, seed: int
):
    async with a_ledger(tmp_path) as desk, replaying(_recorded(story), desk) as replay:
        await replay.run(change, seed)

        check(desk, story)


@pytest.mark.parametrize(("change", "seed"), [(lossy, 0), (lossy, 1), (battered, 0), (battered, 1)])
@pytest.mark.parametrize("story", STORIES)
async def test_without_a_third_of_the_status_callbacks_the_ledger_is_the_same(
    tmp_path: Path, story: str, change: Change, seed: int
):
    async with a_ledger(tmp_path) as desk, replaying(_recorded(story), desk) as replay:
        await replay.run(change, seed)

        check(desk, story, healed=True)


async def test_a_request_that_follows_from_nothing_the_product_said_is_noticed(tmp_path: Path):
    recording = _recorded("after_hours")
    del recording.lines[1]

    async with a_ledger(tmp_path) as desk, replaying(recording, desk) as replay:
        with pytest.raises(AssertionError, match="/twilio/voice/2"):
            await replay.run()


def _recorded(story: str) -> Recording:
    return Recording.read(kept_at(story, RECORDINGS))
