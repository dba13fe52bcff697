"""A line at a Twilio that is played, by the product's own provider: citizens call, agents sit at phones."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.office import Office
from config.settings import Settings
from ivr.call_desk import CallDesk
from ivr.providers.provider import Given
from ivr.providers.twilio.phones import OfficePhones
from ivr.providers.twilio.provider import TwilioProvider
from ivr.registration import Registrar
from tests.builders import MONDAY_MORNING, OFFICE, Desk, a_desk
from tests.twilio.fake.callbacks import Mischief
from tests.twilio.fake.citizen import Deed
from tests.twilio.fake.client import FakeHttp
from tests.twilio.fake.clock import VirtualClock
from tests.twilio.fake.leg import Leg
from tests.twilio.fake.twilio import FakeTwilio
from ticketing import facts
from ticketing.calls.call import Call
from ticketing.facts import AgentFact, Report, WrapUpEndedBy

PUBLIC, LINE, CITIZEN = "https://hotline.kantor", "+62311500000", "+6281200000042"
FIRST, SECOND = "+62311500001", "sip:meja-2@pbx.kantor"
PHONES = {"meja-1": FIRST, "meja-2": SECOND}
"""One agent is reached at a telephone number, the other by SIP."""


@dataclass
class TwilioLine:
    """The line, and all that is behind it."""

    desk: Desk
    twilio: FakeTwilio
    provider: TwilioProvider

    @property
    def clock(self) -> VirtualClock:
        return self.twilio.clock

    async def sits(self, agent_id: str, phone: str) -> None:
        """An agent sits down there, ready."""
        await self.shift(agent_id, facts.AgentSignedIn, phone=phone)
        await self.shift(agent_id, facts.AgentBecameReady)

    async def shift(self, agent_id: str, kind: type[AgentFact], **more: str) -> None:
        at = self.clock.now()
        key = f"{agent_id}/{kind.kind}/{at.isoformat()}"
        await self.desk.journal.record(Report(kind(key=key, occurred_at=at, agent_id=agent_id, **more)))

    def calls(self, *script: Deed, number: str = CITIZEN) -> Leg:
        """A citizen calls the line."""
        line = self.twilio.account.number(LINE)
        assert line
        return self.twilio.call(line, number, script)

    async def over(self, *legs: Leg, seconds: float = 5) -> None:
        """Until those are over, and what is told of them is heard."""
        await self.clock.go_on(lambda: all(leg.over for leg in legs))
        await self.clock.pass_by(seconds)

    def call(self, leg: Leg) -> Call:
        """The citizen's call as the ledger has it."""
        return self.desk.reader.folded(leg.call.sid)

    async def recaps(self, leg: Leg) -> None:
        """The agent who talked in that call, if any, has written the recap."""
        call = self.call(leg)
        if call.agent_id and call.talk_ended_at:
            fact = facts.WrapUpEnded(
                key=f"{call.call_id}/wrap-up-ended", occurred_at=self.clock.now(), call_id=call.call_id,
                agent_id=call.agent_id, ended_by=WrapUpEndedBy.AGENT,
            )  # fmt: skip
            await self.desk.journal.record(Report(fact))

    def rung(self) -> list[Leg]:
        """The calls that the office placed."""
        return [leg for leg in self.twilio.legs.values() if leg.call.direction == "outbound-api"]


@asynccontextmanager
async def a_line(
    folder: Path,
    *,
    phones: Mapping[str, str] = PHONES,
    office: Office = OFFICE,
    begins_at: datetime = MONDAY_MORNING,
    mischief: Mischief | None = None,
) -> AsyncIterator[TwilioLine]:
    """One at work; its own tasks are carried by the virtual clock."""
    async with a_desk(folder, office) as desk:
        twilio = FakeTwilio(VirtualClock(begins_at), mischief)
        account, now = twilio.account, twilio.clock.now
        settings = Settings(
            home=folder, pbx="twilio", twilio_account=account.sid, twilio_token=account.primary_token,
            twilio_number=LINE, twilio_url=PUBLIC, twilio_phones=dict(phones),
        )  # fmt: skip
        call_desk = CallDesk(desk.journal)
        registrar = Registrar(call_desk, desk.journal, desk.reader, lambda: office, now)
        given = Given(call_desk, registrar, desk.journal, desk.reader, desk.vault, lambda: office, now)
        provider = TwilioProvider(settings, OfficePhones(settings.twilio_phones), given, FakeHttp(twilio))
        requests = provider.requests
        twilio.edge.serve(PUBLIC, requests.application)
        twilio.add_number(LINE, voice_url=f"{PUBLIC}/twilio/voice", status_callback=f"{PUBLIC}/twilio/status")

        async def hand_out() -> None:
            while True:
                await provider.distributor.tick()
                await provider.distributor.settled()
                await twilio.clock.sleep(1)

        async def ask() -> None:
            while True:
                await provider.book.round()
                await twilio.clock.sleep(30)

        twilio.clock.spawn(hand_out())
        twilio.clock.spawn(ask())
        try:
            yield TwilioLine(desk, twilio, provider)
        finally:
            await twilio.close()
            await provider.close()
