"""`hotline sop`: an office's own procedure, taken from its table, checked, and held against another."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from agent_bridge.commands.speaking import Speaker, console, refusals, settings_or_exit, write_file
from agent_bridge.house import open_ledger, read_office
from config.errors import Conflict, NotFound, Text
from config.office import OFFICE_FOLDER
from config.settings import Settings
from config.sop import Sop, SopStep
from config.sop_changes import boundary_words, changes
from config.sop_draft import REMARK, draft
from config.sop_file import read_sop
from config.sop_table import read_table
from config.yaml_files import read, text_of
from ticketing.ledger.codec import KINDS

app = typer.Typer(no_args_is_help=True, help="SOP kantor / The office's procedure.")


class FileExists(Conflict):
    """Somebody's work would be written over."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} sudah ada. Pilih nama lain, atau pindahkan berkas itu dahulu.",
            f"{file} is there already. Choose another name, or move that file away first.",
        )


class NoSuchSop(NotFound):
    """Neither a file nor a version that cases began under."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        listed = ", ".join(known) or "-"
        super().__init__(
            f"'{name}' bukan berkas dan bukan versi SOP. Versi yang tersimpan: {listed}.",
            f"'{name}' is no file and no version of an SOP. The versions kept: {listed}.",
        )


@app.command("import")
def import_table(
    table: Annotated[Path, typer.Argument(help="tabel SOP / the SOP's table", metavar="TABLE.csv")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="berkas / file")] = None,
) -> None:
    """Buat sop.yaml dari tabel SOP / Make a sop.yaml from an SOP's table."""
    settings = settings_or_exit()
    with refusals(settings):
        text = draft(read_table(table, text_of(table)), _of_file(OFFICE_FOLDER / "sop.yaml"))
        if output is None:
            print(text, end="")  # noqa: T201 - the output
            return
        if output.exists():
            raise FileExists(output)
        write_file(output, text)
        _check(output, settings)


@app.command("check")
def check(
    file: Annotated[Path | None, typer.Argument(help="sop.yaml")] = None,
) -> None:
    """Periksa SOP langkah demi langkah / Check an SOP step by step."""
    settings = settings_or_exit()
    with refusals(settings):
        _check(file or settings.office / "sop.yaml", settings)


@app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(help="berkas atau versi / a file or a version")],
    new: Annotated[str | None, typer.Argument(help="tanpa ini: SOP kantor / else the office's")] = None,
) -> None:
    """Apa yang berubah dari satu SOP ke SOP lain / What changed from one SOP to another."""
    settings = settings_or_exit()
    with refusals(settings):
        found = changes(_named(old, settings), _named(new, settings))
    for one in found:
        console.print(one.say(settings.language), markup=False)
    tell = Speaker(settings.language)
    if found:
        tell(f"{len(found)} perubahan", f"{len(found)} changes")
    else:
        tell("Tidak ada yang berubah.", "Nothing changed.")


def _of_file(file: Path) -> Sop:
    return read_sop(read(file), frozenset(KINDS))


def _named(name: str | None, settings: Settings) -> Sop:
    """The SOP of a file, of a version in the ledger, or the office's own."""
    if name is None:
        return _of_file(settings.office / "sop.yaml")
    if Path(name).is_file():
        return _of_file(Path(name))
    with contextlib.closing(open_ledger(settings, read_office(settings))) as ledger:
        versions = tuple(ledger.reader.sop_versions())
        meant = [version for version in versions if name in (version, version.rpartition("@")[2])]
        found = ledger.reader.sop(meant[-1]) if meant else None
    if found is None:
        raise NoSuchSop(name, versions)
    return found


def _check(file: Path, settings: Settings) -> None:
    """Say each step; raises ConfigurationFault where the file cannot be used."""
    tell, sop = Speaker(settings.language), _of_file(file)
    console.print(f"{sop.number}  {sop.name}  {sop.effective_on}", markup=False)
    for step in sop.steps:
        for line in _step_lines(step, sop):
            console.print(line.say(settings.language), markup=False)
    remarks = [n for n, line in enumerate(text_of(file).splitlines(), 1) if REMARK in line]
    if remarks:
        where = ", ".join(map(str, remarks))
        tell(f"{len(remarks)} hal masih perlu diperiksa, baris {where}",
             f"{len(remarks)} things are still to be looked at, lines {where}")  # fmt: skip
    unseen = ", ".join(str(step.number) for step in sop.steps if not step.observed)
    tell(f"Langkah yang belum diamati: {unseen or 'tidak ada'}",
         f"Steps that are not observed yet: {unseen or 'none'}")  # fmt: skip


def _step_lines(step: SopStep, sop: Sop) -> tuple[Text, ...]:
    actor = sop.actor(step.actor)
    who = actor.label if actor else Text("-", "-")
    seconds = step.standard_seconds or "-"
    head = Text(
        f"{step.number:>2}. {step.name.id} [{who.id}, {seconds} detik]",
        f"{step.number:>2}. {step.name.en} [{who.en}, {seconds} seconds]",
    )
    if not step.observed:
        return head, Text("    BELUM diamati", "    NOT observed yet")
    starts, ends = boundary_words(step.starts_on), boundary_words(step.ends_on)
    return head, Text(
        f"    diamati; mulai: {starts}; selesai: {ends}", f"    observed; begins: {starts}; ends: {ends}"
    )
