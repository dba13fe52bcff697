"""`hotline follow-ups`: which open tickets fall due, and who owns them."""

import contextlib
import json
import re
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from agent_bridge.commands.speaking import Speaker, console, refusals, settings_or_exit
from agent_bridge.house import open_ledger, read_office
from config.clock import now
from config.errors import Language, Refused, Text
from ticketing.reports.wording import DUES, STATES, length, moment
from ticketing.tickets.number import from_digits

app = typer.Typer(no_args_is_help=True, help="Tindak lanjut berkala / Periodic follow-up.")
_SPAN = re.compile(r"([1-9][0-9]{0,3}) ?(d|h|m|hari|jam|menit)")
_SECONDS = {"d": 86400, "hari": 86400, "h": 3600, "jam": 3600, "m": 60, "menit": 60}


class NoSpan(Refused):
    """The text is no length of time."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"'{text}' bukan jangka waktu. Tulis seperti '2 hari', '12 jam' atau '2d'.",
            f"'{text}' is no length of time. Write it like '2d', '12h' or '30m'.",
        )


@app.callback()
def _many() -> None:
    """Tindak lanjut berkala / Periodic follow-up."""


@app.command("due")
def due(
    within: Annotated[str | None, typer.Option(help="misalnya / such as 2d, '12 jam'")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="untuk mesin / for machines")] = False,
) -> None:
    """Tiket terbuka menurut jatuh temponya / Open tickets by what falls due first."""
    settings, at = settings_or_exit(), now()
    with refusals(settings):
        until_at = at + span(within) if within else None
        with contextlib.closing(open_ledger(settings, read_office(settings))) as ledger:
            rows = [_plain(row, at) for row in ledger.reader.tickets_due(until_at)]
    if as_json:
        print(json.dumps(rows, indent=1, default=datetime.isoformat))  # noqa: T201 - the output
        return
    for row in rows:
        console.print(_line(row, at, settings.language), markup=False)
    Speaker(settings.language)(f"{len(rows)} tiket", f"{len(rows)} tickets")


def span(text: str) -> timedelta:
    """A length of time such as `2d` or `12 jam`; raises NoSpan."""
    found = _SPAN.fullmatch(text.strip().casefold())
    if found is None:
        raise NoSpan(text)
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def _plain(row: Any, at: datetime) -> dict[str, Any]:
    return {
        "number": from_digits(row.ticket_id).written,
        "state": row.state,
        "owner_role": row.owner_role,
        "owner": row.owner_id,
        "unit": row.unit,
        "due": row.due_kind,
        "next_due_at": row.next_due_at,
        "limit_at": row.limit_at,
        "misses": row.misses,
        "overdue": row.next_due_at <= at,
    }


def _line(row: dict[str, Any], at: datetime, language: Language) -> str:
    left = abs((row["next_due_at"] - at).total_seconds())
    how_long = length(left)
    when = Text(f"LEWAT {how_long.id}", f"OVERDUE by {how_long.en}") if row["overdue"] else Text(
        f"{how_long.id} lagi", f"in {how_long.en}"
    )  # fmt: skip
    parts = (
        row["number"],
        moment(row["next_due_at"]),
        when.say(language),
        row["owner"] or "-",
        DUES[row["due"]].say(language),
        STATES[row["state"]].say(language),
    )
    return "  ".join(parts)
