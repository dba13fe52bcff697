"""What makes the settings of an SMS gateway fit to use: sealed on the way, complete, its secret apart."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from config.errors import Text

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KNOWN = frozenset({"number", "text", "key", "token"})


class GatewaySettings(Protocol):
    """The settings looked at."""

    sms_url: str
    sms_fields: dict[str, str]
    sms_headers: dict[str, str]
    sms_token: SecretStr
    sms_token_file: Path | None
    sms_knows_keys: bool


def is_sealed(url: str) -> bool:
    """Whether what goes there is read by nobody on the way: https, or within this machine."""
    try:
        address = urlsplit(url)
        host = address.hostname
    except ValueError:
        return False
    return bool(host) and (address.scheme == "https" or (address.scheme == "http" and host in LOOPBACK))


def faults_of_gateway(settings: GatewaySettings) -> Iterator[Text]:
    """Everything that is wrong with them, the worst first."""
    if not is_sealed(settings.sms_url):
        yield Text(
            "sms_url: gateway SMS hanya lewat https", "sms_url: the SMS gateway is reached by https only"
        )
    if "{" in settings.sms_url:
        yield Text(
            "sms_url: nomor dan isi pesan tidak boleh di alamat; taruh di sms_fields",
            "sms_url: number and text must not stand in an address; put them into sms_fields",
        )
    used = _used(settings.sms_fields)
    everywhere = used | _used(settings.sms_headers)
    for name in sorted(everywhere - _KNOWN):
        yield Text(f"sms_fields: isian {{{name}}} tidak dikenal", f"sms_fields: {{{name}}} is not known")
    if not {"number", "text"} <= used:
        example = '{"to": "{number}", "msg": "{text}"}'
        yield Text(
            f"sms_fields: sebutkan isian untuk {{number}} dan {{text}}, misalnya {example}",
            f"sms_fields: name the fields for {{number}} and {{text}}, such as {example}",
        )
    if settings.sms_knows_keys and "key" not in everywhere:
        yield Text(
            "sms_knows_keys: kirim juga {key} di sms_fields atau sms_headers",
            "sms_knows_keys: send {key} too, in sms_fields or sms_headers",
        )
    yield from _faults_of_secret(settings, needed="token" in everywhere)


def _faults_of_secret(settings: GatewaySettings, *, needed: bool) -> Iterator[Text]:
    given = bool(settings.sms_token.get_secret_value()), bool(settings.sms_token_file)
    if all(given):
        yield Text(
            "sms_token dan sms_token_file: isi salah satu saja",
            "sms_token and sms_token_file: set one of the two",
        )
    if needed and not any(given):
        yield Text(
            "{token} dipakai, tetapi sms_token atau sms_token_file belum diisi",
            "{token} is used, and neither sms_token nor sms_token_file is set",
        )
    if any(given) and not needed:
        example = '{"Authorization": "Bearer {token}"}'
        yield Text(
            f"sms_token tidak dipakai; sebutkan {{token}}, misalnya sms_headers {example}",
            f"sms_token is not used; name {{token}}, such as sms_headers {example}",
        )


def _used(templates: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name for template in templates.values() for name in _PLACEHOLDER.findall(template))
