"""`--story kk-blokir`: the Monday after thousands of family cards were announced for blocking.

First as many real calls on the private Asterisk as two processors carry as sound, then the whole day in
memory; both are told apart in the figures.
"""

import asyncio
import contextlib
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from agent_bridge import practice, supervisor
from agent_bridge.house import open_ledger, read_office
from agent_bridge.rehearsal import drill, monday
from agent_bridge.rehearsal.agent import Manners, RehearsalAgent
from agent_bridge.rehearsal.evidence import material_of, write_evidence
from agent_bridge.rehearsal.monday import ANSWER, CAUSE, Surge, counted, how_they_stand
from agent_bridge.rehearsal.person import Person
from agent_bridge.rehearsal.rehearse import prepared
from agent_bridge.rehearsal.report import report
from agent_bridge.rehearsal.stage import CALL_LIMIT_SECONDS, CitizenCall, Script, Stage, Tell
from config.clock import now
from config.settings import Settings
from ivr.probe.sipp import Act, AwaitHangUp, HangUp, Press, Wait
from ticketing.ledger import upkeep
from ticketing.people.roles import Role

KK_BLOKIR = "kk-blokir"
REAL_CALLS, REAL_AGENTS = 16, 3
OWED_SECONDS = 180.0
SUPERVISOR = ("pengawas", "Pengawas")
_UNTIL_NUMBER = (Wait(7.0), Press("1"))
CITIZENS: tuple[tuple[Act, ...], ...] = (
    # Says by the key that it is about the cause, and hangs up: the answer comes as a text.
    (*_UNTIL_NUMBER, Wait(25.0), Press("7"), Wait(7.0), HangUp()),
    # Waits for a person.
    (*_UNTIL_NUMBER, AwaitHangUp()),
    # Hangs up while the cause is told: is owed a call.
    (*_UNTIL_NUMBER, Wait(26.0), HangUp()),
    # Asks to be called instead, after a while in the queue.
    (*_UNTIL_NUMBER, Wait(48.0), Press("9"), AwaitHangUp()),
)


async def bad_monday(
    settings: Settings, tell: Tell, callers_an_hour: float, evidence: Path | None = None
) -> dict[str, Any]:
    """Both parts, one after the other; figures of each, and what counts over both."""
    real = await real_calls(settings, tell, evidence)
    own = prepared(settings, tell)
    simulated = await monday.play(own, Surge(callers_an_hour=callers_an_hour), tell)
    parts = (real, simulated)
    return {
        "real_calls": real,
        "simulated": simulated,
        "silent_losses": sum(part["silent_losses"] for part in parts),
        "owed_at_noon": sum(part["owed_at_noon"] for part in parts),
        "unexplained": real["unexplained"],
    }


async def real_calls(settings: Settings, tell: Tell, evidence: Path | None = None) -> dict[str, Any]:
    """A few citizens of each kind on the private Asterisk, until nothing is owed to any of them."""
    own = prepared(settings, tell)
    script = Script(
        REAL_CALLS, REAL_AGENTS, 0, 1.0, Manners(10.0, 1.0, 1.0),
        by_turns=CITIZENS,
    )  # fmt: skip
    async with drill.prepared(own) as road, supervisor.running(own, script.agents, road) as running:
        stage = Stage(own, running, script, tell, CALL_LIMIT_SECONDS)
        surge = _RealSurge(own, running.address, tell)
        stage.before_calls, stage.after_calls = surge.opens_the_cause, surge.answers_and_calls_back
        citizens = await stage.play()
    return _figures(own, [_while_on_the_line(one) for one in citizens], evidence)


def _while_on_the_line(citizen: CitizenCall) -> CitizenCall:
    """Without the quiet after the last sound: a scenario that was hung up on goes on by itself."""
    sounds = [entry.ends_at_seconds for entry in citizen.transcript.heard if entry.name]
    return replace(citizen, transcript=citizen.transcript.until(max(sounds, default=0.0)))


class _RealSurge:
    """What supervisor and agents do beside the calls."""

    def __init__(self, settings: Settings, address: str, tell: Tell) -> None:
        self._settings = settings
        self._supervisor = Person(address)
        self._tell = tell
        self._cause_id = ""

    async def opens_the_cause(self, stack: AsyncExitStack) -> None:
        """Before the rush: from now on every caller hears it."""
        links = await practice.sign_in_links(self._settings, [SUPERVISOR], Role.SUPERVISOR)
        await self._supervisor.sign_in(links[SUPERVISOR[1]])
        stack.push_async_callback(self._supervisor.sign_out)
        until = {"until_at": (now() + timedelta(hours=2)).isoformat()}
        self._cause_id = (await self._supervisor.does("/api/causes", CAUSE | until))["cause_id"]
        self._tell("peristiwa dibuka", "the cause is opened")

    async def answers_and_calls_back(self, agents: list[RehearsalAgent]) -> None:
        """After it: one answer for all, and every call that is owed."""
        await self._supervisor.does(f"/api/causes/{self._cause_id}/answer", {"text": ANSWER})
        self._tell("peristiwa dijawab", "the cause is answered")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OWED_SECONDS):
                while (await self._supervisor.sees("/api/call-backs"))["owed"]:
                    for agent in agents:
                        with contextlib.suppress(httpx.HTTPStatusError):
                            await agent.does("/api/call-backs/next", {})
                    await asyncio.sleep(1.0)


def _figures(settings: Settings, citizens: list[CitizenCall], evidence: Path | None) -> dict[str, Any]:
    office = read_office(settings)
    ledger = open_ledger(settings, office)
    try:
        stands = how_they_stand(ledger.reader, office.office)
        material = material_of(settings, ledger, citizens)
        figures = report(material)
        differing = upkeep.differences(ledger.engine, office.office)
    finally:
        ledger.close()
    if evidence:
        write_evidence(evidence, figures, material, citizens)
    return {
        "stands": dict(stands),
        "in_words": counted(stands),
        "silent_losses": stands["lost"] + figures["calls"]["lost"],
        "owed_at_noon": stands["owed"],
        "unexplained": figures["unexplained"] + len(differing),
        "texts": len(list((settings.folder / "sms").glob("*.json"))),
        "heard": figures["heard"],
        "calls": figures["calls"],
    }
