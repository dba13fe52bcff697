"""The office calls citizens on a real Asterisk: reached or not, refused, missed, and never written down."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from config.clock import now
from config.findings import Level
from ivr.probe.network import ANSWERS, BUSY, DECLINES, NO_ANSWER, NOT_IN_USE, Manner
from ivr.providers.asterisk import calling_out
from ivr.providers.asterisk.asking import DENIED, asking
from ivr.providers.asterisk.configuration import DIALLER
from ivr.providers.asterisk.control import CallsNobody, ControlLink, UnsafeValue
from ivr.providers.asterisk.event_facts import reports_of
from ivr.providers.asterisk.examination import examine
from ivr.providers.asterisk.provider import manager_of
from tests.builders import CallBackStory, Desk, Story, a_desk
from tests.ivr.providers.asterisk.lab import Lab, OpenLab, free_port
from tests.ivr.providers.asterisk.test_real_gaps import listening, until
from tests.ivr.providers.asterisk.test_real_rights import ADD, FORBIDDEN, said_to
from ticketing import facts
from ticketing.calls.call import Call, CallPhase, fold
from ticketing.calls.outcome import Outcome, outcome
from ticketing.facts import EndedBy, Report
from ticketing.reports.balance import calls_of_cel, endings_of_queue_log, unexplained

pytestmark = pytest.mark.real

CITIZEN = "+6281200000777"
LABEL = "00424"


async def call(lab: Lab, number: str = CITIZEN, desk_phone: int = 0, agent_id: str = "dewi") -> str:
    """The agent at that desk calls the number; the call's id."""
    phone = lab.plan.phones_of("agent", "sip")[desk_phone]
    call_id = lab.control.new_call_id()
    await lab.control.call_citizen(call_id, phone.interface, agent_id, number, LABEL)
    return call_id


async def over(lab: Lab, call_id: str) -> Call:
    """Wait for the call's end and fold it as the ledger does, its placing first."""
    kinds = (facts.CallEnded, facts.CitizenNotReached)
    await lab.until(lambda: any(fact.call_id == call_id for fact in lab.facts(*kinds)))
    await asyncio.sleep(0.3)
    return as_heard(lab, call_id)


def as_heard(lab: Lab, call_id: str) -> Call:
    heard = [fact for fact in lab.facts() if fact.call_id == call_id]
    first = min(fact.occurred_at for fact in heard)
    return fold([replace(CallBackStory(call_id).is_placed().facts[0], occurred_at=first), *heard], call_id)


async def test_a_citizen_is_reached_sees_the_offices_number_and_the_talk_is_timed(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = await open_lab()
    speech = tmp_path / "speech.ulaw"
    speech.write_bytes(bytes(range(128)) * 125)
    network = await lab.citizens_who({CITIZEN: Manner(ring_seconds=1.0, talk_seconds=2.0)})
    await lab.agent("dewi", 0, ring_seconds=0.3, speech=speech)

    call_id = await call(lab)
    reached = await network.called(CITIZEN)
    done = await over(lab, call_id)

    assert reached.caller_number == lab.plan.line_number
    assert len(reached.ear.frames) > 50, "the citizen hears the agent"
    assert (outcome(done), done.agent_id, done.phase) == (Outcome.ANSWERED, "dewi", CallPhase.WRAP_UP)
    assert done.talk_seconds == pytest.approx(2.0, abs=0.2)
    assert done.ended_by is EndedBy.CALLER
    assert {fact.kind for fact in lab.facts()} == {
        "citizen_answered", "agent_leg_ended", "talk_ended", "call_ended",
    }  # fmt: skip


async def test_an_agent_who_hangs_up_ended_the_talk(open_lab: OpenLab) -> None:
    lab = await open_lab()
    network = await lab.citizens_who({CITIZEN: ANSWERS})
    await lab.agent("dewi", 0, ring_seconds=0.2, talk_seconds=2.0)

    done = await over(lab, await call(lab))

    assert (outcome(done), done.ended_by) == (Outcome.ANSWERED, EndedBy.AGENT)
    assert network.calls[0].over.is_set()


@pytest.mark.parametrize(
    ("manner", "status"),
    [(BUSY, "BUSY"), (DECLINES, "CHANUNAVAIL"), (NO_ANSWER, "NOANSWER"), (NOT_IN_USE, "CHANUNAVAIL")],
)
async def test_a_citizen_who_is_not_reached_is_told_with_the_reason(
    open_lab: OpenLab, manner: Manner, status: str
) -> None:
    lab = await open_lab(call_ring_seconds=2)
    network = await lab.citizens_who({CITIZEN: manner})
    await lab.agent("dewi", 0, ring_seconds=0.2)

    done = await over(lab, await call(lab))

    assert (done.not_reached, outcome(done), done.engaged_agent_id) == (status, Outcome.NOT_REACHED, None)
    assert network.calls[0].over.is_set()


@pytest.mark.parametrize("agent", ["lets it ring", "is busy", "has no phone on"])
async def test_an_agent_who_does_not_take_the_phone_calls_nobody(
    open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch, agent: str
) -> None:
    monkeypatch.setattr(calling_out, "AGENT_RING_SECONDS", 1)
    lab = await open_lab()
    network = await lab.citizens_who({CITIZEN: ANSWERS})
    if agent != "has no phone on":
        await lab.agent("dewi", 0, ring_seconds=None, busy=agent == "is busy")

    done = await over(lab, await call(lab))

    assert (done.not_reached, outcome(done)) == (facts.NOT_PICKED_UP, Outcome.NOT_REACHED)
    assert network.calls == []


async def test_an_agent_who_hangs_up_while_it_rings_stops_the_citizens_phone(open_lab: OpenLab) -> None:
    lab = await open_lab(call_ring_seconds=20)
    network = await lab.citizens_who({CITIZEN: NO_ANSWER})
    await lab.agent("dewi", 0, ring_seconds=0.2, talk_seconds=1.0)

    done = await over(lab, await call(lab))

    assert (done.not_reached, outcome(done)) == ("CANCEL", Outcome.NOT_REACHED)
    await lab.until(network.calls[0].over.is_set)


async def test_several_agents_call_at_once_and_each_call_keeps_to_itself(open_lab: OpenLab) -> None:
    lab = await open_lab()
    numbers = [f"+62812000007{n:02d}" for n in range(3)]
    network = await lab.citizens_who(
        {numbers[0]: Manner(0.2, 1.0), numbers[1]: BUSY, numbers[2]: Manner(0.6, 1.0)}
    )
    for desk_phone in range(3):
        await lab.agent(f"agent-{desk_phone}", desk_phone, ring_seconds=0.2)

    ids = [await call(lab, number, n, f"agent-{n}") for n, number in enumerate(numbers)]
    done = [await over(lab, call_id) for call_id in ids]

    assert [outcome(one) for one in done] == [Outcome.ANSWERED, Outcome.NOT_REACHED, Outcome.ANSWERED]
    assert [done[0].agent_id, done[2].agent_id] == ["agent-0", "agent-2"]
    assert sorted(one.number for one in network.calls) == numbers


async def test_a_citizen_who_practises_is_rung_at_their_own_phone(open_lab: OpenLab) -> None:
    lab = await open_lab()
    network = await lab.citizens_who({})
    phone = lab.plan.phones_of("citizen", "sip")[0]
    port = free_port()
    await lab.sipp.register(phone.account, phone.account, phone.secret, port)
    lab.processes.append(
        await lab.sipp.desk_phone(
            phone.account, port, ring_seconds=0.3, talk_seconds=1.0, calls=1, seconds=30
        )
    )
    await lab.agent("dewi", 0, ring_seconds=0.2)

    done = await over(lab, await call(lab, phone.caller_number))

    assert outcome(done) is Outcome.ANSWERED
    assert network.calls == []


BY_HAND = {
    "premium": "+628091001001",
    "abroad": "+12125550123",
    "free": "+628001500464",
    "emergency": "112",
    "two at once": "+6281200000777&PJSIP/meja02",
    "options of its own": "+6281200000777@trunk",
    "a function": "${SHELL(true)}",
    "quotes": '+1"2125550123',
    "nothing": "",
}


@pytest.mark.parametrize("kind", BY_HAND)
async def test_a_number_that_is_not_allowed_is_not_dialled_though_somebody_has_the_diallers_secret(
    open_lab: OpenLab, kind: str
) -> None:
    lab = await open_lab()
    network = await lab.citizens_who(dict.fromkeys(BY_HAND.values(), ANSWERS) | {CITIZEN: ANSWERS})
    await lab.agent("dewi", 0, ring_seconds=0.2)
    call_id = lab.control.new_call_id()
    action = calling_out.originate(
        call_id, lab.plan.phones_of("agent", "sip")[0].interface, "dewi", CITIZEN, LABEL
    )

    async with asking(manager_of(lab.plan, DIALLER)) as asked:
        by_hand = action | {"Variable": action["Variable"].replace(CITIZEN, BY_HAND[kind])}
        answer = await asked.one("Originate", ActionID=call_id, **by_hand)
    done = await over(lab, call_id)

    assert answer["Response"] == "Success"
    assert done.not_reached == calling_out.REFUSED
    assert network.calls == []


@pytest.mark.parametrize(
    ("number", "label"), [("+62812000007\r\nX: y", LABEL), ("+6281200000777,A=b", LABEL), (CITIZEN, "1>\n")]
)
async def test_a_value_that_would_be_more_than_itself_is_not_sent(number: str, label: str) -> None:
    with pytest.raises(UnsafeValue):
        calling_out.originate("pbx-balik-0.0", "PJSIP/meja01", "dewi", number, label)


async def test_the_dialler_can_originate_and_nothing_else(open_lab: OpenLab) -> None:
    lab = await open_lab()
    others = [one for one in (*FORBIDDEN, ("QueueAdd", ADD), ("Status", {})) if one[0] != "Originate"]

    said = [
        await said_to(lab, DIALLER, lab.plan.dialler_secret, action, headers) for action, headers in others
    ]
    found = {one.code: one.level for one in await examine(lab.plan, now)}

    assert all(DENIED in answer for answer in said)
    assert found["dialling"] is Level.OK


async def test_an_office_without_a_way_out_says_what_to_do(open_lab: OpenLab) -> None:
    link = ControlLink(manager_of((await open_lab()).plan, DIALLER))

    with pytest.raises(CallsNobody) as refused:
        await link.call_citizen("pbx-balik-0.0", "PJSIP/meja01", "dewi", CITIZEN, LABEL)

    assert "trunks.yaml" in refused.value.text.id


async def test_no_file_of_the_pbx_and_no_event_keeps_the_citizens_number(
    open_lab: OpenLab, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lab = await open_lab(call_ring_seconds=1)
    network = await lab.citizens_who({CITIZEN: Manner(0.2, 0.5)})
    await lab.agent("dewi", 0, ring_seconds=0.2, calls=9)
    for manner in (Manner(0.2, 0.5), BUSY, NO_ANSWER, NOT_IN_USE):
        network.manners[CITIZEN] = manner
        await over(lab, await call(lab))
    await network.close()
    await over(lab, await call(lab))
    assert len(network.calls) == 4, "and once nobody was there"
    await lab.pbx.stop()

    written = [file for file in (tmp_path / "pbx").rglob("*") if file.is_file() and not file.is_symlink()]
    digits = CITIZEN.removeprefix("+62")

    assert [file.name for file in written if digits.encode() in file.read_bytes()] == []
    assert [event.name for event in lab.events if digits in str(dict(event.headers))] == []
    assert digits not in "".join(capfd.readouterr())
    assert "HANGUP" in (tmp_path / "pbx/log/cel-custom/hotline.csv").read_text()


# --- the ledger beside it ---


async def placed(lab: Lab, desk: Desk, call_id: str) -> None:
    """Record, as the desk does, that a call of that id was placed for somebody who gave up before."""
    waited = Story(f"{call_id}-before").arrives().is_registered().queues(5).abandons(60).ends(60)
    await desk.record(waited)
    before = desk.reader.call(waited.call_id)
    story = CallBackStory(call_id).is_placed(person_id=before.person_id, ticket_id=before.ticket_id)
    await desk.journal.record(Report(replace(story.facts[0], occurred_at=now())))


async def calls_placed(lab: Lab, desk: Desk, number: str = CITIZEN, desk_phone: int = 0) -> str:
    phone = lab.plan.phones_of("agent", "sip")[desk_phone]
    call_id = lab.control.new_call_id()
    await placed(lab, desk, call_id)
    await lab.control.call_citizen(call_id, phone.interface, "dewi", number, LABEL)
    return call_id


async def test_after_the_talk_comes_the_recap_and_nothing_is_left_unexplained(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = await open_lab()
    await lab.citizens_who({CITIZEN: Manner(0.3, 1.0), "+6281200000778": BUSY})
    await lab.agent("dewi", 0, ring_seconds=0.2, calls=9)

    async with a_desk(tmp_path) as desk, listening(lab, desk):
        ids = [await calls_placed(lab, desk)]
        await until(lambda: desk.reader.call(ids[0]).phase == CallPhase.WRAP_UP)
        ids += [await calls_placed(lab, desk, "+6281200000778")]
        await until(lambda: desk.reader.call(ids[1]).ended_at is not None)
        ids += [await calls_placed(lab, desk, desk_phone=1)]
        await until(lambda: desk.reader.call(ids[2]).ended_at is not None)

        rows = desk.reader.calls(ids)
        assert [rows[call_id].outcome for call_id in ids] == ["answered", "not_reached", "not_reached"]
        assert rows[ids[0]].engaged_agent_id == "dewi"
        assert rows[ids[0]].wrap_up_until_at is not None
        await asyncio.sleep(0.5)
        log = lab.plan.work / "log"
        cel = calls_of_cel((log / "cel-custom/hotline.csv").read_text())
        endings = endings_of_queue_log((log / "queue_log").read_text())
        ledger = {call_id: rows[call_id].outcome for call_id in ids}
        assert unexplained(ledger, cel, endings, set(ids)) == []


async def test_calls_nobody_heard_are_healed_from_the_books_as_they_were(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = await open_lab()
    await lab.citizens_who({CITIZEN: Manner(0.3, 1.0), "+6281200000778": BUSY})
    await lab.agent("dewi", 0, ring_seconds=0.2, calls=9)

    async with a_desk(tmp_path) as desk:
        ids = [await calls_placed(lab, desk), ""]
        seen = [await over(lab, ids[0])]
        ids[1] = await calls_placed(lab, desk, "+6281200000778")
        seen.append(await over(lab, ids[1]))
        async with listening(lab, desk):
            await until(lambda: all(desk.reader.call(call_id).ended_at for call_id in ids))

        for call_id, heard in zip(ids, seen, strict=True):
            healed = fold(desk.reader.facts_of([call_id])[call_id], call_id)
            assert (outcome(healed), healed.not_reached) == (outcome(heard), heard.not_reached)
            assert (healed.agent_id, healed.ended_by) == ("dewi", heard.ended_by)
            if heard.talk_seconds:
                assert healed.talk_seconds == pytest.approx(heard.talk_seconds, abs=0.1)


async def test_a_talk_whose_beginning_was_missed_is_shown_while_it_goes_on(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = await open_lab()
    network = await lab.citizens_who({CITIZEN: Manner(0.3, 30.0)})
    await lab.agent("dewi", 0, ring_seconds=0.2)

    async with a_desk(tmp_path) as desk:
        call_id = await calls_placed(lab, desk)
        await lab.hear(facts.CitizenAnswered)
        async with listening(lab, desk):
            await until(lambda: desk.reader.call(call_id).phase == CallPhase.TALKING)
            await (await network.called(CITIZEN)).hang_up()
            await until(lambda: desk.reader.call(call_id).phase == CallPhase.WRAP_UP)


async def test_one_that_rings_long_is_not_taken_for_gone_nor_is_one_placed_this_moment(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = await open_lab(call_ring_seconds=30)
    await lab.citizens_who({CITIZEN: NO_ANSWER})
    await lab.agent("dewi", 0, ring_seconds=0.2)

    async with a_desk(tmp_path) as desk, listening(lab, desk):
        rings = await calls_placed(lab, desk)
        never_sent = lab.control.new_call_id()
        await placed(lab, desk, never_sent)
        await asyncio.sleep(12.5)
        assert desk.reader.call(rings).phase == CallPhase.CALLING
        assert desk.reader.call(never_sent).phase == CallPhase.CALLING, "the backend may be about to send it"

        await until(lambda: desk.reader.call(never_sent).outcome == Outcome.NOT_REACHED, 20)
        assert desk.reader.call(rings).phase == CallPhase.CALLING


async def test_a_pbx_that_starts_anew_ends_what_it_had_on_hand(open_lab: OpenLab, tmp_path: Path) -> None:
    lab = await open_lab(call_ring_seconds=30)
    await lab.citizens_who({CITIZEN: Manner(0.2, 60.0), "+6281200000778": NO_ANSWER})
    await lab.agent("dewi", 0, ring_seconds=0.2)
    await lab.agent("rini", 1, ring_seconds=0.2)

    async with a_desk(tmp_path) as desk, listening(lab, desk):
        talks = await calls_placed(lab, desk)
        rings = await calls_placed(lab, desk, "+6281200000778", desk_phone=1)
        await until(lambda: desk.reader.call(talks).phase == CallPhase.TALKING)
        await lab.pbx.stop()
        await lab.pbx.start()

        await until(lambda: all(desk.reader.call(one).ended_at for one in (talks, rings)), 30)

        assert [desk.reader.call(one).outcome for one in (talks, rings)] == ["answered", "not_reached"]


async def test_a_call_somebody_began_by_hand_is_no_call_of_ours(open_lab: OpenLab, tmp_path: Path) -> None:
    lab = await open_lab()
    await lab.citizens_who({CITIZEN: Manner(0.2, 0.5)})
    await lab.agent("dewi", 0, ring_seconds=0.2)
    call_id = await call(lab)
    await over(lab, call_id)

    async with a_desk(tmp_path) as desk, listening(lab, desk):
        await asyncio.sleep(3)

        assert desk.reader.call(call_id) is None, "nobody placed it: the balance names it"
        assert reports_of(lab.events[0], lab.plan.name) == ()
