"""`hotline bench`: what the hot paths cost, beside a peer and a floor measured in the same run."""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from agent_bridge.bench.measure import Result
from agent_bridge.commands.speaking import Speaker, console, settings_or_exit
from config.errors import Refused

Tell = Callable[[int, int], None]


class PeersMissing(Refused):
    """What we measure against is not installed with the hotline."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Pembanding memerlukan paket {name}. Jalankan: make env",
            f"The peer needs the package {name}. Run: make env",
        )


def _ami(tell: Tell) -> list[Result]:
    from agent_bridge.bench import ami

    return ami.run(tell)


def _ticket(tell: Tell) -> list[Result]:
    from agent_bridge.bench import ticket

    return asyncio.run(ticket.run(tell))


def _agi(tell: Tell) -> list[Result]:
    from agent_bridge.bench import agi

    return agi.run(tell)


def _pop(tell: Tell) -> list[Result]:
    from agent_bridge.bench import pop

    return asyncio.run(pop.run(tell))


def _rush(tell: Tell) -> list[Result]:
    from agent_bridge.bench import rush

    return asyncio.run(rush.run(tell))


def _overload(tell: Tell) -> list[Result]:
    from agent_bridge.bench import overload

    return asyncio.run(overload.run(tell))


def _search(tell: Tell) -> list[Result]:
    from agent_bridge.bench import search

    return search.run(tell)


def _steps(tell: Tell) -> list[Result]:
    from agent_bridge.bench import steps

    return asyncio.run(steps.run(tell))


def _webhook(tell: Tell) -> list[Result]:
    from agent_bridge.bench import webhook

    return asyncio.run(webhook.run(tell))


BENCHES: dict[str, Callable[[Tell], list[Result]]] = {
    "ami": _ami,
    "ticket": _ticket,
    "steps": _steps,
    "agi": _agi,
    "pop": _pop,
    "rush": _rush,
    "overload": _overload,
    "search": _search,
    "webhook": _webhook,
}


def bench(
    names: Annotated[list[str], typer.Argument(help=", ".join((*BENCHES, "all")))],
    as_json: Annotated[bool, typer.Option("--json", help="hanya angka / figures only")] = False,
) -> None:
    """Ukur jalur panas terhadap pembanding dan batas bawah / Measure the hot paths."""
    speaker = Speaker(settings_or_exit().language)
    wanted = list(BENCHES) if "all" in names else names
    results: list[Result] = []
    for name in wanted:
        if name not in BENCHES:
            speaker(f"'{name}' tidak ada. Yang ada: {', '.join(BENCHES)}.",
                    f"There is no '{name}'. There are: {', '.join(BENCHES)}.")  # fmt: skip
            sys.exit(2)
        results += _with_progress(name)
    if as_json:
        print(json.dumps([result.to_json() for result in results], indent=1))  # noqa: T201 - the output
    else:
        console.print(_table(results))
    sys.exit(0 if all(result.met for result in results) else 1)


def _with_progress(name: str) -> list[Result]:
    with Progress(TextColumn("{task.description}"), BarColumn(), transient=True) as bars:
        bar = bars.add_task(name)
        try:
            return BENCHES[name](lambda done, total: bars.update(bar, completed=done, total=total))
        except ModuleNotFoundError as missing:
            raise PeersMissing(missing.name or "?") from None


def _table(results: list[Result]) -> Table:
    table = Table("jalur / path", "kami / ours", "pembanding / peer", "batas / floor", "tujuan / goal", "")
    for result in results:
        plain = result.to_json()
        shown = [str(plain[name]) if plain[name] is not None else "-" for name in ("ours", "peer", "floor")]
        judged = plain["ratio_to_peer"] if result.goal.startswith("peer") else plain["ratio_to_floor"]
        verdict = f"{judged['median']:g} [{judged['low']:g}, {judged['high']:g}]" if judged else ""
        table.add_row(
            f"{result.path} ({result.unit})", *shown, result.goal, verdict + (" ok" if result.met else " x")
        )
    return table
