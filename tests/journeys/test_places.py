"""The place in the queue as callers hear it on the real Asterisk, held against the PBX's own events."""

from pathlib import Path

import pytest

from agent_bridge.rehearsal.places import rehearse_places
from config.settings import Settings

pytestmark = pytest.mark.real


async def heard_by(tmp_path: Path, callers: int, agents: int) -> dict[str, object]:
    """Callers wait, leave, press keys and are served meanwhile."""
    figures = await rehearse_places(Settings(home=tmp_path, port=0), callers, agents, lambda *_: None)
    print(f"\n{figures}")
    return figures


async def test_every_place_that_is_spoken_is_the_callers_own(tmp_path: Path):
    figures = await heard_by(tmp_path, 15, 2)

    assert figures["callers_unknown"] == 0
    assert int(str(figures["spoken"])) >= 45
    assert figures["wrongly"] == []


@pytest.mark.long
async def test_of_a_thousand_places_that_are_spoken_none_is_wrong(tmp_path: Path):
    figures = await heard_by(tmp_path, 280, 3)

    assert figures["callers_unknown"] == 0
    assert int(str(figures["spoken"])) >= 1000
    assert figures["wrongly"] == []
