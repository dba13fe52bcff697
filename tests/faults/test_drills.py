"""Drills: things break while people call, and nobody is hung up on, forgotten or told a wrong number."""

from typing import Any

import pytest

from agent_bridge.rehearsal.agent import Manners
from agent_bridge.rehearsal.faults import FAULTS
from agent_bridge.rehearsal.rehearse import rehearse
from agent_bridge.rehearsal.stage import Script
from config.settings import Settings

pytestmark = pytest.mark.real

BRISK = Manners(talk_seconds=3.0, farewell_seconds=1.0, recap_seconds=1.0)
LONGEST_SILENCE_SECONDS = 5.0
LOSES_CALLS = "pbx-restarted"


async def drilled(settings: Settings, calls: int, *faults: str) -> dict[str, Any]:
    """The verdict on one rehearsal under the faults."""
    figures = await rehearse(settings, Script(calls, 3, 0, manners=BRISK), lambda *_: None, faults=faults)
    verdict: dict[str, Any] = figures["drill"] | {"unexplained": figures["unexplained"]}
    return verdict


def everybody_is_served(verdict: dict[str, Any]) -> None:
    """What holds under every fault but the PBX's own."""
    assert verdict["struck"], "a fault that struck nobody shows nothing"
    for blow in verdict["struck"]:
        assert not blow["notes"].get("not_struck"), blow
        assert blow["heard"], f"no caller was heard at {blow['state']}"
    assert verdict["in_the_ledger"] == verdict["calls"]
    assert verdict["hung_up_by_us"] == 0
    assert verdict["cut_off_by_the_pbx"] == 0
    assert verdict["longest_silence_seconds"] <= LONGEST_SILENCE_SECONDS
    no_record_is_lost(verdict)


def no_record_is_lost(verdict: dict[str, Any]) -> None:
    """What holds under every fault."""
    assert verdict["calls_without_one_ticket"] == 0
    assert verdict["tickets_of_no_call"] == 0
    assert verdict["calls_without_outcome"] == 0
    assert verdict["numbers_spoken_and_not_issued"] == 0
    assert verdict["unexplained"] == 0


async def test_ten_callers_are_served_while_the_disk_is_full_and_redis_goes(hotline: Settings):
    verdict = await drilled(hotline, 10, "disk-full", "redis")

    everybody_is_served(verdict)


@pytest.mark.long
@pytest.mark.parametrize("fault", [name for name in FAULTS if name != LOSES_CALLS])
async def test_twenty_callers_are_served_whatever_breaks(hotline: Settings, fault: str):
    verdict = await drilled(hotline, 20, fault)

    everybody_is_served(verdict)
    if fault == "ledger-locked":
        [blow] = verdict["struck"]
        assert any(answer.startswith("503, Retry-After") for answer in blow["notes"]["answers"])


@pytest.mark.long
async def test_calls_the_pbx_died_under_are_owed_a_call_and_none_is_forgotten(hotline: Settings):
    verdict = await drilled(hotline, 20, LOSES_CALLS)

    assert verdict["cut_off_by_the_pbx"] > 0
    assert verdict["hung_up_by_us"] == 0
    no_record_is_lost(verdict)
