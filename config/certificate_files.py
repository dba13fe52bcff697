"""The certificate in its place: one file that holds chain and key, so that both change at one stroke."""

import os
import stat
from pathlib import Path

from config.certificates import BadCertificate, Certificate, examine

PAIR, AUTHORITY = "hotline.pem", "percayai.pem"
"""Ours alone; and what browsers are told to trust, there only when we made it ourselves."""


class NoCertificate(BadCertificate):
    """None stands in place."""

    def __init__(self) -> None:
        super().__init__(
            "Belum ada sertifikat. Jalankan: hotline tls self-signed --name NAMA --ip ALAMAT, "
            "atau: hotline tls files SERTIFIKAT KUNCI",
            "There is no certificate yet. Run: hotline tls self-signed --name NAME --ip ADDRESS, "
            "or: hotline tls files CERTIFICATE KEY",
        )


def pair_in(folder: Path) -> Path | None:
    """The file with certificate and key, or None where there is none."""
    file = folder / PAIR
    return file if file.exists() else None


def read(folder: Path) -> Certificate:
    """The certificate in place; raises BadCertificate when it cannot serve. Says nothing of time."""
    file = pair_in(folder)
    if file is None:
        raise NoCertificate
    try:
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise BadCertificate(
                f"Kunci di {file} dapat dibaca orang lain. Jalankan: chmod 600 {file}",
                f"The key in {file} can be read by others. Run: chmod 600 {file}",
            )
        text = file.read_bytes()
    except OSError as fault:
        raise unreadable(file, fault) from None
    return examine(text, text)


def unreadable(file: Path, fault: OSError) -> BadCertificate:
    """The refusal for a file that cannot be read."""
    return BadCertificate(
        f"{file} tidak dapat dibaca: {fault.strerror}.", f"{file} cannot be read: {fault.strerror}."
    )


def put(folder: Path, pair: bytes, authority: bytes | None) -> Path:
    """Put an examined pair in place at one stroke, with the authority to trust if it is our own."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    trusted = folder / AUTHORITY
    if authority is None:
        trusted.unlink(missing_ok=True)
    else:
        _write(trusted, authority)
    return _write(folder / PAIR, pair)


def _write(file: Path, text: bytes) -> Path:
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    return draft.replace(file)
