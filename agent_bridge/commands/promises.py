"""`hotline promises`: what citizens were promised, and what became of it."""

import contextlib
import json
from datetime import timedelta
from typing import Annotated

import typer

from agent_bridge.commands.speaking import Speaker, refusals, settings_or_exit
from agent_bridge.house import open_ledger, read_office
from config.clock import now
from ticketing.reports.promises import Promises
from ticketing.reports.promises import promises as counted


def promises(
    days: Annotated[int, typer.Option(min=1, max=366, help="hari terakhir / last days")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="untuk mesin / for machines")] = False,
) -> None:
    """Janji kepada warga, ditepati atau tidak / Promises to citizens, kept or not."""
    settings, at = settings_or_exit(), now()
    office = read_office(settings)
    with refusals(settings), contextlib.closing(open_ledger(settings, office)) as ledger:
        found = counted(ledger.reader, office.office, at - timedelta(days=days), at)
    if as_json:
        print(json.dumps(found.to_json(), indent=1))  # noqa: T201 - the output
        return
    _tell(Speaker(settings.language), found)


def _tell(tell: Speaker, p: Promises) -> None:
    share = f"{p.waits_share:.0%}" if p.waits_share is not None else "-"
    tell(
        f"Tunggu terlama: {p.waits_told} disebutkan, {p.waits_true} benar, {p.waits_false} tidak ({share}).",
        f"Longest waits: {p.waits_told} told, {p.waits_true} true, {p.waits_false} not ({share}).",
    )
    tell(
        f"Telepon balik: {p.call_backs_made} tersambung, {p.call_backs_in_vain} sia-sia, "
        f"{p.call_backs_put_off} ditunda; terutang {p.call_backs_open}, lewat janji {p.call_backs_late}.",
        f"Call-backs: {p.call_backs_made} reached, {p.call_backs_in_vain} in vain, "
        f"{p.call_backs_put_off} put off; {p.call_backs_open} owed, {p.call_backs_late} past the promise.",
    )
    tell(
        f"Jawaban: {p.answers_late} tiket lewat batas; {p.due_times_missed} jatuh tempo terlewat.",
        f"Answers: {p.answers_late} tickets past their limit; {p.due_times_missed} due times missed.",
    )
    tell(
        f"Pesan: {p.numbers_in_time} dari {p.numbers_sent} nomor terkirim dalam 60 detik; "
        f"{p.texts_owed} belum terkirim.",
        f"Texts: {p.numbers_in_time} of {p.numbers_sent} numbers sent within 60 seconds; "
        f"{p.texts_owed} not sent yet.",
    )
