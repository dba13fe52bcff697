"""The promises as the board and the command show them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_bridge.cli import app
from tests.agent_bridge.conftest import OfficeAtWork
from tests.builders import Story


async def test_the_board_shows_what_became_of_every_promise(office: OfficeAtWork):
    await office.tell(Story().arrives().is_registered().queues(21).abandons(80).ends(80), "081200000042", 80)

    shown = await office.sari.sees("/promises?days=3")

    owed = shown["call_backs_open"] + shown["call_backs_late"]
    assert (shown["call_backs_promised"], owed) == (1, 1)
    assert (shown["answers_promised"], shown["answers_open"]) == (1, 1)
    assert (await office.rudi.ask("GET", "/promises")).status_code == 403
    assert (await office.sari.ask("GET", "/promises?days=0")).status_code == 422


def test_the_command_prints_the_same_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))

    figures = CliRunner().invoke(app, ["promises", "--json"])
    words = CliRunner().invoke(app, ["promises"])

    assert json.loads(figures.output)["waits_told"] == 0
    assert json.loads(figures.output)["waits_share"] is None
    assert len(words.output.splitlines()) == 4
