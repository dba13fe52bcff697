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
        f"Tunggu terlama: {p.waits_told} disebutkan, {p.waits_true} benar, {p.waits_false} tidak ({share}); "
        f"{p.waits_not_graded} tidak dapat dinilai, {p.waits_open} berjalan.",
        f"Longest waits: {p.waits_told} told, {p.waits_true} true, {p.waits_false} not ({share}); "
        f"{p.waits_not_graded} cannot be graded, {p.waits_open} going on.",
    )
    tell(
        f"Telepon balik: {p.call_backs_promised} dijanjikan, {p.call_backs_kept} ditepati, "
        f"{p.call_backs_late} terlambat, {p.call_backs_put_off} ditunda, "
        f"{p.call_backs_open} belum jatuh tempo; {p.call_backs_made} tersambung, "
        f"{p.call_backs_in_vain} sia-sia.",
        f"Call-backs: {p.call_backs_promised} promised, {p.call_backs_kept} kept, {p.call_backs_late} late, "
        f"{p.call_backs_put_off} put off, {p.call_backs_open} not due yet; "
        f"{p.call_backs_made} reached, {p.call_backs_in_vain} in vain.",
    )
    tell(
        f"Jawaban: {p.answers_promised} dijanjikan, {p.answers_kept} ditepati, {p.answers_late} terlambat, "
        f"{p.answers_open} belum jatuh tempo; {p.due_times_missed} tenggat antara terlewat.",
        f"Answers: {p.answers_promised} promised, {p.answers_kept} kept, {p.answers_late} late, "
        f"{p.answers_open} not due yet; {p.due_times_missed} due times on the way missed.",
    )
    tell(
        f"Pesan: {p.numbers_in_time} dari {p.numbers_promised} nomor dan {p.texts_in_time} dari "
        f"{p.texts_promised} pesan terkirim dalam 60 detik; {p.texts_late} terlambat, "
        f"{p.texts_owed} terutang.",
        f"Texts: {p.numbers_in_time} of {p.numbers_promised} numbers and {p.texts_in_time} of "
        f"{p.texts_promised} texts sent within 60 seconds; {p.texts_late} late, {p.texts_owed} owed.",
    )
