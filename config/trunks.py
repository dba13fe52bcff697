"""How calls reach an office's own PBX, and the phones of its agents: read from `trunks.yaml`."""

import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from config.yaml_files import Located, read

TRUNKS_FILE = "trunks.yaml"
CODECS = ("alaw", "ulaw", "g722", "opus", "gsm")
DIAL_FORMS = ("+62", "62", "0")
CALLER_HEADERS = ("From", "P-Asserted-Identity", "Remote-Party-ID", "none")
NAME = re.compile(r"[a-z][a-z0-9-]{1,30}")
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?")
USER = re.compile(r"[A-Za-z0-9+._@-]{1,80}")
PHONE = re.compile(r"[A-Za-z0-9._-]{1,40}")
LINE = re.compile(r"\+?[0-9]{2,15}")
SECRET = re.compile(r"[!-:<-~]{1,128}")
"""What a PBX's file can hold on one line: a semicolon would begin a comment."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """One way calls come in: from the addresses of `match`, or by registering as `user` at `server`.

    `caller_from` names the header that the network vouches for the caller's number in, or none. By the one
    with `dial` the office calls citizens back; it is how the operator wants +62 written.
    """

    name: str
    server: str
    match: tuple[str, ...]
    user: str
    secret: str = field(repr=False)
    codecs: tuple[str, ...]
    caller_from: str
    lines: tuple[str, ...]
    dial: str = ""


@dataclass(frozen=True, slots=True)
class Trunks:
    """The whole file: the trunks by name, and the PJSIP endpoints that are agents' desk phones."""

    trunks: dict[str, Trunk]
    desk_phones: tuple[str, ...]

    @property
    def dialling(self) -> Trunk | None:
        """The trunk by which call-backs leave; None where the office calls nobody."""
        return next((trunk for trunk in self.trunks.values() if trunk.dial), None)


def read_trunks(folder: Path) -> Trunks:
    """The file in `folder`; raises ConfigurationFault where it cannot be used."""
    fields = read(folder / TRUNKS_FILE).fields(("trunks", "desk_phones"))
    trunks = {}
    for name, item in fields["trunks"].pairs():
        trunk = trunks[name] = _read_trunk(name, item)
        if trunk.dial and [one.dial for one in trunks.values()].count("") < len(trunks) - 1:
            item.refuse(
                "'dial' sudah tertulis pada trunk lain. Telepon kembali lewat satu trunk saja.",
                "Another trunk has 'dial' already. Call-backs leave by one trunk only.",
            )
    return Trunks(trunks, tuple(_fitting(one, PHONE) for one in fields["desk_phones"].items()))


def _read_trunk(name: str, item: Located) -> Trunk:
    if not NAME.fullmatch(name):
        item.refuse(
            f"Nama trunk '{name}' tidak dapat dipakai. Tulis huruf kecil dan angka, misalnya 'operator'.",
            f"'{name}' is no name for a trunk. Use small letters and digits, such as 'operator'.",
        )
    fields = item.fields(
        ("server", "codecs", "caller_from", "lines"), ("match", "user", "secret_file", "secret_env", "dial")
    )
    if ("match" in fields) == ("user" in fields):
        item.refuse(
            "Isi salah satu: 'match' (alamat) atau 'user' (pendaftaran).",
            "Give one of them: 'match' (addresses) or 'user' (registration).",
        )
    return Trunk(
        name=name,
        server=_fitting(fields["server"], HOST),
        match=tuple(_address(one) for one in fields["match"].items()) if "match" in fields else (),
        user=_fitting(fields["user"], USER) if "user" in fields else "",
        secret=_secret(item, fields) if "user" in fields else "",
        codecs=_some(fields["codecs"], tuple(one.choice(CODECS) for one in fields["codecs"].items())),
        caller_from=fields["caller_from"].choice(CALLER_HEADERS),
        lines=_some(fields["lines"], tuple(_fitting(one, LINE) for one in fields["lines"].items())),
        dial=fields["dial"].choice(DIAL_FORMS) if "dial" in fields else "",
    )


def _some(place: Located, values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        place.refuse("Daftar ini kosong. Isi paling sedikit satu.", "This list is empty. Give at least one.")
    return values


def _fitting(value: Located, pattern: re.Pattern[str]) -> str:
    """A text that cannot break out of its line in the PBX's files."""
    if not pattern.fullmatch(value.text()):
        value.refuse(
            f"'{value.text()}' tidak dapat dipakai di sini. Periksa huruf dan tandanya.",
            f"'{value.text()}' cannot be used here. Look at its letters and signs.",
        )
    return value.text()


def _address(value: Located) -> str:
    """An address or a network; one that lets everybody in is refused."""
    try:
        network = ipaddress.ip_network(value.text())
    except ValueError:
        value.refuse(
            f"'{value.text()}' bukan alamat IP. Tulis seperti 203.0.113.10 atau 203.0.113.0/29.",
            f"'{value.text()}' is no IP address. Write it like 203.0.113.10 or 203.0.113.0/29.",
        )
    if network.prefixlen == 0:
        value.refuse(
            "Alamat ini berarti semua orang. Tulis alamat operator saja.",
            "This address means everybody. Write the operator's alone.",
        )
    return value.text()


def _secret(item: Located, fields: dict[str, Located]) -> str:
    """The registration's secret; the file only says where it is."""
    named = fields.get("secret_file") or fields.get("secret_env")
    if named is None:
        item.refuse(
            "Isi 'secret_file' atau 'secret_env': tempat rahasia pendaftaran.",
            "Give 'secret_file' or 'secret_env': where the registration's secret is.",
        )
    try:
        secret = (
            Path(named.text()).read_text().strip() if "secret_file" in fields else os.environ[named.text()]
        )
    except (OSError, KeyError, UnicodeDecodeError):
        named.refuse(
            f"Rahasia tidak ditemukan di '{named.text()}'. Buat berkas atau variabel itu dahulu.",
            f"There is no secret in '{named.text()}'. Make that file or variable first.",
        )
    if not SECRET.fullmatch(secret):
        named.refuse(
            "Rahasia kosong, atau berisi spasi atau ';'. Minta rahasia lain kepada operator.",
            "The secret is empty, or holds a space or ';'. Ask the operator for another one.",
        )
    return secret
