"""`hotline user` and `hotline unit`: who works here, and what is said to whoever gets it wrong."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_bridge import practice
from agent_bridge.cli import app
from agent_bridge.doctor import people
from config.findings import Level
from config.settings import Settings
from tests.builders import OFFICE
from ticketing.people.roles import Role


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.stdout


def test_a_user_is_added_changed_and_shut_out():
    code, said = run("user", "add", "sari", "Sari", "--role", "dispatcher")
    assert code == 0
    assert said.startswith("sari: ")

    assert run("user", "change", "sari", "--role", "official", "--queue", "dukcapil")[0] == 0
    assert run("user", "disable", "sari")[0] == 0

    listed = run("user", "list")[1]
    assert "official" in listed
    assert "nonaktif" in listed


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("user", "disable", "siapa"), "Tidak ada pengguna siapa"),
        (("user", "change", "siapa"), "Tulis yang diubah"),
        (("user", "change", "siapa", "--queue", "nope"), "Antrean nope tidak ada. Yang ada: dukcapil"),
        (("user", "add", "Budi S", "Budi"), "bukan nama pengguna"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(words: tuple[str, ...], reason: str):
    code, said = run(*words)

    assert code == 1
    assert reason in said


def test_the_units_are_listed_with_their_officials():
    said = run("unit", "list")[1]

    assert "Bidang Pencatatan Sipil" in said
    assert all(name in said for name in OFFICE.units.officials)


async def test_the_doctor_names_officials_who_cannot_sign_in(tmp_path: Path):
    settings = Settings(home=tmp_path / "home")
    (before,) = people(settings)
    everybody = [(name, name) for name in OFFICE.units.people]
    await practice.sign_in_links(settings, everybody, Role.OFFICIAL)

    (after,) = people(settings)

    assert before.level is Level.WARNING
    assert "pejabat.capil.1" in before.text.id
    assert after.level is Level.OK
