"""What agents' telephones are told to do, and callers who are put through to them. Addresses are signed with
their query, so the ids in it come back as they were written; nothing personal stands there."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from ivr.providers.twilio.twiml import Dial, Gather, Hangup, Number, Pause, Play, Queue, Say, Sip, render

AGENT, CALL_BACK, STATUS = "/twilio/agent", "/twilio/back", "/twilio/status"
TAKE = "1"
ASK_TO_TAKE = ("tekan-satu-terima",)
GONE = ("panggilan-lewat",)
NOBODY_THERE = ("semua-sibuk-netral",)
KEY_SECONDS = 5
QUEUE_SECONDS = 5
"""The caller stands in their queue, or is gone."""
CITIZEN_RING_SECONDS = 40
NOTHING = render([])

Said = Callable[[Sequence[str]], Sequence[Say | Play | Pause]]
"""Puts prompts into what a telephone can be told."""


def is_sip(phone: str) -> bool:
    """Whether that is a SIP address; else it is a telephone number."""
    return phone.startswith(("sip:", "sips:"))


def shown(phone: str, label: str, number: str) -> str:
    """What that telephone shows: over SIP any plain word may be the caller, else the line's `number`.

    From twilio.com/docs/voice/twiml/sip and /docs/voice/api/sip-making-calls.
    """
    return label if label and is_sip(phone) else number


class AgentReplies:
    """Writes documents for agents' telephones at the line `number`; `said` speaks prompts."""

    def __init__(self, public_url: str, number: str, said: Said) -> None:
        self._public_url = public_url.rstrip("/")
        self._number = number
        self._said = said

    def address(self, path: str, **ours: str) -> str:
        """An address of ours."""
        return f"{self._public_url}{path}?{urlencode(ours)}"

    def ask(self, path: str, **ours: str) -> bytes:
        """Have the agent press a key first: voicemail takes no citizen's call."""
        gather = Gather(
            self.address(path, **ours), tuple(self._said(ASK_TO_TAKE)), KEY_SECONDS, count=1, finish_on_key=""
        )
        return render([gather])

    def put_through(self, call_id: str, leg_id: str) -> bytes:
        """To the caller, who waits in a queue of their own."""
        ours = {"call": call_id, "leg": leg_id}
        queue = Queue(call_id, self.address(f"{AGENT}/bridge", **ours))
        return render([Dial(queue, self.address(f"{AGENT}/over", **ours), QUEUE_SECONDS)])

    def gone(self) -> bytes:
        """The caller is gone, or somebody else's by now."""
        return render([*self._said(GONE), Hangup()])

    def hang_up(self) -> bytes:
        """End it."""
        return render([Hangup()])

    def to_colleague(self, call_id: str, phone: str, proof: Mapping[str, str] | None, label: str) -> bytes:
        """A caller goes on to another of the agents' telephones, which shows `label`.

        `proof` is what its SIP server is to be shown, by the library's names. Over a telephone number a key
        is asked for first.
        """
        user, secret = (proof["sip_auth_username"], proof["sip_auth_password"]) if proof else (None, None)
        asks = self.address(f"{AGENT}/colleague/ask", call=call_id)
        target = Sip(phone, username=user, password=secret) if is_sip(phone) else Number(phone, asks)
        over = self.address(f"{AGENT}/colleague", call=call_id)
        caller_id = shown(phone, label, self._number)
        return render([Dial(target, over, caller_id=caller_id, answer_on_bridge=True)])

    def nobody_there(self) -> bytes:
        """The colleague did not answer."""
        return render([*self._said(NOBODY_THERE), Hangup()])

    def to_citizen(self, call_id: str, number: str) -> bytes:
        """The office calls a citizen: they hear nothing but the agent, and see the line's number."""
        citizen = Number(number, self.address(f"{CALL_BACK}/reached", call=call_id))
        over = self.address(f"{CALL_BACK}/over", call=call_id)
        return render([Dial(citizen, over, CITIZEN_RING_SECONDS, caller_id=self._number)])
