"""The words of text messages to citizens, as the office wrote them in `messages.id.yaml`."""

import re
from dataclasses import dataclass

from config import gsm
from config.yaml_files import Located

NUMBER, LINE, STATUS, PIN = "number", "line", "status", "pin"
_ALWAYS = frozenset({NUMBER, LINE, STATUS})
"""What any message may be filled with."""
_NEEDED = {
    "number": (NUMBER, PIN, STATUS),
    "solution": (NUMBER, "solution"),
    "answered": (NUMBER, LINE),
    "call_back": (NUMBER, "date"),
    "restricted": (NUMBER, LINE),
}
"""What each message must be filled with: a text without its answer would count as an answer."""
_PROGRESS = {
    "forwarded_to_official": (),
    "referred_elsewhere": ("elsewhere",),
    "follow_up_done": (),
    "merged": (),
    "unmerged": (),
}
"""The same of each progress, by the fact that it tells of."""
_MAY = {"forwarded_to_official": frozenset({"unit"})}
_LONGEST = {NUMBER: "000000-00000-0", PIN: "000000", LINE: "0" * 12}
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Messages:
    """The office's templates; `progress` by what happened, `status_web` where citizens may ask by web too."""

    number: str
    progress: dict[str, str]
    solution: str
    answered: str
    call_back: str
    restricted: str
    status: str
    status_web: str


def read_messages(top: Located) -> Messages:
    """The templates of `messages.id.yaml`."""
    fields = top.fields((*_NEEDED, "progress", "status", "status_web"))
    happened = fields["progress"].fields(tuple(_PROGRESS))
    read = {name: _template(fields[name], needed) for name, needed in _NEEDED.items()}
    status = _template(fields["status"], (LINE,), frozenset({LINE}))
    _refuse_if_too_long(fields["number"], read["number"], status)
    return Messages(
        progress={
            kind: _template(happened[kind], (NUMBER, *needed), _ALWAYS | _MAY.get(kind, frozenset()))
            for kind, needed in _PROGRESS.items()
        },
        status=status,
        status_web=_template(fields["status_web"], (LINE, "web"), frozenset({LINE, "web"})),
        **read,
    )


def _template(item: Located, needed: tuple[str, ...], known: frozenset[str] = _ALWAYS) -> str:
    text, names = item.text(), sorted({*known, *needed})
    listed = ", ".join(f"{{{name}}}" for name in names)
    for name in _PLACEHOLDER.findall(text):
        if name not in names:
            item.refuse(
                f"'{{{name}}}' tidak dikenal dalam pesan ini. Yang ada: {listed}.",
                f"'{{{name}}}' is not known in this message. There are: {listed}.",
            )
    for name in needed:
        if f"{{{name}}}" not in text:
            item.refuse(
                f"Pesan ini harus memuat {{{name}}}. Tambahkan.", f"This message needs {{{name}}}. Add it."
            )
    bare = _PLACEHOLDER.sub("", text)
    if "{" in bare or "}" in bare:
        item.refuse(
            f"Kurung kurawal hanya untuk isian: {listed}.", f"Braces are for placeholders only: {listed}."
        )
    if (letter := gsm.strange(bare)) is not None:
        item.refuse(
            f"'{letter}' bukan huruf SMS, dan membuat pesan dua kali lebih mahal. Ganti.",
            f"'{letter}' is no letter of text messages and makes them cost double. Replace it.",
        )
    return text


def _refuse_if_too_long(item: Located, template: str, status: str) -> None:
    filled = template.format_map(_LONGEST | {STATUS: status.format_map(_LONGEST)})
    if (length := gsm.room(filled)) > gsm.ONE_MESSAGE:
        item.refuse(
            f"Setelah diisi pesan nomor {length} huruf. Pendekkan sampai {gsm.ONE_MESSAGE}.",
            f"Filled in, the number's message has {length} letters. Shorten it to {gsm.ONE_MESSAGE}.",
        )
