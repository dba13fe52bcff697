"""`hotline twilio`: whether the line at Twilio leads here, having it do so, and what it says without us."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from agent_bridge.commands.doctor import tell_findings
from agent_bridge.commands.speaking import Speaker, console, refusals, settings_or_exit
from config.errors import Refused
from config.settings import Settings
from config.twilio import faults_of_line
from ivr.providers.twilio import examination, provisioning
from ivr.providers.twilio.provisioning import Difference
from ivr.providers.twilio.rest import TwilioApi
from ivr.speech import prompts
from ticketing.people.privacy import Vault

app = typer.Typer(no_args_is_help=True, help="Jalur telepon Twilio / The line at Twilio.")
AsJson = Annotated[bool, typer.Option("--json", help="untuk mesin / for machines")]


class NotAsAsked(Refused):
    """Twilio took the change, and the number is not as it was asked to be."""

    def __init__(self, names: str) -> None:
        super().__init__(
            f"Twilio tidak menyimpan: {names}. Lihat nomor itu di Console.",
            f"Twilio did not keep: {names}. See the number in the Console.",
        )


@app.command("check")
def check(as_json: AsJson = False) -> None:
    """Periksa akun, nomor, dan alamat publik / Look at account, number and public address."""
    settings = settings_or_exit()
    with refusals(settings):
        vault = Vault(settings.office_key, settings.index_key)
        found = asyncio.run(examination.examine(settings, vault))
    tell_findings(found, settings.language, as_json=as_json)


@app.command("provision")
def provision(
    fallback_url: Annotated[str, typer.Option(help="alamat TwiML Bin / the TwiML Bin's address")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tunjukkan saja / only show")] = False,
    as_json: AsJson = False,
) -> None:
    """Arahkan nomor ke hotline ini / Have the number lead to this hotline."""
    settings = settings_or_exit()
    with refusals(settings):
        for wrong in faults_of_line(settings):
            raise Refused(wrong.id, wrong.en)
        changes = asyncio.run(_provision(settings, fallback_url, dry_run=dry_run))
    if as_json:
        told = {"changes": [asdict(one) for one in changes], "made": bool(changes) and not dry_run}
        print(json.dumps(told, indent=1))  # noqa: T201 - the output
        return
    for one in changes:
        console.print(f"{one.name}: {one.now or '-'} -> {one.then or '-'}", markup=False)
    _sum_up(changes, Speaker(settings.language), dry_run=dry_run)


def _sum_up(changes: Sequence[Difference], tell: Speaker, *, dry_run: bool) -> None:
    if not changes:
        tell("Tidak ada yang berubah.", "Nothing changes.")
    elif dry_run:
        tell("Belum diubah (--dry-run).", "Not changed (--dry-run).")
    else:
        tell("Diubah. Berikutnya: hotline twilio check", "Changed. Next: hotline twilio check")


async def _provision(settings: Settings, fallback_url: str, *, dry_run: bool) -> Sequence[Difference]:
    """What differs from what is wanted, and is now as wanted unless `dry_run`; one that is set is kept."""
    api = TwilioApi(settings.twilio_account, settings.twilio_tokens[0])
    try:
        number = await provisioning.number_of(api, settings)
        fallback = fallback_url or settings.twilio_fallback_url or number.webhooks.voice_fallback_url
        wanted = provisioning.wanted(settings, fallback)
        changes = provisioning.differences(number, wanted)
        if changes and not dry_run:
            left = provisioning.differences(await api.set_webhooks(number, wanted), wanted)
            if left:
                raise NotAsAsked(", ".join(one.name for one in left))
        return changes
    finally:
        await api.close()


@app.command("fallback")
def fallback() -> None:
    """Cetak TwiML untuk saat hotline mati / Print the TwiML for when the hotline is down."""
    settings = settings_or_exit()
    with refusals(settings):
        texts = prompts.load(settings.office).texts
    number = settings.twilio_fallback_number
    print(provisioning.static_document(number, texts).decode())  # noqa: T201 - the output
    sys.stderr.write(f"{_explained(settings)}\n")


def _explained(settings: Settings) -> str:
    """Where it belongs; apart from the document, so that that can be piped."""
    lines = [
        (
            "Tempel ke TwiML Bin baru di Twilio Console, jangan di komputer kami: dipakai bila kami mati.",
            "Paste it into a new TwiML Bin in the Twilio Console, not on our machine: it is for our outages.",
        ),
        (
            "Lalu: hotline twilio provision --fallback-url ALAMAT_BIN",
            "Then: hotline twilio provision --fallback-url ADDRESS_OF_THE_BIN",
        ),
    ]
    if not settings.twilio_fallback_number:
        lines.append(
            (
                "HOTLINE_TWILIO_FALLBACK_NUMBER kosong: penelepon hanya mendengar permintaan maaf.",
                "HOTLINE_TWILIO_FALLBACK_NUMBER is not set: callers hear nothing but an apology.",
            )
        )
    return "\n".join(en if settings.language == "en" else id for id, en in lines)
