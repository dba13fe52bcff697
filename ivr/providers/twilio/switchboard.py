"""Commands to telephones at Twilio, through its REST API. Who may be rung is the ledger's to say.

There is no queue at Twilio that agents could be put into: whatever changes about them is a reason for our
own distribution to look.
"""

import re
from collections.abc import Callable, Iterable

from config.call_backs import NumberPattern
from config.errors import Refused
from ivr.providers.twilio import leg_facts
from ivr.providers.twilio.agent_replies import AGENT, CALL_BACK, STATUS, AgentReplies, is_sip, shown
from ivr.providers.twilio.kept_numbers import KeptNumbers
from ivr.providers.twilio.leg_facts import caller_of, is_call_back, talked
from ivr.providers.twilio.legs import Legs
from ivr.providers.twilio.phones import OfficePhones
from ivr.providers.twilio.rest import TwilioApi
from ivr.queues.ringing import RingAgent
from ivr.queues.roster import CALLING_PAUSE
from ivr.switchboard import NoSuchPhone, PhoneEngaged
from ticketing.people.dialling import check_number

AGENT_RING_SECONDS = 20
"""How long the telephone of an agent rings who calls a citizen; who pressed the key sits beside it."""
_CALL = re.compile(r"CA[0-9a-f]{32}")


class TwilioSwitchboard:
    """Rings agents' telephones, for callers and for citizens; `number` is the line's (E.164).

    `allowed` are the numbers the office may call: asked here once more, for whoever dials pays.
    """

    def __init__(
        self,
        line: str,
        number: str,
        api: TwilioApi,
        legs: Legs,
        replies: AgentReplies,
        numbers: KeptNumbers,
        phones: OfficePhones,
        allowed: Callable[[], Iterable[NumberPattern]],
        look: Callable[[], None],
    ) -> None:
        self._line = line
        self._number = number
        self._api = api
        self._legs = legs
        self._replies = replies
        self._numbers = numbers
        self._phones = phones
        self._allowed = allowed
        self._look = look
        self._held_back: set[str] = set()

    # --- callers are handed out ---

    async def ring(self, ring: RingAgent) -> None:
        """Let the agent's telephone ring; raises Unavailable, Refused."""
        address = self._dialled(ring.phone)
        ours = {"call": ring.call_id, "leg": ring.leg_id}
        sid = await self._api.place_call(
            address,
            shown(address, ring.label, self._number),
            url=self._replies.address(AGENT, **ours),
            status_url=self._replies.address(STATUS, **ours),
            ring_seconds=ring.seconds,
            proof=self._phones.proof(ring.phone),
        )
        self._legs.is_at(ring.leg_id, sid)

    async def stop_ringing(self, leg_id: str) -> None:
        """Let it ring no more; a talk goes on. Raises Unavailable."""
        known = await self._legs.known(caller_of(leg_id) or "")
        if self._legs.is_put_through(leg_id) or (known and talked(known.call, leg_id)):
            return
        if sid := await self._legs.sid_of(leg_id):
            await self._api.end_call(sid)

    def is_held_back(self, phone: str) -> bool:
        """Whether its agent is about to call a citizen; once that is on record, the ledger holds it back."""
        return phone in self._held_back

    # --- what agents ask for ---

    async def add_agent(self, queue: str, phone: str, agent_id: str, *, paused: bool) -> None:
        """The agent may be rung as the shift has it."""
        self._release(phone)

    async def remove_agent(self, queue: str, phone: str) -> None:
        """The agent may be rung no more, as the shift has it."""
        self._release(phone)

    async def pause_agent(self, queue: str, phone: str, *, paused: bool, reason: str) -> None:
        """Hold the telephone back for a call to a citizen, or release it; all else is the shift's."""
        if paused and reason == CALLING_PAUSE:
            self._held_back.add(phone)
        else:
            self._release(phone)

    async def hang_up(self, leg_id: str) -> None:
        """End the call that leg is in; one that is gone is no error. Raises Unavailable."""
        sid = caller_of(leg_id) or (leg_id if _CALL.fullmatch(leg_id) else None)
        if sid is None and is_call_back(leg_id):
            sid = await self._legs.sid_of(leg_id)
        if sid:
            await self._api.end_call(sid)

    def new_call_id(self) -> str:
        """An id for a call of the office's."""
        return leg_facts.new_call_id(self._line)

    async def call_citizen(self, call_id: str, phone: str, agent_id: str, number: str, label: str) -> None:
        """Ring the agent, then the citizen at `number` (E.164); raises Unavailable, Refused.

        Over a telephone number the agent presses a key first: voicemail calls nobody.
        """
        address = self._dialled(phone)
        check_number(number, self._allowed())
        if is_sip(address):
            document = self._replies.to_citizen(call_id, number)
        else:
            await self._numbers.keep(call_id, number)
            document = self._replies.ask(CALL_BACK, call=call_id)
        sid = await self._api.place_call(
            address,
            shown(address, label, self._number),
            twiml=document,
            status_url=self._replies.address(STATUS, call=call_id),
            ring_seconds=AGENT_RING_SECONDS,
            proof=self._phones.proof(phone),
        )
        self._legs.is_at(call_id, sid)

    async def transfer(self, call_id: str, leg_id: str, phone: str) -> None:
        """Have the caller who talks to that leg go on to the phone of that name.

        Raises NoSuchPhone, PhoneEngaged, Unavailable, Refused; the talk goes on then.
        """
        address = self._dialled(phone)
        # Whoever has a caller that was handed on has no call in the ledger.
        if any(one.to == address for one in await self._api.calls_in_progress()):
            raise PhoneEngaged
        self._legs.moved(leg_id)
        try:
            url = self._replies.address(f"{AGENT}/moved", call=call_id, leg=leg_id, to=phone)
            await self._api.redirect_call(call_id, url)
        except Refused:
            self._legs.moved(leg_id, moved=False)
            raise

    def _dialled(self, phone: str) -> str:
        """What the phone of that name is dialled by; raises NoSuchPhone."""
        address = self._phones.dialled(phone)
        if address is None:
            raise NoSuchPhone
        return address

    def _release(self, phone: str) -> None:
        self._held_back.discard(phone)
        self._look()
