"""What a PBX's own files keep of callers, read from its configuration; and whether gaps can be healed."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from config.findings import Finding, ok, warning
from ivr.providers.asterisk.configuration import CEL_FILE
from ivr.providers.asterisk.marked_files import text_of

TALKATIVE = ("verbose", "dtmf", "debug")
CALLERS = ("callerid", "cidnum", "cid_num", "clid", "src")
INCLUDE = re.compile(r'(?m)^\s*#include\s+"?([^"\s;]+)')


def look(folder: Path, books: Path | None) -> list[Finding]:
    """What the files in `folder` have the PBX keep, and whether its `books` can be read here."""
    if not folder.is_dir():
        unseen = warning(
            "kept",
            f"Berkas PBX tidak terlihat dari sini ({folder}): apa yang disimpannya tidak diketahui.",
            f"The PBX's files cannot be seen from here ({folder}): what it keeps is not known.",
        )
        return [unseen, _gaps(books)]
    found = [*_logs(folder), *_events(folder)]
    return [
        *(
            found
            or [
                ok(
                    "kept",
                    "PBX tidak menyimpan nomor atau tombol penelepon.",
                    "The PBX keeps no caller's number or keys.",
                )
            ]
        ),
        _gaps(books),
    ]


def _logs(folder: Path) -> Iterator[Finding]:
    for file, levels in re.findall(r"(?m)^\s*([\w./-]+)\s*=>?\s*([^;\n]+)", _whole(folder, "logger.conf")):
        kept = [one for one in TALKATIVE if one in levels.lower()]
        if kept and file not in ("console", "queue_log_name") and "=" not in levels:
            names = ", ".join(kept)
            yield warning(
                "kept",
                f"logger.conf: '{file}' menyimpan {names}, termasuk nomor atau tombol "
                f"penelepon. Tulis: {file} => warning,error",
                f"logger.conf: '{file}' keeps {names}, callers' numbers or keys among them. "
                f"Write: {file} => warning,error",
            )


def _events(folder: Path) -> Iterator[Finding]:
    for file, fields in re.findall(r"(?m)^\s*([\w./-]+)\s*=>\s*([^\n]+)", _whole(folder, "cel_custom.conf")):
        if file != CEL_FILE and any(name in fields.lower() for name in CALLERS):
            yield warning(
                "kept",
                f"cel_custom.conf: '{file}' menyimpan nomor penelepon.",
                f"cel_custom.conf: '{file}' keeps callers' numbers.",
            )


def _gaps(books: Path | None) -> Finding:
    """Calls that come and go while the link is down are found in the PBX's books alone."""
    files = [books / "queue_log", books / "cel-custom" / CEL_FILE] if books else []
    unread = [str(file) for file in files if not _readable(file)]
    if not files or unread:
        what = ", ".join(unread) or "HOTLINE_PBX_LOGS"
        return warning(
            "gaps",
            f"Panggilan yang datang dan pergi saat AMI putus tidak dapat dipulihkan di sini: "
            f"{what} tidak terbaca.",
            f"Gaps cannot be healed here: calls that come and go while the manager is away are lost, "
            f"for {what} cannot be read.",
        )
    return ok(
        "gaps", "Celah dapat dipulihkan dari queue_log dan CEL.", "Gaps can be healed from queue_log and CEL."
    )


def _readable(file: Path) -> bool:
    # Asterisk makes the CEL file with the first call.
    return os.access(file, os.R_OK) if file.exists() else os.access(file.parent, os.R_OK | os.X_OK)


def _whole(folder: Path, name: str, depth: int = 3) -> str:
    """A file with what it includes."""
    text = text_of(folder / name) or ""
    for included in INCLUDE.findall(text) if depth else ():
        text += "\n" + _whole(folder, included, depth - 1)
    return text
