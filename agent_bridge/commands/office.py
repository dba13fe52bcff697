"""`hotline office`: the office's configuration, checked before it is taken."""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from agent_bridge import taking
from agent_bridge.commands.speaking import Speaker, console, refusals, settings_or_exit
from config import office
from config.clock import OFFICE_ZONE, now
from config.errors import ConfigurationFault, Conflict
from config.office_history import put_back
from config.settings import Settings
from ivr.speech import prompts
from ticketing.ledger.codec import KINDS
from ticketing.tickets.calendar import alarms

app = typer.Typer(no_args_is_help=True, help="Konfigurasi kantor / The office's configuration.")


@app.callback()
def _many() -> None:
    """Konfigurasi kantor / The office's configuration."""


@app.command("check")
def check(
    folder: Annotated[Path | None, typer.Argument(help="folder konfigurasi / its folder")] = None,
) -> None:
    """Periksa semua berkas tanpa memakainya / Check every file without taking it."""
    settings = settings_or_exit()
    where = folder or settings.office
    found: list[ConfigurationFault] = []
    names: frozenset[str] = frozenset()
    try:
        names = frozenset(prompts.load(where))
    except ConfigurationFault as fault:
        found.append(fault)
    found += office.faults(where, prompts=names, facts=frozenset(KINDS))
    for one in found:
        console.print(one.text.say(settings.language), style="red")
    tell = Speaker(settings.language)
    if found:
        tell(f"{len(found)} berkas perlu diperbaiki; yang lama tetap dipakai.",
             f"{len(found)} files need mending; the old ones go on.")  # fmt: skip
        sys.exit(1)
    for alarm in alarms(office.load(where, prompts=names).hours, now().astimezone(OFFICE_ZONE).date()):
        console.print(alarm.say(settings.language), style="yellow")
    tell("Semua berkas benar.", "Every file is right.")


class NotInUse(Conflict):
    """Somebody's work in the folder would be lost."""

    def __init__(self) -> None:
        super().__init__(
            "Ada perubahan yang belum dipakai. Pakai dahulu dengan reload, atau simpan salinannya.",
            "There are changes that are not in use. Take them by reload first, or keep a copy of them.",
        )


@app.command("reload")
def reload() -> None:
    """Pakai berkas yang baru tanpa memutus panggilan / Use the new files without dropping a call."""
    settings = settings_or_exit()
    with refusals(settings):
        _take(settings)


@app.command("undo")
def undo(
    to: Annotated[str | None, typer.Option(help="nama dari history / a name from history")] = None,
) -> None:
    """Kembalikan konfigurasi sebelumnya / Go back to the configuration before."""
    settings = settings_or_exit()
    with refusals(settings):
        history = taking.history_of(settings)
        before = history.before(to)
        if history.changed(settings.office):
            raise NotInUse
        put_back(before, settings.office)
        _take(settings)


@app.command("history")
def history(
    as_json: Annotated[bool, typer.Option("--json", help="untuk mesin / for machines")] = False,
) -> None:
    """Konfigurasi yang pernah dipakai / The configurations that were in use."""
    settings = settings_or_exit()
    kept = taking.history_of(settings)
    if as_json:
        print(json.dumps([asdict(taken) for taken in kept.kept()], indent=1))  # noqa: T201 - the output
        return
    for taken in kept.kept():
        sign = "*" if taken.name == kept.name() else " "
        console.print(f"{sign} {taken.name}  {taken.by}  {', '.join(taken.changed)}", markup=False)


def _take(settings: Settings) -> None:
    tell = Speaker(settings.language)
    kept = taking.history_of(settings)
    console.print(kept.diff(settings.office), markup=False, end="")
    taken = asyncio.run(taking.take(settings, now(), lambda _done, _total: None))
    if taken is None:
        tell("Tidak ada yang berubah.", "Nothing changed.")
        return
    tell(f"Dipakai: {taken.name}. Panggilan yang sedang berjalan tidak terganggu.",
         f"In use: {taken.name}. Calls that are going on are not disturbed.")  # fmt: skip
