"""Whether a line at Twilio is set up as the hotline needs it: asked of Twilio, and of our own address."""

import secrets
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import httpx

from config.findings import Finding, Level, failed, ok, warning
from config.settings import Settings
from config.twilio import faults_of_line
from ivr.providers.twilio import provisioning
from ivr.providers.twilio.asking import TwilioAway, TwilioRefused
from ivr.providers.twilio.proof import PROOF, proof
from ivr.providers.twilio.provisioning import NoSuchNumber
from ivr.providers.twilio.rest import NumberState, TwilioApi
from ivr.providers.twilio.signature import HEADER
from ivr.providers.twilio.voice import VOICE
from ticketing.people.privacy import Vault

WRONG_TOKEN = 20003
ANSWER_SECONDS = 15.0
"""Twilio waits no longer (twilio.com/docs/api/errors/11205)."""
NO_CALL = "check"
"""No identifier of a call: should a forged request be taken, it makes no ticket."""
NAMES = ("HOTLINE_TWILIO_TOKEN", "HOTLINE_TWILIO_NEXT_TOKEN")
PROVISION = "Jalankan: hotline twilio provision"
PROVISION_EN = "Run: hotline twilio provision"
ApiOf = Callable[[str, str], TwilioApi]


async def examine(
    settings: Settings,
    vault: Vault,
    api_of: ApiOf = TwilioApi,
    transport: httpx.AsyncBaseTransport | None = None,
) -> list[Finding]:
    """All findings; where settings are missing nothing is asked."""
    if found := [Finding("settings", Level.FAILED, wrong) for wrong in faults_of_line(settings)]:
        return found
    for name, token in zip(NAMES, settings.twilio_tokens, strict=False):
        api = api_of(settings.twilio_account, token)
        try:
            account = await _account(api, name)
            found += account
            if name == NAMES[0] and account[0].level is not Level.FAILED:
                found += await _number(api, settings)
        finally:
            await api.close()
    async with httpx.AsyncClient(transport=transport, timeout=ANSWER_SECONDS) as web:
        return [*found, *await _address(settings, vault, web)]


async def _account(api: TwilioApi, name: str) -> list[Finding]:
    """The account answers to the token, and may make calls."""
    try:
        state = await api.account_state()
    except TwilioRefused as refused:
        if refused.code != WRONG_TOKEN:
            return [Finding("account", Level.FAILED, refused.text)]
        return [
            failed(
                "account",
                f"Twilio tidak mengenal HOTLINE_TWILIO_ACCOUNT dengan {name}. Salin keduanya dari Console.",
                f"Twilio does not know HOTLINE_TWILIO_ACCOUNT with {name}. Copy both from the Console.",
            )
        ]
    except TwilioAway as away:
        return [Finding("account", Level.FAILED, away.text)]
    if state.status != "active":
        said = (f"Akun Twilio {state.status}.", f"The Twilio account is {state.status}.")
        return [failed("account", f"{said[0]} Lihat Console.", f"{said[1]} See the Console.")]
    found = [ok("account", f"Akun Twilio aktif ({name}).", f"The Twilio account is active ({name}).")]
    if state.is_trial:
        found.append(
            warning(
                "account",
                "Akun percobaan: hanya nomor terverifikasi yang terhubung. Tingkatkan sebelum dipakai warga.",
                "A trial account: only verified numbers are connected. Upgrade before citizens call.",
            )
        )
    return found


async def _number(api: TwilioApi, settings: Settings) -> list[Finding]:
    """The line's number takes calls, and leads them here."""
    try:
        number = await provisioning.number_of(api, settings)
    except (NoSuchNumber, TwilioRefused, TwilioAway) as refused:
        return [Finding("number", Level.FAILED, refused.text)]
    said = settings.twilio_number
    if not number.has_voice:
        return [
            failed(
                "number",
                f"{said} tidak menerima telepon. Pilih nomor dengan kemampuan Voice.",
                f"{said} takes no calls. Choose a number with the capability Voice.",
            )
        ]
    return [
        ok("number", f"{said} menerima telepon.", f"{said} takes calls."),
        *_webhooks(number, settings),
        *_fallback(number, settings),
    ]


def _webhooks(number: NumberState, settings: Settings) -> Iterator[Finding]:
    kept = settings.twilio_fallback_url or number.webhooks.voice_fallback_url
    address = settings.twilio_address
    kept = kept if provisioning.is_safe_fallback(address, kept) else ""
    found = provisioning.differences(number, provisioning.wanted(settings, kept))
    for one in found:
        yield failed(
            "webhooks",
            f"{one.name}: {one.now or '-'}, seharusnya {one.then or '-'}. {PROVISION}",
            f"{one.name}: {one.now or '-'}, should be {one.then or '-'}. {PROVISION_EN}",
        )
    if not found:
        yield ok("webhooks", f"Nomor mengarah ke {address}.", f"The number leads to {address}.")


def _fallback(number: NumberState, settings: Settings) -> Iterator[Finding]:
    if not (settings.twilio_fallback_url or number.webhooks.voice_fallback_url):
        yield warning(
            "fallback",
            "Tanpa alamat cadangan: bila kami mati, telepon terputus. Lihat: hotline twilio fallback",
            "No fallback address: while we are down, calls are cut off. See: hotline twilio fallback",
        )


async def _address(settings: Settings, vault: Vault, web: httpx.AsyncClient) -> list[Finding]:
    """Our public address refuses who is not Twilio, and takes what is signed by either token."""
    address, account = settings.twilio_address, settings.twilio_account
    forged = {"AccountSid": account, "CallSid": NO_CALL}
    try:
        refused = await _post(web, f"{address}{VOICE}", forged, secrets.token_hex(16))
        found = list(_forged(address, refused.status_code))
        for name, token in zip(NAMES, settings.twilio_tokens, strict=False):
            question = f"CA{secrets.token_hex(16)}"
            answer = await _post(web, f"{address}{PROOF}", forged | {"CallSid": question}, token)
            found.append(_signed(address, name, answer, proof(vault, question)))
    except httpx.HTTPError as fault:
        why = type(fault).__name__
        return [
            failed(
                "address",
                f"{address} tidak terjangkau ({why}). Periksa DNS, port, sertifikat, dan proxy.",
                f"{address} cannot be reached ({why}). Look at DNS, port, certificate and proxy.",
            )
        ]
    return found


def _forged(address: str, status: int) -> Iterator[Finding]:
    if status == httpx.codes.FORBIDDEN:
        yield ok("forged", "Permintaan palsu ditolak.", "A forged request is refused.")
    elif status in (httpx.codes.OK, httpx.codes.BAD_REQUEST):
        yield failed(
            "forged",
            f"{address} menerima permintaan palsu ({status}). Periksa apa yang menjawab di sana.",
            f"{address} takes a forged request ({status}). See what answers there.",
        )
    else:
        yield failed(
            "forged",
            f"{address}{VOICE} menjawab {status}, seharusnya 403. Teruskan /twilio/ ke hotline.",
            f"{address}{VOICE} answers {status}, should be 403. Pass /twilio/ on to the hotline.",
        )


def _signed(address: str, name: str, answer: httpx.Response, expected: bytes) -> Finding:
    if answer.status_code == httpx.codes.OK and answer.content == expected:
        return ok(
            "address",
            f"{address} sampai ke pemasangan ini, tanda tangan {name} diterima.",
            f"{address} leads to this installation, and the signature of {name} is taken.",
        )
    if answer.status_code == httpx.codes.OK:
        return failed(
            "address",
            f"{address} dijawab pemasangan lain. Periksa HOTLINE_TWILIO_URL, DNS, dan proxy.",
            f"{address} is answered by another installation. Look at HOTLINE_TWILIO_URL, DNS and the proxy.",
        )
    status = answer.status_code
    return failed(
        "address",
        f"{address} tidak menerima tanda tangan {name} ({status}). Mulai ulang hotline.",
        f"{address} does not take the signature of {name} ({status}). Restart the hotline.",
    )


async def _post(web: httpx.AsyncClient, url: str, form: dict[str, str], token: str) -> httpx.Response:
    """As Twilio would, by its own library's signature."""
    from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

    headers = {
        HEADER: RequestValidator(token).compute_signature(url, form),
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
    }
    return await web.post(url, content=urlencode(form), headers=headers)
