"""`hotline texts`: which text messages wait, since when and why; and how to have them tried again."""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from agent_bridge.accounts import BY_COMMAND
from agent_bridge.commands.speaking import Speaker, console, refusals, settings_or_exit
from agent_bridge.house import open_ledger, read_office
from config.clock import now
from config.errors import Language, Text
from ticketing.ledger import deliveries
from ticketing.ledger.deliveries import Delivery
from ticketing.people.audit import write_audit
from ticketing.reports.wording import MESSAGES, length, moment
from ticketing.tickets.number import from_digits

app = typer.Typer(no_args_is_help=True, help="Pesan singkat kepada warga / Text messages to citizens.")
NEW = Text("belum dicoba", "not tried yet")
STATES = {
    Delivery.SENDING: Text("sedang dikirim", "being sent"),
    Delivery.WAITING: Text("menunggu percobaan berikutnya", "waits for its next try"),
    Delivery.SENT: Text("terkirim", "sent"),
    Delivery.REFUSED: Text("ditolak gateway; sampaikan lewat telepon", "refused by the gateway; call them"),
    Delivery.UNSURE: Text(
        "tidak pasti terkirim; tanyakan kepada warga", "may have been sent; ask the citizen"
    ),
}
PROMISED_SECONDS = 60
"""From registration to the number's text."""
LATELY = timedelta(days=1)


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="untuk mesin / for machines")] = False,
) -> None:
    """Pesan yang belum terkirim, yang terlama dahulu / Texts that are owed, the oldest first."""
    settings, at = settings_or_exit(), now()
    with (
        refusals(settings),
        contextlib.closing(open_ledger(settings, read_office(settings))) as ledger,
        ledger.reader.connect() as connection,
    ):
        rows = [_plain(row) for row in deliveries.waiting(connection, at)]
        seconds = deliveries.seconds_to_number(connection, at - LATELY)
    numbers = _numbers(seconds)
    if as_json:
        found = {"by": settings.sms_by, "waiting": rows, "numbers": numbers}
        print(json.dumps(found, indent=1, default=datetime.isoformat))  # noqa: T201 - the output
        return
    for row in rows:
        console.print(_line(row, at, settings.language), markup=False)
    tell = Speaker(settings.language)
    tell(f"{len(rows)} pesan menunggu; jalur: {settings.sms_by}",
         f"{len(rows)} texts wait; sent by: {settings.sms_by}")  # fmt: skip
    if seconds:
        share = f"{numbers['within']} / {numbers['sent']}"
        tell(f"Nomor tiket 24 jam terakhir: {share} dalam 60 detik",
             f"Ticket numbers in 24 hours: {share} within 60 seconds")  # fmt: skip


@app.command("retry")
def retry(
    number: Annotated[str | None, typer.Argument(help="nomor tiket / ticket number; none: all")] = None,
    unsure: Annotated[
        bool,
        typer.Option("--unsure", help="juga yang tidak pasti: mungkin sampai dua kali / may arrive twice"),
    ] = False,
) -> None:
    """Coba lagi sekarang yang ditolak atau menunggu / Try again now what was refused or waits."""
    settings, at = settings_or_exit(), now()
    states = {Delivery.REFUSED, Delivery.WAITING} | ({Delivery.UNSURE} if unsure else set())
    with refusals(settings):
        ticket_id = from_digits(number).digits if number else None
        with contextlib.closing(open_ledger(settings, read_office(settings))) as ledger:
            count = asyncio.run(
                ledger.journal.do(lambda connection: _again(connection, at, ticket_id, states))
            )
    Speaker(settings.language)(f"{count} pesan dicoba lagi.", f"{count} texts are tried again.")


def _again(connection: Any, at: datetime, ticket_id: str | None, states: set[Delivery]) -> int:
    keys = [
        row.key
        for row in deliveries.waiting(connection, at)
        if row.state in states and ticket_id in (None, row.ticket_id)
    ]
    deliveries.try_again(connection, at, keys)
    if keys:
        write_audit(connection, at, BY_COMMAND, "texts.retry", ticket_id or "all")
    return len(keys)


def _numbers(seconds: Sequence[float]) -> dict[str, Any]:
    """How fast ticket numbers went out lately, `slow_seconds` being the 95th of a hundred."""
    within = sum(one <= PROMISED_SECONDS for one in seconds)
    slow = round(seconds[int(0.95 * (len(seconds) - 1))], 1) if seconds else None
    return {"sent": len(seconds), "within": within, "slow_seconds": slow}


def _plain(row: Any) -> dict[str, Any]:
    return {
        "number": from_digits(row.ticket_id).written,
        "kind": row.kind,
        "owed_at": row.owed_at,
        "state": row.state,
        "tries": row.tries or 0,
        "tried_at": row.tried_at,
        "next_try_at": row.next_try_at,
    }


def _line(row: dict[str, Any], at: datetime, language: Language) -> str:
    waits = length(max(0.0, (at - row["owed_at"]).total_seconds())).say(language)
    why = STATES[Delivery(row["state"])] if row["state"] else NEW
    tries = Text(f"{row['tries']} kali dicoba", f"tried {row['tries']} times").say(language)
    kind = MESSAGES[row["kind"]].say(language)
    return "  ".join((row["number"], kind, moment(row["owed_at"]), waits, tries, why.say(language)))
