"""Kaleng, two tins and a string: a third make of telephone, to show what a provider is.

Everything that knows its words is in this folder. A citizen shouts into a tin (`shout`), presses by
knocking, and lets go of it; an agent's tin rattles, and is taken up or not. It keeps no queue of its own,
so `ivr.queues.distributor` hands its callers out.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from config.clock import now
from config.errors import Unavailable
from ivr.providers.provider import BrowserAccount, Given, Kind, Phone, Requests, Role
from ivr.queues.distributor import Distributor
from ivr.queues.ringing import RingAgent
from ivr.registration import Caller
from ivr.switchboard import NoSuchPhone
from ticketing import facts
from ticketing.facts import CallFact, EndedBy, Report

LINE = "kaleng"


@dataclass
class Tin:
    """A citizen at one end of a string: knocks when asked, and holds on until `let_go`."""

    knocks: str = ""
    heard: list[str] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    talking: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def play(self, sounds: Sequence[str], keys: str = "*") -> str:
        """Listen."""
        self.heard += [sound.rpartition("/")[2] for sound in sounds]
        return ""

    async def ask_key(self, sounds: Sequence[str], window_seconds: float) -> str:
        """Listen, and knock."""
        await self.play(sounds)
        return self.knocks

    async def ask_digits(self, sounds: Sequence[str], window_seconds: float) -> str:
        """Knock no number."""
        return await self.play(sounds)

    async def set_variable(self, name: str, value: str) -> None:
        """Take down what comes of the walk."""
        self.told[name] = value

    async def arm(self, seconds: float) -> None:
        """No string falls silent by itself."""

    async def disarm(self) -> None:
        """No string falls silent by itself."""


class Kaleng:
    """The provider, its switchboard and its phones in one; `takes_up` says whose tin is taken up."""

    line_number = "12"
    requests: Requests | None = None
    is_live = True

    def __init__(self, given: Given, tins: Sequence[str] = ("kiri", "kanan")) -> None:
        self.control = self
        self.takes_up: set[str] = set(tins)
        self.connected_since: datetime | None = None
        self._tins = tins
        self._desk = given.desk
        self._registrar = given.registrar
        self._distributor = Distributor(LINE, self, given.journal, given.reader, given.office, given.clock)
        self._callers: dict[str, Tin] = {}
        self._held: set[str] = set()
        self._numbers = itertools.count(1)
        self._running: list[asyncio.Task[None]] = []

    # --- as a provider ---

    async def open(self, on_login: Callable[[], Awaitable[None]]) -> None:
        """Stretch the strings."""
        self.connected_since = now()
        self._running = [asyncio.create_task(self._distributor.run())]
        await on_login()

    async def close(self) -> None:
        """Cut them."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def forget_sounds(self) -> None:
        """Tins remember nothing."""

    def phones(self, role: Role, kind: Kind) -> Sequence[Phone]:
        """The agents' tins."""
        wanted = role == "agent" and kind == "sip"
        return [Phone(f"tali/{tin}", tin, "sip", "agent") for tin in self._tins] if wanted else []

    def browser_socket(self, asked: str) -> str:
        """No string leads into a browser."""
        return ""

    def browser_account(self, phone: Phone, asked: str) -> BrowserAccount:
        """No string leads into a browser."""
        raise Unavailable("Tali tidak sampai ke peramban.", "No string leads into a browser.")

    # --- as a switchboard ---

    async def add_agent(self, queue: str, phone: str, agent_id: str, *, paused: bool) -> None:
        """Who may be rung stands in the ledger."""
        self._held.discard(phone)
        self._distributor.look()

    async def remove_agent(self, queue: str, phone: str) -> None:
        """Who may be rung stands in the ledger."""

    async def pause_agent(self, queue: str, phone: str, *, paused: bool, reason: str) -> None:
        """Hold the tin back."""
        (self._held.add if paused else self._held.discard)(phone)
        self._distributor.look()

    async def hang_up(self, leg_id: str) -> None:
        """Let the citizen's tin go."""
        call_id = leg_id.rpartition(".")[0]
        if call_id in self._callers:
            self._callers[call_id].let_go.set()

    async def transfer(self, call_id: str, leg_id: str, phone: str) -> None:
        """Tie the citizen's string to another tin."""
        if phone.removeprefix("tali/") not in self._tins:
            raise NoSuchPhone
        self._tell(
            facts.TalkEnded, call_id, "talk-ended", agent_id="", leg_id=leg_id, ended_by=EndedBy.TRANSFER
        )

    def new_call_id(self) -> str:
        """Never used: tins are not called."""
        return f"{LINE}-{next(self._numbers)}"

    async def call_citizen(self, call_id: str, phone: str, agent_id: str, number: str, label: str) -> None:
        """A tin is shouted into, never called."""
        raise Unavailable("Kaleng tidak dapat ditelepon.", "Nobody can call a tin.")

    # --- as phones ---

    async def ring(self, ring: RingAgent) -> None:
        """Rattle the agent's tin; whoever takes it up hears the citizen at once."""
        if ring.agent_id and ring.phone.removeprefix("tali/") in self.takes_up:
            self._tell(facts.AgentAnswered, ring.call_id, f"answered/{ring.leg_id}",
                       queue=ring.queue, agent_id=ring.agent_id, leg_id=ring.leg_id)  # fmt: skip
            self._callers[ring.call_id].talking.set()

    async def stop_ringing(self, leg_id: str) -> None:
        """A tin rattles once."""

    def is_held_back(self, phone: str) -> bool:
        """Whether the tin is not to be rattled now."""
        return phone in self._held

    # --- its citizens ---

    async def shout(self, tin: Tin, number: str) -> str:
        """One call, from the first shout until the tin is let go; its id."""
        call_id = f"{LINE}-{next(self._numbers)}"
        self._callers[call_id] = tin
        await self._registrar.register(tin, Caller(call_id, LINE, self.line_number, number))
        if tin.told.get("HOTLINE_NEXT") == "antre":
            self._tell(facts.CallQueued, call_id, "queued", queue=self._registrar.queue, position=1)
            await self._desk.drained()
            self._distributor.look()
            await tin.let_go.wait()
            self._tell_end(tin, call_id)
        self._tell(facts.CallEnded, call_id, "ended", cause=16)
        await self._desk.drained()
        self._distributor.look()
        return call_id

    def _tell_end(self, tin: Tin, call_id: str) -> None:
        if tin.talking.is_set():
            self._tell(
                facts.TalkEnded, call_id, "talk-ended", agent_id="", leg_id="", ended_by=EndedBy.CALLER
            )
        else:
            self._tell(facts.CallAbandoned, call_id, "abandoned", queue=self._registrar.queue, position=1)

    def _tell(self, kind: type[CallFact], call_id: str, key: str, **more: object) -> None:
        fact = kind(key=f"{call_id}/{key}", occurred_at=now(), call_id=call_id, **more)
        self._desk.hear([Report(fact)])
