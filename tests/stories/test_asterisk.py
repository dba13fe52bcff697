"""The stories as a real Asterisk told them leave the ledgers that were written by hand from the SOP."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.builders import Desk
from tests.stories.asterisk import kept_at, replaying
from tests.stories.house import a_ledger
from tests.stories.ledger import STORIES, check, recorded
from tests.stories.recording import RECORDINGS, Recording
from ticketing.facts import Fact, Report, TicketRegistered
from ticketing.ledger.recorder import Registration


def kept(story: str) -> Recording:
    return Recording.read(kept_at(story, RECORDINGS))


@asynccontextmanager
async def lived_through(story: str, folder: Path) -> AsyncIterator[Desk]:
    async with a_ledger(folder) as desk, replaying(kept(story), desk) as replay:
        await replay.run()
        yield desk


async def record_in_parts(desk: Desk, told: list[Fact], chance: random.Random) -> None:
    """A number is asked for again; whoever has one by then, having been queued, gets the same."""
    while told:
        part = [told.pop() for _ in range(min(len(told), chance.randint(1, 8)))]
        await desk.journal.record(*(Report(fact) for fact in part if not isinstance(fact, TicketRegistered)))
        for fact in part:
            if isinstance(fact, TicketRegistered):
                await desk.journal.register(Registration(fact.call_id, fact.occurred_at))


@pytest.mark.parametrize("story", STORIES)
async def test_what_a_real_asterisk_told_leaves_the_ledger_written_from_the_sop(tmp_path: Path, story: str):
    async with lived_through(story, tmp_path) as desk:
        check(desk, story)


@pytest.mark.parametrize("story", STORIES)
async def test_events_heard_twice_change_nothing(tmp_path: Path, story: str):
    async with a_ledger(tmp_path) as desk, replaying(kept(story), desk) as replay:
        await replay.run(twice=True)

        check(desk, story)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("story", STORIES)
async def test_facts_told_twice_and_in_any_order_leave_the_same_ledger(tmp_path: Path, story: str, seed: int):
    chance = random.Random(seed)
    async with lived_through(story, tmp_path / "in order") as desk:
        told = recorded(desk) * 2
    chance.shuffle(told)

    async with a_ledger(tmp_path) as desk:
        await record_in_parts(desk, told, chance)

        check(desk, story)


async def test_a_story_that_goes_on_otherwise_than_recorded_is_noticed(tmp_path: Path):
    recording = kept("hang_up_in_menu")
    said = [line for line in recording.lines if line.kind.endswith(">")]
    recording.lines.remove(said[0])

    async with a_ledger(tmp_path) as desk, replaying(recording, desk) as replay:
        with pytest.raises(AssertionError, match="STREAM FILE"):
            await replay.run()
