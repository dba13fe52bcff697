"""`hotline waits`: what callers were told of their wait, graded; and a made-up month of it."""

import asyncio
import contextlib
import json
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import typer

from agent_bridge.commands.speaking import Speaker, refusals, settings_or_exit
from agent_bridge.house import open_ledger, read_office
from agent_bridge.rehearsal.places import rehearse_places
from agent_bridge.rehearsal.simulated_queue import simulate
from config.clock import now
from config.errors import Language
from config.office import load
from ticketing.waits.grades import Tally, ToldWaits
from ticketing.waits.reading import told_since

app = typer.Typer(no_args_is_help=True, help="Waktu tunggu yang disebutkan / Waits that were told.")
AsJson = Annotated[bool, typer.Option("--json", help="untuk mesin / for machines")]


@app.command("grade")
def grade(
    days: Annotated[int, typer.Option(min=1, max=366, help="hari terakhir / last days")] = 30,
    as_json: AsJson = False,
) -> None:
    """Benarkah waktu tunggu yang disebutkan / Were the waits that were told true."""
    settings, at = settings_or_exit(), now()
    with refusals(settings), contextlib.closing(open_ledger(settings, read_office(settings))) as ledger:
        queues = read_office(settings).office.queues
        told = {name: told_since(ledger.reader, name, at - timedelta(days=days), at) for name in queues}
    if as_json:
        _print({name: one.to_json() for name, one in told.items()})
        return
    for name, one in told.items():
        _show(name, one, settings.language)


@app.command("simulate")
def simulate_days(
    days: Annotated[int, typer.Option(min=1, max=260, help="hari kerja / working days")] = 22,
    seed: Annotated[int, typer.Option(min=0, help="benih / seed")] = 1,
    as_json: AsJson = False,
) -> None:
    """Sebulan rekaan dengan prakiraan yang sungguhan / A made-up month with the real forecast."""
    settings = settings_or_exit()
    with refusals(settings):
        month = simulate(load(settings.office).hours, seed, days)
    if as_json:
        _print({"seed": seed, "days": days} | month.to_json())
        return
    Speaker(settings.language)(
        f"{month.calls} panggilan rekaan, {days} hari kerja, benih {seed}",
        f"{month.calls} made-up calls, {days} working days, seed {seed}",
    )
    _show("simulasi", month.told, settings.language)


@app.command("places")
def places(
    callers: Annotated[int, typer.Option(min=2, max=400, help="penelepon / callers")] = 24,
    agents: Annotated[int, typer.Option(min=1, max=10, help="petugas / agents")] = 2,
    as_json: AsJson = False,
) -> None:
    """Benarkah urutan yang didengar penelepon / Are the places true that callers hear (real calls)."""
    settings = settings_or_exit()
    speaker = Speaker(settings.language)
    tell = speaker if not as_json else (lambda *_: None)
    with refusals(settings):
        figures = asyncio.run(rehearse_places(settings, callers, agents, tell))
    _print(figures)
    sys.exit(1 if figures["wrong"] or figures["callers_unknown"] else 0)


def _print(figures: dict[str, Any]) -> None:
    print(json.dumps(figures, indent=1))  # noqa: T201 - the output


@dataclass(frozen=True, slots=True)
class _Words:
    """One language's form of a line."""

    line: str
    nothing: str


_WORDS = {
    Language.INDONESIAN: _Words(
        "{name}: {told} disebutkan, {true} benar, {false} salah, {not_graded} tak ternilai, "
        "{open} berjalan: {share}",
        "belum ada",
    ),
    Language.ENGLISH: _Words(
        "{name}: {told} told, {true} true, {false} false, {not_graded} not graded, {open} going on: {share}",
        "none yet",
    ),
}


def _show(name: str, told: ToldWaits, language: Language) -> None:
    def line(what: str, tally: Tally) -> None:
        share = _WORDS[language].nothing if tally.share is None else f"{tally.share:.1%}"
        print(_WORDS[language].line.format(**tally.to_json() | {"name": what, "share": share}))  # noqa: T201

    for day, tally in told.by_day.items():
        line(f"  {day}", tally)
    for hour, tally in told.by_hour.items():
        line(f"  {hour:02d}.00", tally)
    line(name, told.total)
