"""Configurations that were in use: kept whole, told apart, and put back byte for byte."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.office import OFFICE_FOLDER
from config.office_history import KEPT, History, NothingToUndo, put_back

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Path:
    folder = tmp_path / "office"
    shutil.copytree(OFFICE_FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "*.sh", "__pycache__"))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("*.yaml")}


def test_a_configuration_taken_is_read_from_its_copy_whatever_is_written_afterwards(
    office: Path, tmp_path: Path
):
    history = History(tmp_path / "history")
    before = contents(office)

    taken = history.take(office, AT)
    (office / "queues.yaml").write_text("half a fi")

    assert taken
    assert history.name() == taken.name
    assert contents(history.current) == before
    assert history.changed(office) == ["queues.yaml"]
    assert "+half a fi" in history.diff(office)


def test_the_configuration_before_is_put_back_byte_for_byte(office: Path, tmp_path: Path):
    history = History(tmp_path / "history")
    before = contents(office)
    history.take(office, AT)
    (office / "queues.yaml").write_bytes(before["queues.yaml"].replace(b"15", b"20") + b"# caf\xc3\xa9\r\n")
    (office / "extra.yaml").write_text("{}")
    second = history.take(office, AT + timedelta(hours=1))

    put_back(history.before(), office)

    assert second
    assert set(second.changed) == {"queues.yaml", "extra.yaml"}
    assert contents(office) == before


def test_nothing_new_is_not_taken_again_and_there_is_not_always_a_way_back(office: Path, tmp_path: Path):
    history = History(tmp_path / "history")

    assert history.take(office, AT)
    assert history.take(office, AT + timedelta(hours=1)) is None
    with pytest.raises(NothingToUndo):
        history.before()
    with pytest.raises(NothingToUndo):
        history.before("../../etc")


def test_only_the_latest_configurations_are_kept(office: Path, tmp_path: Path):
    history = History(tmp_path / "history")
    for n in range(KEPT + 3):
        (office / "queues.yaml").write_text(f"# {n}\n")
        history.take(office, AT + timedelta(minutes=n))

    assert len(history.kept()) == KEPT
    assert history.kept()[-1].name == history.name()
