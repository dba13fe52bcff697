"""What makes the settings of a Twilio account fit to use: complete, public, its tokens apart."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from config.errors import Text
from config.sms_gateway import is_sealed

ACCOUNT = r"^(AC[0-9a-f]{32})?$"
SERVICE = r"^(MG[0-9a-f]{32})?$"
TEMPLATE = r"^(HX[0-9a-f]{32})?$"
NUMBER = r"^(\+[1-9][0-9]{6,14})?$"
SMS_SENDER = r"^(\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11})?$"
"""A number, a short code, or up to eleven letters (twilio.com/docs/glossary/what-alphanumeric-sender-id)."""
SIP = r"^([A-Za-z0-9.-]+:[0-9]{1,5})?$"
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}|sips?:[^\s@<>\"]+@[^\s@<>\"]+")
_LABEL = re.compile(r"[\w.+-]{1,32}")


class TwilioSettings(Protocol):
    """The settings looked at."""

    twilio_account: str
    twilio_token: SecretStr
    twilio_token_file: Path | None
    twilio_next_token: SecretStr
    twilio_next_token_file: Path | None
    twilio_number: str
    twilio_url: str
    twilio_phones: dict[str, str]
    twilio_sip: str
    twilio_fallback_url: str
    twilio_sms_from: str
    twilio_whatsapp_from: str
    twilio_whatsapp_template: str
    twilio_messaging_service: str

    @property
    def is_beyond_loopback(self) -> bool:
        """Whether other machines reach the pages, by TLS."""

    @property
    def pbx(self) -> str:
        """Which telephone system there is."""

    @property
    def sms(self) -> str:
        """By what text messages go."""

    @property
    def twilio_address(self) -> str:
        """Where Twilio reaches us."""


def is_origin(url: str) -> bool:
    """Whether it is scheme, host and port alone: a path of its own would not be in what Twilio signs."""
    try:
        parts = urlsplit(url)
        beyond = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
        return bool(parts.hostname) and not beyond and parts.port != 0
    except ValueError:
        return False


def faults_of_twilio(settings: TwilioSettings) -> Iterator[Text]:
    """Everything that is wrong with them, the worst first."""
    yield from _faults_of_tokens(settings)
    if settings.pbx == "twilio":
        yield from faults_of_line(settings)
    elif settings.sms == "twilio":
        yield from _faults_of_account(settings)
    if settings.sms == "twilio":
        yield from _faults_of_senders(settings)


def faults_of_line(settings: TwilioSettings) -> Iterator[Text]:
    """What a line at Twilio lacks."""
    yield from _faults_of_account(settings)
    if not settings.twilio_number:
        yield _missing("twilio_number", "nomor hotline di Twilio (+62...)", "the line's number (+62...)")
    yield from _faults_of_addresses(settings)
    if settings.twilio_sip and not settings.is_beyond_loopback:
        yield Text(
            "twilio_sip: telepon browser petugas perlu host di luar 127.0.0.1 dan sertifikat (hotline tls)",
            "twilio_sip: agents' browser phones need a host beyond 127.0.0.1 and a certificate (hotline tls)",
        )
    if not (settings.twilio_phones or settings.twilio_sip):
        example = '{"meja1": "sip:meja1@kantor.sip.twilio.com"}'
        yield _missing(
            "twilio_phones",
            f"telepon petugas, misalnya {example} (atau twilio_sip: telepon browser)",
            f"the agents' phones, such as {example} (or twilio_sip: browser phones)",
        )
    for label, phone in settings.twilio_phones.items():
        if not (_LABEL.fullmatch(label) and _PHONE.fullmatch(phone)):
            # The number itself may be somebody's own.
            yield Text(
                f"twilio_phones: '{label}' harus +62... atau sip:nama@domain",
                f"twilio_phones: '{label}' must be +62... or sip:name@domain",
            )


def _faults_of_tokens(settings: TwilioSettings) -> Iterator[Text]:
    for name in ("twilio_token", "twilio_next_token"):
        if getattr(settings, name).get_secret_value() and getattr(settings, f"{name}_file"):
            yield _one_of(name, f"{name}_file")


def _faults_of_account(settings: TwilioSettings) -> Iterator[Text]:
    if not settings.twilio_account:
        yield _missing("twilio_account", "Account SID (AC...)", "the Account SID (AC...)")
    if not (settings.twilio_token.get_secret_value() or settings.twilio_token_file):
        yield _missing("twilio_token_file", "berkas berisi Auth Token", "a file with the Auth Token in it")


def _faults_of_addresses(settings: TwilioSettings) -> Iterator[Text]:
    url, fallback = settings.twilio_address, settings.twilio_fallback_url
    if not url:
        yield _missing("twilio_url", "alamat publik kami (https://...)", "our public address (https://...)")
    elif not (is_sealed(url) and is_origin(url)):
        yield Text(
            "twilio_url: https://, nama, dan port saja, tanpa jalur",
            "twilio_url: https://, name and port alone, without a path",
        )
    if fallback and (not is_sealed(fallback) or urlsplit(fallback).hostname == urlsplit(url).hostname):
        yield Text(
            "twilio_fallback_url: alamat https di luar komputer kami (TwiML Bin): dipakai bila kami mati",
            "twilio_fallback_url: an https address not on our machine (a TwiML Bin): for when we are down",
        )


def _faults_of_senders(settings: TwilioSettings) -> Iterator[Text]:
    if settings.twilio_sms_from and settings.twilio_messaging_service:
        yield _one_of("twilio_sms_from", "twilio_messaging_service")
    if not (settings.twilio_sms_from or settings.twilio_messaging_service or settings.twilio_whatsapp_from):
        others = "twilio_messaging_service, twilio_whatsapp_from"
        yield _missing("twilio_sms_from", f"pengirim SMS (atau {others})", f"who sends SMS (or {others})")
    if settings.twilio_whatsapp_from and not settings.twilio_whatsapp_template:
        yield _missing(
            "twilio_whatsapp_template",
            "template yang disetujui (HX...). Kantor menulis lebih dulu; tanpa template pesan tidak sampai",
            "an approved template (HX...). The office writes first; without one no message arrives",
        )


def _missing(name: str, id: str, en: str) -> Text:
    return Text(f"{name} belum diisi: {id}", f"{name} is not set: {en}")


def _one_of(name: str, other: str) -> Text:
    return Text(f"{name} dan {other}: isi salah satu saja", f"{name} and {other}: set one of the two")
