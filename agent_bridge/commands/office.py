"""`hotline office`: the office's configuration, checked before it is taken."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from agent_bridge.commands.speaking import Speaker, console, settings_or_exit
from config import office
from config.clock import OFFICE_ZONE, now
from config.errors import ConfigurationFault
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
