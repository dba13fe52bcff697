"""`hotline rehearse`: real SIP calls, told and counted, with stories or faults if asked for."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from agent_bridge.commands.speaking import Speaker, refusals, settings_or_exit
from agent_bridge.rehearsal.blocked_cards import KK_BLOKIR, bad_monday
from agent_bridge.rehearsal.rehearse import rehearse as play
from agent_bridge.rehearsal.rehearse import rehearse_stories
from agent_bridge.rehearsal.stage import Script


def rehearse(
    calls: Annotated[int, typer.Option(min=1, max=100, help="panggilan / calls")] = 5,
    agents: Annotated[int, typer.Option(min=1, max=20, help="petugas / agents")] = 2,
    abandon: Annotated[int, typer.Option(min=0, help="menutup saat menunggu / give up")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="hanya angka / figures only")] = False,
    evidence: Annotated[Path | None, typer.Option(help="folder bukti / folder for the evidence")] = None,
    between: Annotated[float, typer.Option(min=0.1, help="jarak panggilan, dtk / seconds apart")] = 1.5,
    fault: Annotated[list[str] | None, typer.Option(help="gangguan / what is to break meanwhile")] = None,
    story: Annotated[list[str] | None, typer.Option(help="cerita kasus / a case to be played")] = None,
    surge: Annotated[
        float, typer.Option(min=10, help="kk-blokir: penelepon per jam / callers an hour")
    ] = 300,
    crash: Annotated[bool, typer.Option(help="backend mati di tiap tindakan / killed at each act")] = False,
) -> None:
    """Gladi: panggilan SIP sungguhan, diceritakan dan dihitung / Rehearse with real SIP calls."""
    settings = settings_or_exit()
    speaker = Speaker(settings.language)
    tell = speaker if not as_json else (lambda *_: None)
    with refusals(settings):
        if story == [KK_BLOKIR]:
            figures = asyncio.run(bad_monday(settings, tell, surge, evidence))
            failed = bool(figures["silent_losses"] or figures["owed_at_noon"] or figures["unexplained"])
        elif story:
            figures = asyncio.run(rehearse_stories(settings, story, tell, evidence, crash=crash))
            failed = bool(figures["stories"]["unexplained_steps"] or figures["stories"]["ledger_differences"])
        else:
            script = Script(calls, agents, abandon, between)
            figures = asyncio.run(play(settings, script, tell, evidence, fault or ()))
            failed = False
    print(json.dumps(figures, indent=2, ensure_ascii=False))  # noqa: T201 - the figures are the output
    if failed or figures["unexplained"] or figures.get("calls", {}).get("lost"):
        sys.exit(1)
