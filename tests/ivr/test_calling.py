"""An agent calls a citizen: nothing rings before it is recorded, and no phone stays held back."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config.clock import now
from config.errors import Forbidden, Unavailable
from ivr.queues.calling import Calling, Errand
from ivr.queues.roster import CALLING_PAUSE, AgentBusy, NoPhoneChosen, Roster
from tests.builders import NUMBER, CallBackStory, Desk, Story, a_desk
from ticketing import facts
from ticketing.calls.outcome import Outcome
from ticketing.facts import Provenance, Report

PHONE = "PJSIP/meja01"


class PbxAway(Unavailable):
    def __init__(self) -> None:
        super().__init__("Tidak menjawab.", "No answer.")


@dataclass
class FakePbx:
    """A switchboard that remembers, in order, what it was asked for."""

    done: list[str] = field(default_factory=list)
    away: bool = False

    async def add_agent(self, queue: str, phone: str, agent_id: str, *, paused: bool) -> None:
        self.done.append(f"add {'paused' if paused else 'free'}")

    async def remove_agent(self, queue: str, phone: str) -> None:
        self.done.append("remove")

    async def pause_agent(self, queue: str, phone: str, *, paused: bool, reason: str) -> None:
        self.done.append(f"pause {reason}")

    async def hang_up(self, leg_id: str) -> None:
        self.done.append("hang up")

    def new_call_id(self) -> str:
        return CallBackStory().call_id

    async def call_citizen(self, call_id: str, phone: str, agent_id: str, number: str, label: str) -> None:
        self.done.append(f"call {number} from {phone} as {label}")
        if self.away:
            raise PbxAway


class Scene:
    """An agent who is ready, a ticket, and a PBX."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.pbx = FakePbx()
        self.roster = Roster("dukcapil", self.pbx, desk.journal, desk.reader, now)
        self.calling = Calling(self.roster, self.pbx, desk.journal, now)

    async def record(self, call_id: str) -> Errand:
        """As the desk does: the citizen's own ticket, by the person behind it."""
        self.pbx.done.append("record")
        first = self.desk.reader.call(Story().call_id)
        placed = CallBackStory(call_id).is_placed(person_id=first.person_id, ticket_id=first.ticket_id)
        for fact in placed.facts:
            await self.desk.journal.record(Report(fact))
        return Errand(NUMBER, "00424")


async def a_scene(desk: Desk) -> Scene:
    await desk.record(Story().arrives().is_registered().queues(5).abandons(60).ends(60))
    for kind, more in ((facts.AgentSignedIn, {"phone": PHONE}), (facts.AgentBecameReady, {})):
        key = f"dewi/{kind.kind}"
        fact = kind(key=key, occurred_at=now(), provenance=Provenance.DECLARED, agent_id="dewi", **more)
        await desk.journal.record(Report(fact))
    return Scene(desk)


async def test_the_phone_is_held_back_then_the_call_recorded_then_anything_rings(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        scene = await a_scene(desk)

        call_id = await scene.calling.place("dewi", scene.record)

        rung = f"call {NUMBER} from {PHONE} as 00424"
        assert scene.pbx.done == [f"pause {CALLING_PAUSE}", "record", rung]
        row = desk.reader.call_of_agent("dewi")
        assert (row.call_id, row.phase, row.ticket_id) == (
            call_id,
            "calling",
            desk.reader.call(Story().call_id).ticket_id,
        )


async def test_what_is_refused_before_it_is_recorded_rings_nobody_and_frees_the_phone(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        scene = await a_scene(desk)

        async def refuse(_call_id: str) -> Errand:
            raise Forbidden("Tidak boleh.", "Not allowed.")

        with pytest.raises(Forbidden):
            await scene.calling.place("dewi", refuse)

        assert scene.pbx.done == [f"pause {CALLING_PAUSE}", "remove", "add free"]
        assert desk.reader.call_of_agent("dewi") is None


async def test_a_pbx_that_does_not_answer_leaves_a_call_that_came_to_nothing(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        scene = await a_scene(desk)
        scene.pbx.away = True

        with pytest.raises(Unavailable):
            await scene.calling.place("dewi", scene.record)

        row = desk.reader.call(CallBackStory().call_id)
        assert (row.outcome, row.engaged_agent_id) == (Outcome.NOT_REACHED, None)
        assert scene.pbx.done[-1] == "hang up", "it may ring all the same"

        await scene.roster.restore("dewi")
        assert scene.pbx.done[-2:] == ["remove", "add free"]


async def test_an_agent_with_a_call_on_hand_or_without_a_phone_calls_nobody(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        scene = await a_scene(desk)
        await scene.calling.place("dewi", scene.record)
        before = list(scene.pbx.done)

        with pytest.raises(AgentBusy):
            await scene.calling.place("dewi", scene.record)
        with pytest.raises(NoPhoneChosen):
            await scene.calling.place("rini", scene.record)

        assert scene.pbx.done == before


async def test_who_is_calling_stays_held_back_when_the_pbx_comes_back(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        scene = await a_scene(desk)
        await scene.calling.place("dewi", scene.record)
        scene.pbx.done.clear()

        await scene.roster.restore_all()

        assert scene.pbx.done[0] == "add paused"


def test_an_errand_does_not_show_its_number():
    assert NUMBER not in repr(Errand(NUMBER, "00424"))
