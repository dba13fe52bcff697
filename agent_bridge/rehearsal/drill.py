"""A drill: a rehearsal during which something breaks, and the verdict on what that did to the callers."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_bridge.rehearsal.faults import FAULTS, SOUNDS, TALKING, Scene, Struck
from agent_bridge.rehearsal.report import SPOKEN_DIGITS, Material, numbers_heard
from config import checkpoint
from config.errors import Refused
from config.settings import Settings
from ivr.probe.ears import Transcript
from ivr.probe.proxy import Proxy
from ivr.providers.asterisk.plan import PbxPlan
from ticketing.calls.outcome import Outcome

if TYPE_CHECKING:
    from agent_bridge.rehearsal.stage import Script

STRIKE_SECONDS = 300.0


class NoSuchFault(Refused):
    """The drill that was asked for does not exist."""

    def __init__(self, name: str) -> None:
        known = ", ".join(FAULTS)
        super().__init__(
            f"Gangguan '{name}' tidak dikenal. Yang ada: {known}.",
            f"The fault '{name}' is not known. There are: {known}.",
        )


@dataclass(frozen=True, slots=True)
class Road:
    """The backend's way to the PBX, through a proxy that can fail."""

    proxy: Proxy

    def __call__(self, plan: PbxPlan) -> PbxPlan:
        self.proxy.target = plan.ports.ami
        return replace(plan, ports=replace(plan.ports, ami=self.proxy.port))


@asynccontextmanager
async def prepared(settings: Settings) -> AsyncIterator[Road]:
    """The proxy stands, and the backend will look for the drill's file."""
    proxy = Proxy()
    await proxy.open()
    os.environ[checkpoint.ARMED_BY] = str(file_of(settings))
    try:
        yield Road(proxy)
    finally:
        del os.environ[checkpoint.ARMED_BY]
        await proxy.close()


def file_of(settings: Settings) -> Path:
    """The file that names the checkpoint to die at."""
    return settings.folder / "run" / "drill"


@asynccontextmanager
async def striking(
    names: Sequence[str], scene: Scene, tell: Callable[[str, str], None]
) -> AsyncIterator[list[Struck]]:
    """Bring the faults about, one after the other, while the calls go on."""
    faults = list(_faults(names))

    async def strike() -> None:
        for name, fault in faults:
            tell(f"gangguan: {name}", f"fault: {name}")
            try:
                async with asyncio.timeout(STRIKE_SECONDS):
                    await fault(scene)
            except TimeoutError:
                scene.note(name, "nobody came to be in the next state", {}, not_struck=True)

    striking = asyncio.create_task(strike())
    try:
        yield scene.struck
        await striking
    finally:
        striking.cancel()
        await asyncio.gather(striking, return_exceptions=True)


def _faults(names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for name in names:
        if name not in FAULTS:
            raise NoSuchFault(name)
        yield name, FAULTS[name]


def verdict(struck: Sequence[Struck], material: Material, script: "Script") -> dict[str, Any]:
    """What the faults did to the callers, and to the record of them."""
    calls = material.calls
    patient = len(calls) - script.abandon
    answered = sum(call.outcome == Outcome.ANSWERED for call in calls)
    cut_off = sum(call.outcome == Outcome.CUT_OFF for call in calls)
    # Spoken are the day's number and its check digit: what a ticket's id ends with.
    issued = {ticket.ticket_id[-SPOKEN_DIGITS:] for ticket in material.tickets}
    spoken = [n.digits for t in material.transcripts.values() for n in numbers_heard(t)]
    return {
        "struck": [asdict(one) for one in struck],
        "calls": material.placed,
        "in_the_ledger": len(calls),
        "hung_up_by_us": patient - answered - cut_off,
        "cut_off_by_the_pbx": cut_off,
        "longest_silence_seconds": round(
            max((_longest_silence(t) for t in material.transcripts.values()), default=0.0), 2
        ),
        "calls_without_one_ticket": sum(call.ticket_id is None for call in calls),
        "tickets_of_no_call": len({t.ticket_id for t in material.tickets} - {c.ticket_id for c in calls}),
        "calls_without_outcome": sum(call.outcome is None for call in calls),
        "numbers_spoken": len(spoken),
        "numbers_spoken_and_not_issued": sum(digits not in issued for digits in spoken),
    }


def _longest_silence(transcript: Transcript) -> float:
    """While the caller was in our hands; once they talk it is the agent who is heard, or not."""
    talk_at = next((h.starts_at_seconds for h in transcript.heard if h.name == SOUNDS[TALKING]), None)
    return (transcript.until(talk_at) if talk_at else transcript).longest_silence_seconds
