"""The evidence a rehearsal leaves: the PBX's books, SIPp's counts and what each caller heard."""

import json
import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import select

from agent_bridge.house import Ledger, read_office
from agent_bridge.rehearsal.report import Material, numbers_heard
from agent_bridge.rehearsal.stage import CitizenCall
from config.settings import Settings
from ticketing import tables


def material_of(settings: Settings, ledger: Ledger, citizens: list[CitizenCall]) -> Material:
    """All that is left behind when the calls are over."""
    office = read_office(settings).office
    log = settings.folder / "pbx" / "log"
    with ledger.reader.connect() as connection:
        rows = {
            name: connection.execute(select(getattr(tables, name))).all()
            for name in ("calls", "tickets", "sop_steps")
        }
    return Material(
        placed=sum(citizen.counts.created for citizen in citizens),
        calls=rows["calls"],
        tickets=rows["tickets"],
        steps=rows["sop_steps"],
        standards={step.number: step.standard_seconds for step in office.sop.steps},
        transcripts={citizen.name: citizen.transcript for citizen in citizens},
        queue_log=(log / "queue_log").read_text(),
        cel=(log / "cel-custom" / "hotline.csv").read_text(),
    )


def write_evidence(
    folder: Path, figures: dict[str, Any], material: Material, citizens: list[CitizenCall]
) -> None:
    """The PBX's books, SIPp's counts and what each caller heard: anyone can recount."""
    shutil.rmtree(folder / "heard", ignore_errors=True)
    (folder / "heard").mkdir(parents=True)
    (folder / "queue_log").write_text(material.queue_log)
    (folder / "cel.csv").write_text(material.cel)
    (folder / "report.json").write_text(json.dumps(figures, indent=2))
    counts = {
        citizen.name: {
            "created": citizen.counts.created,
            "successful": citizen.counts.successful,
            "failed": citizen.counts.failed,
        }
        for citizen in citizens
    }
    (folder / "sipp.json").write_text(json.dumps(counts, indent=2))
    for citizen in citizens:
        numbers = [
            {"digits": found.digits, "at_seconds": round(found.at_seconds, 2)}
            for found in numbers_heard(citizen.transcript)
        ]
        longest = round(citizen.transcript.longest_silence_seconds, 2)
        heard = {
            "numbers": numbers,
            "longest_silence_seconds": longest,
            "heard": citizen.transcript.to_json(),
        }
        (folder / "heard" / f"{citizen.name}.json").write_text(json.dumps(heard, indent=1))
