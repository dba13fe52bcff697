"""Telephone numbers: any form callers and networks use, to E.164 and to what may be shown."""

import re

import phonenumbers

from ticketing.people.field_warning import FieldWarning, a_warning

WITHHELD = frozenset({"", "anonymous", "unknown", "restricted", "private", "unavailable", "0", "+"})
HOME_REGION = "ID"

_WRITTEN_AS_NUMBER = re.compile(r"[+0-9 ()./-]+")
_TRUNK_62 = re.compile(r"^(?:00[1789])?62(?=[ (\d-])")
"""Indonesian trunks send 62... without its plus, or behind a carrier's own international prefix."""

NO_NUMBER = a_warning(
    "phone_unreadable",
    "Ini bukan nomor telepon. Tulis seperti 0812 3456 7890 atau 031 9925 4200.",
    "This is no telephone number. Write it like 0812 3456 7890 or 031 9925 4200.",
)
UNLIKELY = a_warning(
    "phone_unlikely",
    "Nomor ini tidak lazim: terlalu pendek, terlalu panjang, atau awalannya tidak dikenal. Bacakan kembali.",
    "This number is unusual: too short, too long, or its prefix is not known. Read it back to the caller.",
)
COSTLY = a_warning(
    "phone_premium",
    "Ini nomor berbayar mahal (premium). Minta nomor lain untuk telepon kembali.",
    "This is a premium number. Ask for another one to call back.",
)


def normalise(raw: str | None) -> str | None:
    """The number in E.164 (`+6281234567878`), or None where it is withheld or no number at all."""
    if raw is None or raw.strip().lower() in WITHHELD or len(raw) > 40:
        return None
    text = raw.strip()
    if not _WRITTEN_AS_NUMBER.fullmatch(text):
        return None
    text = _TRUNK_62.sub("+62", text)
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def warnings(raw: str) -> tuple[FieldWarning, ...]:
    """What is doubtful about a number as it was typed; the agent may keep it all the same."""
    known = normalise(raw)
    if known is None:
        return (NO_NUMBER,)
    number = phonenumbers.parse(known, None)
    if phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        return (COSTLY,)
    return () if phonenumbers.is_valid_number(number) else (UNLIKELY,)


def is_mobile(number: str) -> bool:
    """Whether text messages reach the number (E.164)."""
    kind = phonenumbers.number_type(phonenumbers.parse(number, None))
    return kind in _TEXTED


_TEXTED = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def mask(number: str) -> str:
    """What an agent may see before asking: country, first digit and the last two (`+62 8** **** 78`)."""
    parsed = phonenumbers.parse(number, None)
    national = str(parsed.national_number)
    hidden = "*" * (len(national) - 3)
    body = national[0] + hidden + national[-2:]
    groups = [body[:3], body[3:-2], body[-2:]] if len(body) > 7 else [body]
    return f"+{parsed.country_code} " + " ".join(groups)
