"""`hotline doctor`: what is right, what should be known, and what must be mended before callers come."""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from agent_bridge import doctor as checks
from agent_bridge.commands.speaking import console, refusals, settings_or_exit
from config.clock import now
from config.errors import Language
from config.findings import Finding, Level

SIGNS = {
    Level.OK: "[green]ok[/green]   ",
    Level.WARNING: "[yellow]awas[/yellow] ",
    Level.FAILED: "[red]gagal[/red]",
}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="untuk mesin / for machines")] = False,
    call: Annotated[int, typer.Option(help="tunggu satu panggilan, dtk / wait for a call, seconds")] = 0,
) -> None:
    """Periksa pemasangan ini / Look at this installation."""
    settings = settings_or_exit()
    with refusals(settings):
        found = asyncio.run(checks.look(settings, now, call))
    tell_findings(found, settings.language, as_json=as_json)


def tell_findings(found: Sequence[Finding], language: Language, *, as_json: bool) -> NoReturn:
    """Say what was found, and end: with 1 where something failed."""
    if as_json:
        plain = [
            {"code": one.code, "level": one.level, "id": one.text.id, "en": one.text.en} for one in found
        ]
        print(json.dumps(plain, indent=1, ensure_ascii=False))  # noqa: T201 - the output
    else:
        for one in found:
            console.print(SIGNS[one.level], one.text.say(language))
    sys.exit(1 if any(one.level is Level.FAILED for one in found) else 0)
