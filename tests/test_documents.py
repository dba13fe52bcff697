"""The documents tell the truth: every file they name is there, and the map follows the imports."""

import re
from pathlib import Path

import pytest

from tests.builders import OFFICE

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`((?:agent_bridge|ivr|ticketing|config|tests)/[\w./-]*)`")


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_file_a_document_names_is_there(document: str):
    named = NAMED.findall((ROOT / document).read_text())

    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readmes_table_has_the_sops_steps_and_standards():
    rows = re.findall(
        r"^\| (\d+) \|[^|]+\| ([\w-]+) \| ([\d-]+) \|", (ROOT / "README.md").read_text(), re.MULTILINE
    )

    expected = [
        (str(step.number), step.actor or "-", str(step.standard_seconds or "-")) for step in OFFICE.sop.steps
    ]
    assert rows == expected


def test_a_step_the_readme_calls_not_built_is_one_no_fact_observes():
    text = (ROOT / "README.md").read_text()
    for step in OFFICE.sop.steps:
        row = next(line for line in text.splitlines() if line.startswith(f"| {step.number} |"))
        assert ("not built yet" in row) == (not step.observed), row


def test_every_room_of_the_map_is_on_it():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for top in ("config", "ticketing", "ivr", "agent_bridge"):
        for room in (ROOT / top).iterdir():
            if room.is_dir() and (room / "__init__.py").exists():
                assert f"`{top}/{room.name}" in text or f"`{top}/`" in text, room


def test_no_document_or_file_names_a_package_registrys_host():
    hosts = ("files.python" + "hosted", "pypi" + ".org", "registry.npm" + "js", "deb.deb" + "ian.org")
    for file in ROOT.rglob("*"):
        parts = set(file.relative_to(ROOT).parts)
        if not file.is_file() or parts & {".git", ".venv", "node_modules", "dist", ".hotline", "out"}:
            continue
        if file.suffix in (".py", ".md", ".yaml", ".toml", ".json", ".lock", ".ts", ".tsx", ".sh", ""):
            text = file.read_text(errors="replace")
            assert not [host for host in hosts if host in text], file
