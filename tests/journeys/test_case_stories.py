"""Whole cases on the real Asterisk: a call each, and the people's acts through the API in their roles."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agent_bridge.rehearsal.case_stories import NoSuchStory
from agent_bridge.rehearsal.rehearse import rehearse_stories
from config.settings import Settings
from tests.journeys.test_rehearsal import no_number_is_kept

SOLVED = [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15]
ORDERS = {
    "solved": [SOLVED],
    "escalated-live": [list(range(1, 16))],
    # The call ends with a promise while the dispatcher has it; 11 and a second confirmation come after it.
    "escalated-deferred": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 11, 12, 15]],
    "two-complaints": [SOLVED, [5, 6, 7, 8, 12, 13, 14, 15]],
}


def in_order(case: dict[str, Any]) -> list[int]:
    """The steps in the order in which they began; of one instant, in the SOP's."""
    begun = sorted(case["steps"], key=lambda step: (step["started_at"], step["step"]))
    return [step["step"] for step in begun]


@pytest.mark.real
async def test_every_story_goes_through_its_steps_and_leaves_nothing_unexplained(hotline: Settings):
    said: list[str] = []

    figures = await rehearse_stories(hotline, list(ORDERS), lambda id, _: said.append(id))

    cases = figures["stories"]["cases"]
    assert {name: [in_order(case) for case in cases if case["story"] == name] for name in ORDERS} == ORDERS
    for case in cases:
        assert case["state"] == "closed"
        assert all(step["ended_at"] for step in case["steps"]), case["story"]
        assert case["observed_share"] >= 0.9, case["story"]
        assert all(message["told_at"] for message in case["messages"])
    deferred = next(case for case in cases if case["story"] == "escalated-deferred")
    assert deferred["events"]["due_missed"] >= 1
    assert deferred["office_seconds"] < deferred["citizen_seconds"]
    assert figures["unexplained"] == figures["stories"]["unexplained_steps"] == 0
    assert figures["stories"]["ledger_differences"] == 0
    assert figures["calls"]["answered"] == len(ORDERS)
    assert any("8. Call Center Agent mencari solusi" in line for line in said), "the case is told"
    no_number_is_kept(hotline.folder)


@pytest.mark.real
@pytest.mark.long
async def test_killed_at_each_act_nothing_acknowledged_is_lost_and_nothing_doubled(hotline: Settings):
    whole = await rehearse_stories(hotline, ["escalated-deferred"], lambda *_: None)
    killed = await rehearse_stories(hotline, ["escalated-deferred"], lambda *_: None, crash=True)

    (as_planned,), (after_kills,) = whole["stories"]["cases"], killed["stories"]["cases"]
    # Two of the acts search the FAQ book and write nothing.
    assert killed["stories"]["kills"] >= 2 * (killed["stories"]["acts"] - 2)
    assert in_order(after_kills) == in_order(as_planned)
    assert once(after_kills) == once(as_planned)
    assert killed["stories"]["ledger_differences"] == 0
    assert killed["unexplained"] == killed["stories"]["unexplained_steps"] == 0


def once(case: dict[str, Any]) -> Counter[str]:
    """How often each thing happened; how often somebody was reminded depends on how long it took."""
    return Counter({kind: count for kind, count in case["events"].items() if kind != "due_missed"})


async def test_a_story_nobody_wrote_is_refused_with_those_there_are(tmp_path: Path):
    with pytest.raises(NoSuchStory, match="escalated-deferred"):
        await rehearse_stories(Settings(home=tmp_path), ["solvd"], lambda *_: None)


@pytest.mark.real
async def test_whoever_hung_up_or_asked_is_called_and_the_same_ticket_goes_on_to_its_end(hotline: Settings):
    figures = await rehearse_stories(hotline, ["call-back", "asks-for-call-back"], lambda *_: None)

    cases = figures["stories"]["cases"]
    assert [case["state"] for case in cases] == ["closed", "closed"]
    for case in cases:
        happened = case["events"]
        assert (happened["ticket_registered"], happened["call_back_placed"]) == (1, 1)
        assert happened["citizen_answered"] == 1
        # 1 to 3 on the line, 5 to 8 and 12 to 14 in the office's call; nobody rang for step 4.
        assert in_order(case) == [1, 2, 3, 5, 6, 7, 8, 12, 13, 14, 15]
        assert all(message["told_at"] for message in case["messages"])
    assert [case["events"].get("call_back_promised", 0) for case in cases].count(1) == 1
    assert figures["tickets"]["issued"] == len(cases)
    assert figures["call_backs_due"] == 0
    assert figures["unexplained"] == figures["stories"]["unexplained_steps"] == 0
    assert figures["stories"]["ledger_differences"] == 0
    no_number_is_kept(hotline.folder)
