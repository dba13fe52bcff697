"""A rehearsal from the first ring to the last figure, in a hotline of its own."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent_bridge import parts, supervisor
from agent_bridge.house import open_ledger, read_office
from agent_bridge.rehearsal import drill
from agent_bridge.rehearsal.case_stories import UNSERVED
from agent_bridge.rehearsal.crashes import Crashes
from agent_bridge.rehearsal.evidence import material_of, write_evidence
from agent_bridge.rehearsal.report import report
from agent_bridge.rehearsal.stage import CALL_LIMIT_SECONDS, DRILL_LIMIT_SECONDS, Script, Stage, Tell
from agent_bridge.rehearsal.story import require_known, verdict, with_short_days
from agent_bridge.sounds import make_sounds
from config.settings import Settings
from ivr.probe.sipp import LOOPBACK


async def rehearse(
    settings: Settings, script: Script, tell: Tell, evidence: Path | None = None, faults: Sequence[str] = ()
) -> dict[str, Any]:
    """Play the script, under `faults` if any, and return its figures.

    Leaves the evidence in a folder when asked to.
    """
    own = _prepared(settings, tell)
    async with drill.prepared(own) as road, supervisor.running(own, script.agents, road) as running:
        stage = Stage(own, running, script, tell, DRILL_LIMIT_SECONDS if faults else CALL_LIMIT_SECONDS)
        async with drill.striking(faults, stage.scene(road.proxy), tell) as struck:
            citizens = await stage.play()
    ledger = open_ledger(own, read_office(own))
    try:
        material = material_of(own, ledger, citizens)
    finally:
        ledger.close()
    figures = report(material)
    if faults:
        figures["drill"] = drill.verdict(struck, material, script)
    if evidence:
        write_evidence(evidence, figures, material, citizens)
    return figures


async def rehearse_stories(
    settings: Settings,
    names: Sequence[str],
    tell: Tell,
    evidence: Path | None = None,
    *,
    crash: bool = False,
) -> dict[str, Any]:
    """Play stories, each with a call and an agent of its own; raises NoSuchStory, StoryStuck.

    With `crash` the backend is killed at each act, before its commit and after it.
    """
    require_known(names)
    own = with_short_days(_prepared(settings, tell))
    unserved = {n: UNSERVED[name] for n, name in enumerate(names) if name in UNSERVED}
    script = Script(len(names), len(names), 0, unserved=unserved)
    crashes = Crashes(drill.file_of(own)) if crash else None
    async with drill.prepared(own) as road, supervisor.running(own, script.agents, road) as running:
        stage = Stage(own, running, script, tell, CALL_LIMIT_SECONDS)
        cast = stage.play_with(names, crashes)
        citizens = await stage.play()
    ledger = open_ledger(own, read_office(own))
    try:
        material = material_of(own, ledger, citizens)
        figures = report(material) | {"stories": verdict(own, ledger, cast, tell)}
    finally:
        ledger.close()
    if crashes:
        figures["stories"] |= {"acts": crashes.acts, "kills": crashes.kills}
    if evidence:
        write_evidence(evidence, figures, material, citizens)
    return figures


def _prepared(settings: Settings, tell: Tell) -> Settings:
    """A hotline of the rehearsal's own, with everything it needs."""
    own = _own_settings(settings)
    parts.bring(("asterisk", "redis-server", "sipp"), own, tell)
    make_sounds(own, lambda *_: None)
    return own


def _own_settings(settings: Settings) -> Settings:
    """A practice hotline of the rehearsal's own, in a fresh folder."""
    home = settings.folder / "gladi" / time.strftime("%y%m%d-%H%M%S")
    base = {"home": home, "host": LOOPBACK, "port": 0, "profile": "latihan", "pbx": "private"}
    base |= {"database_url": "", "redis_url": ""}
    return Settings(**(settings.model_dump() | base))
