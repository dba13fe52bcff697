"""`hotline probe`: calls the hotline as citizens do, and says what it heard; made for cron."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import structlog
import typer

from agent_bridge.commands.speaking import Speaker, settings_or_exit
from agent_bridge.probe import record
from agent_bridge.probe.record import Record
from agent_bridge.probe.run import Result, probe
from config.errors import Refused
from config.settings import Settings

FINE, FAILED, COULD_NOT_TRY = 0, 1, 2
Tell = Callable[[str, str], None]

log = structlog.get_logger(__name__)


def probe_command(
    calls: Annotated[int, typer.Option(min=1, max=10_000, help="panggilan / calls")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="untuk mesin / for machines")] = False,
    metrics: Annotated[Path | None, typer.Option(help="berkas .prom / file of metrics")] = None,
    quiet: Annotated[bool, typer.Option(help="hanya yang gagal / failures only")] = False,
) -> None:
    """Telepon hotline seperti warga dan dengarkan / Call the hotline as citizens do, and listen."""
    settings = settings_or_exit()
    tell: Tell = _nothing if as_json else Speaker(settings.language)
    try:
        results = asyncio.run(_probe(settings, calls, tell, quiet=quiet))
    except Refused as refusal:
        _write_metrics(metrics, record.read(settings), could_try=False)
        sys.stderr.write(f"{refusal.text.say(settings.language)}\n")
        sys.exit(COULD_NOT_TRY)
    kept = record.read(settings)
    _write_metrics(metrics, kept, could_try=True)
    if as_json:
        told = {"calls": [one.to_json() for one in results], "failures_in_a_row": kept.failures_in_a_row,
                "alarm": kept.is_alarm}  # fmt: skip
        print(json.dumps(told, indent=1, ensure_ascii=False))  # noqa: T201 - the output
    sys.exit(FAILED if any(one.fault for one in results) else FINE)


async def _probe(settings: Settings, calls: int, tell: Tell, *, quiet: bool) -> list[Result]:
    results = []
    async for result, kept in probe(settings, calls):
        results.append(result)
        if result.fault or not quiet:
            tell(*_sentence(result))
        if kept.is_alarm:
            _sound_alarm(settings, kept)
    return results


def _nothing(_id: str, _en: str) -> None:
    """For machines there is nothing but the JSON."""


def _sentence(result: Result) -> tuple[str, str]:
    if result.fault:
        return f"GAGAL: {result.fault.text.id}", f"FAILED: {result.fault.text.en}"
    at, silent = result.timing.number_seconds, result.timing.longest_silence_seconds
    return (
        f"Baik: nomor terdengar dua kali, pertama pada detik {at}; senyap terlama {silent} detik.",
        f"Fine: the number was heard twice, first after {at} s; longest silence {silent} s.",
    )


def _sound_alarm(settings: Settings, kept: Record) -> None:
    """Twice in a row is no chance: said on stderr, where cron mails it from and logs are read."""
    log.error(
        "probe alarm",
        failures=kept.failures_in_a_row,
        reason=kept.reason,
        said=kept.text.say(settings.language),
    )


def _write_metrics(file: Path | None, kept: Record, *, could_try: bool) -> None:
    if file is None:
        return
    try:
        record.write_metrics(file, kept, could_try=could_try)
    except OSError:
        sys.stderr.write(f"{file}: tidak dapat ditulis / cannot be written\n")
