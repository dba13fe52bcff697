"""The words of text messages to citizens, as the office wrote them."""

import re

from config.yaml_files import Located

PLACEHOLDERS = {
    "number": ("number", "pin", "line"),
    "progress": ("number", "state", "line"),
    "solution": ("number", "solution", "line"),
    "call_back": ("number", "date", "line"),
    "restricted": ("number", "line"),
}
"""What each message may be filled with."""
ONE_MESSAGE = 160
"""Letters of the telephone alphabet in one text message (GSM 03.38)."""
_LONGEST = {"number": "000000-0000-0", "pin": "000000", "line": "031000000000"}
_PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")


def read_messages(top: Located) -> dict[str, str]:
    """The templates of `messages.id.yaml` by their kind."""
    fields = top.fields(tuple(PLACEHOLDERS))
    return {kind: _template(kind, item) for kind, item in fields.items()}


def _template(kind: str, item: Located) -> str:
    text, known = item.text(), PLACEHOLDERS[kind]
    for name in _PLACEHOLDER.findall(text):
        if name not in known:
            names = ", ".join(f"{{{one}}}" for one in known)
            item.refuse(
                f"'{{{name}}}' tidak dikenal dalam pesan ini. Yang ada: {names}.",
                f"'{{{name}}}' is not known in this message. There are: {names}.",
            )
    if kind == "number" and len(text.format_map(_LONGEST)) > ONE_MESSAGE:
        item.refuse(
            f"Pesan nomor lebih panjang dari {ONE_MESSAGE} huruf setelah diisi. Pendekkan.",
            f"The number's message is longer than {ONE_MESSAGE} letters once filled in. Shorten it.",
        )
    return text
