"""The letters telephones send in text messages (GSM 03.38): one letter outside them costs half the room."""

import unicodedata

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
"""Letters that take the room of two."""
_INSTEAD = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "•": "-", "\t": " ", "`": "'"}
)

ONE_MESSAGE, PART = 160, 153
"""Room in one message, and in each part of a longer one."""


def strange(text: str) -> str | None:
    """The first letter that telephones do not have."""
    return next((one for one in text if one not in _BASIC and one not in _EXTENDED), None)


def room(text: str) -> int:
    """How much room the text takes, in letters."""
    return sum(2 if one in _EXTENDED else 1 for one in text)


def plain(text: str) -> str:
    """The text in the telephones' letters as far as they have them: quotes, dashes and accents put simply."""
    letters = unicodedata.normalize("NFC", text).translate(_INSTEAD)
    return "".join(one if strange(one) is None else _simple(one) for one in letters)


def _simple(letter: str) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return bare if bare and strange(bare) is None else letter
