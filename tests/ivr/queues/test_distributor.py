"""Callers are handed out: each to the agent whose turn it is, and nobody is rung for nobody."""

from pathlib import Path

from ivr.queues.distributor import AGAIN_AFTER, Distributor
from ivr.queues.ringing import RingAgent
from tests.builders import OFFICE, CallBackStory, Story
from tests.ivr.queues.scene import QUEUE, RING_SECONDS, a_scene, phone_of
from ticketing import facts
from ticketing.facts import AgentDidNotAnswer
from ticketing.tickets.number import from_digits

AGAIN_SECONDS = AGAIN_AFTER.total_seconds()


async def test_whoever_has_been_idle_longest_is_rung_on_record_and_told_for_whom(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi", seconds=20)
        await scene.is_ready("rini", seconds=10)
        await scene.waits("a", 30)

        await scene.looks(31)

        (ring,) = scene.telephones.rung
        call = scene.desk.reader.call("a")
        assert ring == RingAgent(
            call_id="a",
            leg_id="a.1",
            agent_id="rini",
            phone=phone_of("rini"),
            queue=QUEUE,
            label=from_digits(call.ticket_id).keys,
            seconds=RING_SECONDS,
        )
        assert (call.phase, call.engaged_agent_id, call.leg_id) == ("ringing", "rini", "a.1")


async def test_an_agent_in_wrap_up_is_not_rung_and_comes_last_once_it_ended(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi")
        await scene.waits("a", 1)
        await scene.looks(1)
        await scene.is_taken("a.1", 3)
        await scene.talk_ends("a", "dewi", 60)
        await scene.waits("b", 61)

        await scene.looks(63)
        in_wrap_up = scene.rings
        await scene.is_ready("rini", seconds=64)
        await scene.recap_ends("a", "dewi", 70)
        await scene.looks(71)
        await scene.waits("c", 72)
        await scene.looks(73)

        assert in_wrap_up == []
        assert [(ring.agent_id, ring.call_id) for ring in scene.telephones.rung[1:]] == [
            ("rini", "b"),
            ("dewi", "c"),
        ]


async def test_who_came_back_is_served_by_the_place_of_the_first_call(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.waits("pagi", 0)
        await scene.hangs_up("pagi", 30)
        ticket_id = scene.desk.reader.call("pagi").ticket_id
        await scene.waits("baru", 60)
        more = {"ticket_id": ticket_id, "keyed_in": True, "sop_version": OFFICE.sop.version}
        again = Story("kembali").arrives(100)
        again.add(facts.TicketContinued, 101, "continued", **more).queues(102)
        await scene.desk.record(again)
        await scene.is_ready("dewi", seconds=110)

        await scene.looks(111)

        assert scene.rings == [("dewi", "kembali")]


async def test_a_ring_in_vain_goes_on_to_another_agent_and_the_place_stays(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("rini", seconds=0)
        await scene.waits("a", 10)
        await scene.looks(10)
        await scene.is_ready("dewi", seconds=20)
        await scene.waits("b", 21)
        await scene.looks(21)
        await scene.is_taken("b.1", 22)
        await scene.is_ready("tono", seconds=23)

        await scene.looks(10 + RING_SECONDS - 0.1)
        still = scene.rings
        await scene.looks(10 + RING_SECONDS)

        assert still == [("rini", "a")]
        assert scene.telephones.stopped == ["a.1"]
        assert scene.rings == [("tono", "a")]
        (missed,) = [one for one in scene.desk.reader.facts_of({"a"})["a"] if type(one) is AgentDidNotAnswer]
        assert (missed.agent_id, missed.leg_id, missed.ring_seconds) == ("rini", "a.1", RING_SECONDS)


async def test_who_let_a_phone_ring_is_last_in_line_for_the_next_caller_too(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        for n, agent_id in enumerate(("rini", "dewi", "tono")):
            await scene.is_ready(agent_id, seconds=n)
        await scene.waits("a", 10)
        await scene.looks(10)
        await scene.looks(10 + RING_SECONDS)
        await scene.waits("b", 27)

        await scene.looks(28)

        assert [ring.agent_id for ring in scene.telephones.rung] == ["rini", "dewi", "tono"]


async def test_an_answer_in_the_last_instant_wins(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi")
        await scene.waits("a", 1)
        await scene.looks(1)
        await scene.is_taken("a.1", 1 + RING_SECONDS)

        await scene.distributor.missed("a", "a.1")
        await scene.looks(2 + RING_SECONDS)

        assert scene.phase("a") == "talking"
        assert scene.telephones.stopped == []
        assert AgentDidNotAnswer not in map(type, scene.desk.reader.facts_of({"a"})["a"])


async def test_a_phone_that_is_busy_is_told_early_and_counts_once(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("rini", seconds=0)
        await scene.is_ready("dewi", seconds=1)
        await scene.waits("a", 10)
        await scene.looks(10)
        scene.telephones.ringing.clear()
        scene.now = 12

        await scene.distributor.missed("a", "a.1")
        await scene.distributor.missed("a", "a.1")
        await scene.looks()

        assert scene.rings == [("dewi", "a")]
        missed = [one for one in scene.desk.reader.facts_of({"a"})["a"] if type(one) is AgentDidNotAnswer]
        assert [one.ring_seconds for one in missed] == [2.0]


async def test_an_agent_about_to_call_a_citizen_is_not_rung_even_where_the_ring_is_written(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi")
        await scene.waits("a", 1)
        scene.telephones.held_back.add(phone_of("dewi"))

        await scene.looks(1)
        before = scene.desk.reader.call("a").rung_agent_id
        scene.telephones.held_back.clear()
        await scene.distributor.tick()
        scene.telephones.held_back.add(phone_of("dewi"))
        await scene.distributor.settled()

        assert before is None
        assert scene.telephones.rung == []
        assert (scene.phase("a"), scene.desk.reader.call("a").rung_agent_id) == ("waiting", "dewi")


async def test_an_agent_who_calls_a_citizen_or_is_not_ready_is_not_rung(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi", "rini", "tono")
        await scene.waits("a", 1)
        ticket_id = scene.desk.reader.call("a").ticket_id
        await scene.record(*CallBackStory(agent_id="dewi").is_placed(2, ticket_id=ticket_id).facts)
        await scene.shift(facts.AgentBecameNotReady, "rini", 2, reason="istirahat")
        await scene.shift(facts.AgentSignedOut, "tono", 2)

        await scene.looks(3)

        assert scene.telephones.rung == []


async def test_two_agents_at_one_phone_are_not_rung_both(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi")
        await scene.shift(facts.AgentSignedIn, "rini", 1, phone=phone_of("dewi"))
        await scene.shift(facts.AgentBecameReady, "rini", 2)
        await scene.waits("a", 3)
        await scene.waits("b", 4)

        await scene.looks(5)

        assert scene.rings == [("dewi", "a")]


async def test_an_agent_who_turns_unready_while_it_rings_may_still_take_the_call(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi")
        await scene.waits("a", 1)
        await scene.looks(1)

        await scene.shift(facts.AgentBecameNotReady, "dewi", 2, reason="istirahat")
        await scene.looks(3)

        assert scene.rings == [("dewi", "a")]


async def test_a_caller_who_hangs_up_while_it_rings_leaves_no_phone_ringing(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi")
        await scene.waits("a", 1)
        await scene.looks(1)
        await scene.hangs_up("a", 5)

        scene.telephones.away = True
        await scene.looks(6)
        await scene.waits("b", 7)
        await scene.looks(8)
        still = scene.rings
        scene.telephones.away = False
        scene.distributor = scene.node()
        await scene.looks(9)

        assert still == [("dewi", "a")], "and nobody else is offered at that phone"
        assert (scene.rings, scene.telephones.stopped) == ([("dewi", "b")], ["a.1"])


async def test_a_phone_rings_no_more_for_a_caller_who_left_the_queue_or_was_taken_elsewhere(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi", "rini")
        await scene.waits("a", 1)
        await scene.waits("b", 2)
        await scene.looks(2)
        await scene.record(*Story("a", "tono").is_answered(5, "lain").facts)
        gave_up = Story("b").add(facts.QueueGaveUp, 5, "gave-up", queue=QUEUE, status=facts.CLOSED)
        await scene.record(*gave_up.facts)

        await scene.looks(6)

        assert (scene.rings, sorted(scene.telephones.stopped)) == ([], ["a.1", "b.1"])


async def test_callers_of_other_lines_are_left_to_them(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi")
        await scene.waits("a", 1)
        other = Distributor(
            "lain", scene.telephones, scene.desk.journal, scene.desk.reader, lambda: OFFICE, scene.clock
        )

        await other.tick()
        await other.settled()

        assert scene.telephones.rung == []


def test_a_ring_does_not_show_the_number_it_rings():
    ring = RingAgent("a", "a.1", "dewi", "+6281200000001", QUEUE, "00424", RING_SECONDS)

    assert "+6281200000001" not in repr(ring)
