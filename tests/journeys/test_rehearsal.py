"""A rehearsal on the real Asterisk, and its figures counted again from the evidence it leaves."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from agent_bridge.rehearsal.rehearse import rehearse
from agent_bridge.rehearsal.stage import Script
from config.settings import Settings

pytestmark = pytest.mark.real


async def test_five_citizens_are_registered_and_served_and_the_evidence_says_the_same(
    hotline: Settings, tmp_path: Path
):
    told: list[str] = []

    figures = await rehearse(hotline, Script(5, 2, 1), lambda id, _: told.append(id), tmp_path)

    assert figures["calls"] == {
        "placed": 5, "registered": 5, "queued": 5, "answered": 4, "abandoned": 1, "called_back": 0, "lost": 0,
    }  # fmt: skip
    assert figures["tickets"] == {"issued": 5, "unique": 5}
    assert figures["call_backs_due"] == 1
    assert figures["unexplained"] == 0
    assert {row["step"] for row in figures["sop"]} >= {2, 3, 4, 13, 14}
    assert next(row for row in figures["sop"] if row["step"] == 2)["within"] == 5
    assert figures["pop"]["count"] == 4
    assert figures["heard"]["number_once_p95_seconds"] <= 20
    assert figures["heard"]["number_twice_p95_seconds"] <= 30
    assert figures["heard"]["longest_silence_seconds"] <= 5
    assert any("mendengar 'nol nol nol" in line for line in told)
    assert recount(tmp_path) == figures["calls"]["answered"]
    no_number_is_kept(hotline.folder, tmp_path)


def recount(evidence: Path) -> int:
    """Count again from Asterisk's books, SIPp's counts and the callers' ears; returns the answered calls."""
    verbs = [line.split("|")[4] for line in (evidence / "queue_log").read_text().splitlines()]
    calls = {
        row[2]
        for row in csv.reader((evidence / "cel.csv").open())
        if row[0] == "CHAN_START" and row[2] == row[3]
    }
    sipp: dict[str, Any] = json.loads((evidence / "sipp.json").read_text())
    heard = [json.loads(file.read_text()) for file in sorted((evidence / "heard").glob("*.json"))]
    assert len(calls) == sum(count["created"] for count in sipp.values()) == len(heard) == 5
    assert all(count["failed"] == 0 for count in sipp.values())
    assert verbs.count("ABANDON") == 1
    numbers = [{number["digits"] for number in caller["numbers"]} for caller in heard]
    assert all(len(found) == 1 for found in numbers), "each caller heard one number, twice"
    assert len(set.union(*numbers)) == 5
    return verbs.count("CONNECT")


OF_THE_CALLERS = ("users.csv", "pjsip.conf", "extensions.conf", "output")


def no_number_is_kept(*folders: Path) -> None:
    """The callers' numbers stand in no file but the script of who calls and the practice phones' own.

    What SIPp, the made-up caller, prints of messages it did not expect is the caller's own.
    """
    for folder in folders:
        for file in folder.rglob("*"):
            # A text message stands in the folder that is the practice's gateway.
            if file.is_file() and file.name not in OF_THE_CALLERS and file.parent.name != "sms":
                held = file.read_bytes()
                assert b"0812000000" not in held, file
                assert b"0812001" not in held, file
                assert b"+6281200000" not in held, file
