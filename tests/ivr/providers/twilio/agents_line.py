"""A line at Twilio with agents, for tests: our doors and commands, the fake beside them, and a plain wait."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from httpx import ASGITransport, AsyncClient, Response
from twilio.request_validator import RequestValidator

from config.office import OFFICE_FOLDER
from ivr.providers.asterisk.provider import PlannedPhones
from ivr.providers.twilio.agent_replies import AgentReplies
from ivr.providers.twilio.agents import AgentDoor
from ivr.providers.twilio.call_backs import CallBackDoor
from ivr.providers.twilio.calls_book import CallsBook
from ivr.providers.twilio.doorway import Asked
from ivr.providers.twilio.kept_numbers import KeptNumbers
from ivr.providers.twilio.leg_facts import talk_ended
from ivr.providers.twilio.legs import Legs
from ivr.providers.twilio.phones import OfficePhones, OwnSip
from ivr.providers.twilio.rest import TwilioApi
from ivr.providers.twilio.signature import SignatureCheck
from ivr.providers.twilio.statuses import StatusDoor
from ivr.providers.twilio.switchboard import TwilioSwitchboard
from ivr.providers.twilio.twiml import Enqueue, Hangup, Pause, Say, render
from ivr.providers.twilio.utterances import Utterances
from ivr.providers.twilio.webhooks import TwilioWebhooks
from ivr.queues.ringing import RingAgent
from ivr.speech import prompts
from tests.builders import OFFICE, Desk, a_desk, at
from tests.ivr.providers.asterisk.lab import a_plan
from tests.twilio.fake.callbacks import Mischief
from tests.twilio.fake.citizen import Deed
from tests.twilio.fake.client import FakeHttp
from tests.twilio.fake.clock import VirtualClock
from tests.twilio.fake.leg import Leg
from tests.twilio.fake.twilio import FakeTwilio
from ticketing import facts
from ticketing.calls.call import Call
from ticketing.facts import CallFact, EndedBy, Report

PUBLIC, LINE, OFFICE_NUMBER = "https://hotline.kantor", "twilio", "+62311500000"
CITIZEN, DESK_PHONE, DESK_SIP = "+6281200000042", "+62311500001", "sip:meja-1@pbx.kantor"
COLLEAGUE = "sip:meja-2@pbx.kantor"
BROWSER, OWN_PROOF = "sip:layar01@pbx.kantor:5061;transport=tls", ("luar", "rahasia")
CALL, BACK = "CA" + "1" * 32, "twilio-balik-0123456789abcdef"
BEGINS_AT = at(60)


@dataclass
class AgentsLine:
    """Our side of the line, and what it told others."""

    desk: Desk
    twilio: FakeTwilio
    legs: Legs
    numbers: KeptNumbers
    switchboard: TwilioSwitchboard
    book: CallsBook
    webhooks: TwilioWebhooks
    client: AsyncClient
    missed: list[str] = field(default_factory=list)
    looks: list[None] = field(default_factory=list)

    @property
    def clock(self) -> VirtualClock:
        return self.twilio.clock

    async def asks(self, path: str, sid: str = CALL, **more: str) -> Response:
        account = self.twilio.account
        form = {"AccountSid": account.sid, "CallSid": sid, "CallStatus": "in-progress"} | more
        signature = RequestValidator(account.primary_token).compute_signature(f"{PUBLIC}{path}", form)
        return await self.client.post(path, data=form, headers={"X-Twilio-Signature": signature})

    async def told(self, path: str, sid: str = CALL, **more: str) -> list[str]:
        """The verbs of the reply."""
        reply = await self.asks(path, sid, **more)
        assert reply.status_code == 200, reply.text
        return [verb.tag for verb in ElementTree.fromstring(reply.content)]

    async def knows(self, *told: CallFact) -> None:
        await self.desk.journal.record(*(Report(fact) for fact in told))

    async def sits(self, phone: str, agent_id: str = "dewi") -> None:
        fact = facts.AgentSignedIn(key=f"in/{agent_id}", occurred_at=at(0), agent_id=agent_id, phone=phone)
        await self.desk.journal.record(Report(fact))

    async def rings(self, call_id: str, phone: str, number: int = 1, seconds: int = 15) -> str:
        """What the distribution does: a ring on record, and then the telephone."""
        leg_id, now = f"{call_id}.{number}", self.clock.now()
        await self.knows(
            facts.AgentRang(
                key=f"{call_id}/rang/{leg_id}", occurred_at=now, call_id=call_id, queue="dukcapil",
                agent_id="dewi", leg_id=leg_id,
            )
        )  # fmt: skip
        await self.switchboard.ring(RingAgent(call_id, leg_id, "dewi", phone, "dukcapil", "424", seconds))
        return leg_id

    async def calls(self, *script: Deed) -> Leg:
        """A citizen who calls, and waits by now."""
        number = self.twilio.account.number(OFFICE_NUMBER)
        assert number
        leg = self.twilio.call(number, CITIZEN, script)
        await self.clock.pass_by(5)
        return leg

    async def over(self, *legs: Leg) -> None:
        await self.clock.go_on(lambda: all(leg.over for leg in legs))
        await self.clock.pass_by(0)

    def agents_leg(self) -> Leg:
        """The latest call that we placed."""
        placed = [leg for leg in self.twilio.legs.values() if leg.call.direction == "outbound-api"]
        return placed[-1]

    def recorded(self, call_id: str = CALL) -> list[CallFact]:
        return sorted(
            self.desk.reader.facts_of({call_id}).get(call_id, []), key=lambda fact: fact.occurred_at
        )

    def kinds(self, call_id: str = CALL) -> list[str]:
        return [fact.kind for fact in self.recorded(call_id)]

    async def call(self, call_id: str = CALL) -> Call:
        known = await self.legs.known(call_id)
        assert known
        return known.call


class PlainVoice:
    """A caller who is sent to the queue at once."""

    path = "/twilio/voice"

    def __init__(self, desk: Desk, clock: VirtualClock) -> None:
        self._desk = desk
        self._clock = clock

    async def answer(self, asked: Asked) -> bytes:
        call_id, now = asked.call_id, self._clock.now()
        more = {"occurred_at": now, "call_id": call_id}
        arrived = facts.CallArrived(key=f"{call_id}/arrived", line=LINE, dialed_number="0311500", **more)
        queued = facts.CallQueued(key=f"{call_id}/queued", queue="dukcapil", position=1, **more)
        await self._desk.journal.record(Report(arrived, CITIZEN), Report(queued))
        return render([Enqueue(call_id, f"{PUBLIC}/twilio/queue", f"{PUBLIC}/twilio/queue/left")])

    def in_trouble(self, asked: Asked) -> bytes:
        return render([Hangup()])


class PlainWait:
    """Silence; whoever leaves the queue is recorded, and hung up on."""

    path = "/twilio/queue"

    def __init__(self, desk: Desk, legs: Legs, clock: VirtualClock) -> None:
        self._desk = desk
        self._legs = legs
        self._clock = clock

    async def answer(self, asked: Asked) -> bytes:
        if not asked.below:
            return render([Pause(10)])
        known = await self._legs.known(asked.call_id)
        assert known
        call, now, result = known.call, self._clock.now(), asked.form["QueueResult"]
        if result == "bridged" and call.leg_id and call.agent_id:
            there = asked.form["CallStatus"] == "in-progress"
            ended_by = EndedBy.AGENT if there else EndedBy.CALLER
            fact = talk_ended(call, call.leg_id, call.agent_id, ended_by, now)
            await self._desk.journal.record(Report(fact))
        if result == "hangup":
            key = f"{call.call_id}/abandoned"
            gone = facts.CallAbandoned(
                key=key, occurred_at=now, call_id=call.call_id, queue="dukcapil", position=1
            )
            await self._desk.journal.record(Report(gone))
        return render([Hangup()])

    def in_trouble(self, asked: Asked) -> bytes:
        return render([Hangup()])


@asynccontextmanager
async def an_agents_line(folder: Path, mischief: Mischief | None = None) -> AsyncIterator[AgentsLine]:
    async with a_desk(folder) as desk:
        twilio = FakeTwilio(VirtualClock(BEGINS_AT), mischief)
        account, now = twilio.account, twilio.clock.now
        texts = prompts.load(OFFICE_FOLDER).texts
        missed, looks = list[str](), list[None]()

        def said(names: Sequence[str]) -> list[Say | Pause]:
            return [Say(texts[name]) for name in names]

        def look() -> None:
            looks.append(None)

        async def miss(call_id: str, leg_id: str) -> None:
            missed.append(leg_id)
            known = await legs.known(call_id)
            if known and known.call.ringing and known.call.ringing.leg_id == leg_id:
                fact = facts.AgentDidNotAnswer(
                    key=f"{call_id}/not-answered/{leg_id}", occurred_at=now(), call_id=call_id,
                    queue="dukcapil", agent_id="dewi", leg_id=leg_id, ring_seconds=1.0,
                )  # fmt: skip
                await desk.journal.record(Report(fact))

        record = desk.journal.record
        api = TwilioApi(account.sid, account.primary_token, FakeHttp(twilio))
        replies = AgentReplies(PUBLIC, OFFICE_NUMBER, said)
        numbers = KeptNumbers(desk.journal, desk.reader, desk.vault, now)
        # By names that are what is dialled, so that tests read easily.
        named = {"meja-2": COLLEAGUE} | {one: one for one in (DESK_PHONE, DESK_SIP)}
        browsers, own = PlannedPhones(a_plan(folder)), OwnSip("pbx.kantor:5061", *OWN_PROOF)
        phones = OfficePhones(named, browsers, own)
        legs = Legs(api, desk.reader, phones)
        doors = [
            AgentDoor(legs, replies, phones, record, miss, look, now),
            CallBackDoor(legs, replies, numbers, record, look, now),
            StatusDoor(legs, record, miss, look, now),
            PlainVoice(desk, twilio.clock),
            PlainWait(desk, legs, twilio.clock),
        ]
        utterances = Utterances(PUBLIC, b"kunci" * 8, folder / "sounds")
        check = SignatureCheck(PUBLIC, [account.primary_token])
        webhooks = TwilioWebhooks(check, account.sid, doors, utterances, now)
        twilio.edge.serve(PUBLIC, webhooks)
        twilio.add_number(
            OFFICE_NUMBER, voice_url=f"{PUBLIC}/twilio/voice", status_callback=f"{PUBLIC}/twilio/status"
        )
        switchboard = TwilioSwitchboard(
            LINE,
            OFFICE_NUMBER,
            api,
            legs,
            replies,
            numbers,
            phones,
            OFFICE.call_backs.allowed.__iter__,
            look,
        )
        book = CallsBook(LINE, api, legs, desk.reader, record, look, now)
        async with AsyncClient(transport=ASGITransport(webhooks), base_url="http://127.0.0.1") as client:
            yield AgentsLine(desk, twilio, legs, numbers, switchboard, book, webhooks, client, missed, looks)
        await twilio.close()
        await api.close()
