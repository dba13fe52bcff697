"""The real Asterisk lives through each story; `HOTLINE_RECORD=1` keeps what it said and was told."""

import os
from pathlib import Path

import pytest

from tests.ivr.providers.asterisk.lab import OpenLab
from tests.stories.asterisk import kept_at, replaying
from tests.stories.asterisk_recorder import record
from tests.stories.house import a_ledger
from tests.stories.ledger import STORIES, check
from tests.stories.recording import RECORDINGS, Recording

pytestmark = pytest.mark.real

RING_SECONDS = 15
"""Of `queues.yaml`."""
RECORDS = os.environ.get("HOTLINE_RECORD") == "1"


@pytest.mark.parametrize("story", STORIES)
async def test_the_real_asterisk_tells_the_story(open_lab: OpenLab, tmp_path: Path, story: str):
    lab = await open_lab(call_ring_seconds=20, ring_seconds=RING_SECONDS)
    file = kept_at(story, RECORDINGS if RECORDS else tmp_path)

    async with a_ledger(tmp_path / "live") as desk:
        (await record(lab, desk, story)).write(file)
        check(desk, story)

    async with a_ledger(tmp_path) as desk, replaying(Recording.read(file), desk) as replay:
        await replay.run()
        check(desk, story)
