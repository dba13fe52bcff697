"""Without a PBX a recorded call is replayed: the whole story, from arrival to recap."""

from pathlib import Path

from agent_bridge.live.screen_pop import ScreenPop
from agent_bridge.replay import CALLER, Replay
from config.clock import now
from tests.builders import OFFICE, a_desk
from ticketing.calls.outcome import Outcome


async def test_a_recorded_call_goes_through_every_step_that_telephones_see(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        call_id = await Replay(desk.journal, now).once("dewi", pace=200)

        call = desk.reader.call(call_id)
        seen = [1, 2, 3, 4, 5, 13, 14]
        assert call.outcome == Outcome.ANSWERED
        assert [row.step for row in desk.reader.steps(call_id)] == seen
        assert desk.reader.masked_number(call.person_id) == "+62 8** ****** 42"
        assert CALLER not in str(desk.committed)
        assert ScreenPop(desk.reader, lambda: OFFICE).for_agent("dewi") is None


async def test_a_replayed_call_is_replayed_as_another_call(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        replay = Replay(desk.journal, now)

        assert await replay.once("dewi", pace=2000) != await replay.once("dewi", pace=2000)
