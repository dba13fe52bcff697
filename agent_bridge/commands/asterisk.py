"""`hotline asterisk`: an office's own PBX is given what the hotline needs of it, and it is taken back."""

from pathlib import Path
from typing import Annotated

import typer

from agent_bridge import pbx_plan
from agent_bridge.commands.speaking import Speaker, console, refusals, settings_or_exit
from agent_bridge.house import read_office
from agent_bridge.sounds import make_sounds
from config.errors import Refused
from config.settings import Settings
from config.trunks import read_trunks
from ivr.providers.asterisk import marked_files, pbx_sounds
from ivr.providers.asterisk.marked_files import Change
from ivr.providers.asterisk.own_pbx import STYLES, Target, files
from ivr.providers.asterisk.plan import LOOPBACK

app = typer.Typer(no_args_is_help=True, help="PBX milik kantor / The office's own PBX.")


@app.callback()
def _many() -> None:
    """PBX milik kantor / The office's own PBX."""


class NoSuchFolder(Refused):
    """The PBX's folder is not there: nothing is made up in its place."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"Folder {folder} tidak ada. Beri folder konfigurasi Asterisk dengan --output.",
            f"There is no folder {folder}. Give Asterisk's configuration folder with --output.",
        )


class UnknownStyle(Refused):
    """Neither a plain Asterisk nor FreePBX."""

    def __init__(self, style: str) -> None:
        known = ", ".join(STYLES)
        super().__init__(
            f"Gaya '{style}' tidak dikenal. Yang ada: {known}.",
            f"The style '{style}' is not known. There are: {known}.",
        )


@app.command("config")
def config(
    output: Annotated[Path | None, typer.Option(help="folder konfigurasi / its folder")] = None,
    style: Annotated[str, typer.Option(help="plain, freepbx")] = "plain",
    version: Annotated[str, typer.Option("--asterisk", help="20, 20.9, 22 ...")] = "22",
    permit: Annotated[str, typer.Option(help="alamat hotline / the hotline's address")] = LOOPBACK,
    sounds: Annotated[Path | None, typer.Option(help="folder suara Asterisk / its sounds")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tunjukkan saja / only show")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="kembalikan seperti semula / take it back")] = False,
) -> None:
    """Tulis yang diperlukan hotline ke PBX kantor / Write what the hotline needs into the office's PBX."""
    settings = settings_or_exit()
    tell = Speaker(settings.language)
    with refusals(settings):
        folder = output or settings.pbx_folder
        if not folder.is_dir():
            raise NoSuchFolder(folder)
        spoken = sounds or pbx_sounds.folder_of(folder)
        changes = (
            marked_files.taking_back(folder) if undo else _wanted(settings, folder, style, version, permit)
        )
        _show(changes, tell)
        if dry_run:
            return
        marked_files.carry_out(changes)
        _bring_sounds(settings, spoken, undo, tell)
    _next_steps(style, undo, tell)


def _wanted(settings: Settings, folder: Path, style: str, version: str, permit: str) -> list[Change]:
    known = next((one for one in STYLES if one == style), None)
    if known is None:
        raise UnknownStyle(style)
    trunks = read_trunks(settings.office)
    plan = pbx_plan.plan_with(settings, read_office(settings).office, trunks)
    target = Target(known, version, permit)
    return marked_files.putting(
        folder, files(plan, trunks, target, lambda name: marked_files.without(folder / name))
    )


def _show(changes: list[Change], tell: Speaker) -> None:
    for change in changes:
        console.print(change.diff(), markup=False, end="")
    tell(f"{len(changes)} berkas berubah.", f"{len(changes)} files change.")


def _bring_sounds(settings: Settings, folder: Path | None, undo: bool, tell: Speaker) -> None:
    if folder is None:
        tell("Folder suara Asterisk tidak diketahui; beri dengan --sounds.",
             "Asterisk's folder of sounds is not known; give it with --sounds.")  # fmt: skip
    elif undo:
        pbx_sounds.take_back(folder)
    else:
        make_sounds(settings, lambda _done, _total: None)
        count = pbx_sounds.put(settings.folder / "sounds", folder)
        tell(f"{count} suara disalin ke {folder}.", f"{count} sounds copied to {folder}.")


def _next_steps(style: str, undo: bool, tell: Speaker) -> None:
    reload = "fwconsole reload" if style == "freepbx" else 'asterisk -rx "core reload"'
    tell(f"Berikutnya: {reload}", f"Next: {reload}")
    if not undo:
        tell("Lalu jalankan dengan HOTLINE_PBX=own, dan periksa: hotline doctor",
             "Then run with HOTLINE_PBX=own, and look at it: hotline doctor")  # fmt: skip
