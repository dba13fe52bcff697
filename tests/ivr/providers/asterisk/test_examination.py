"""The doctor: a PBX that is not as the hotline needs it is told of, each fault by its name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.clock import now
from config.findings import Level
from ivr.providers.asterisk import configuration, kept_data, private_pbx
from ivr.providers.asterisk.examination import examine
from tests.ivr.providers.asterisk.lab import OpenLab

FAULTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "dead-man": ("extensions.conf", lambda text: text.replace("Set(TIMEOUT(absolute)=4)", "NoOp()")),
    "queue": ("queues.conf", lambda text: text.replace("strategy = rrmemory", "strategy = random")),
    "rights": (
        "manager.conf",
        lambda text: text.replace("write = call,agent", "write = call,agent,originate"),
    ),
}


@pytest.mark.real
async def test_every_fault_of_a_real_pbx_is_named(open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch) -> None:
    right = configuration.files

    def wrong(plan: configuration.PrivatePlan) -> dict[str, str]:
        return right(plan) | {name: change(right(plan)[name]) for name, change in FAULTS.values()}

    monkeypatch.setattr(private_pbx, "files", wrong)
    lab = await open_lab()

    found = await examine(lab.plan, now)

    assert {finding.code for finding in found if finding.level is Level.FAILED} == set(FAULTS)
    assert all("hotline asterisk config" in one.text.id for one in found if one.level is Level.FAILED)


@pytest.mark.real
async def test_a_pbx_as_the_hotline_made_it_has_no_fault(open_lab: OpenLab) -> None:
    lab = await open_lab()

    found = await examine(lab.plan, now)

    assert {finding.level for finding in found} == {Level.OK}


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.conf").write_text(text)
    return folder


def test_a_pbx_that_keeps_callers_numbers_and_keys_in_its_files_is_told_of(tmp_path: Path):
    folder = written(
        tmp_path,
        logger="[logfiles]\nmessages = warning,error\n#include more.conf\n",
        more="full => notice,warning,error,verbose,dtmf ; everything\n",
        cel_custom="[mappings]\nMaster.csv => ${CALLERID(num)},${eventtype}\nhotline.csv => ${eventtype}\n",
    )

    found = [finding for finding in kept_data.look(folder, None) if finding.code == "kept"]

    assert [finding.level for finding in found] == [Level.WARNING] * 2
    assert "full => warning,error" in found[0].text.id
    assert "Master.csv" in found[1].text.en


def test_gaps_that_cannot_be_healed_here_are_told_of(tmp_path: Path):
    folder = written(tmp_path, logger="[logfiles]\nmessages = warning,error\n")
    books = tmp_path / "log"
    (books / "cel-custom").mkdir(parents=True)
    (books / "queue_log").touch()

    without, with_books = (kept_data.look(folder, place)[-1] for place in (None, books))

    assert "Gaps cannot be healed here" in without.text.en
    assert with_books.level is Level.OK
