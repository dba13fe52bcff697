"""Our sounds in an office's own PBX: copied beside its own, and taken out again."""

import hashlib
import re
import shutil
from pathlib import Path

from ivr.providers.asterisk.marked_files import text_of
from ivr.speech.prompts import LANGUAGE_FOLDER

LIST = ".hotline"
"""Names what we put there, with its content's fingerprint: what was replaced meanwhile is not ours."""


def folder_of(configuration: Path) -> Path | None:
    """Where this Asterisk looks for sounds, by its `asterisk.conf`; None where that does not say."""
    said = re.findall(r"(?m)^\s*astdatadir\s*=>?\s*([^;\n]+)", text_of(configuration / "asterisk.conf") or "")
    return Path(said[-1].strip()) / "sounds" if said else None


def put(ours: Path, folder: Path) -> int:
    """Copy every sound that the PBX lacks or has from us; returns how many are there from us."""
    mine = _listed(folder)
    there = folder / LANGUAGE_FOLDER
    for file in sorted((ours / LANGUAGE_FOLDER).rglob("*.wav")):
        name = str(file.relative_to(ours / LANGUAGE_FOLDER))
        target = there / name
        if target.exists() and mine.get(name) != _fingerprint(target):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(0o644)
        mine[name] = _fingerprint(target)
    there.mkdir(parents=True, exist_ok=True)
    _write_list(there, mine)
    return len(mine)


def take_back(folder: Path) -> None:
    """Remove what `put` copied and nobody changed, and the folders that are empty then."""
    there = folder / LANGUAGE_FOLDER
    for name, mark in _listed(folder).items():
        file = there / name
        if file.exists() and _fingerprint(file) == mark:
            file.unlink()
    (there / LIST).unlink(missing_ok=True)
    for inner in sorted((path for path in there.rglob("*") if path.is_dir()), reverse=True):
        if not any(inner.iterdir()):
            inner.rmdir()
    if there.is_dir() and not any(there.iterdir()):
        there.rmdir()


def take_out(folder: Path, file: str) -> None:
    """Remove that one of ours from the PBX's folder, named below the language; another's stays."""
    mine = _listed(folder)
    there = folder / LANGUAGE_FOLDER
    mark = mine.pop(file, None)
    if mark is None:
        return
    target = there / file
    if target.exists() and _fingerprint(target) == mark:
        target.unlink()
    _write_list(there, mine)


def _write_list(there: Path, mine: dict[str, str]) -> None:
    (there / LIST).write_text("".join(f"{mark}  {name}\n" for name, mark in sorted(mine.items())))


def _listed(folder: Path) -> dict[str, str]:
    lines = (text_of(folder / LANGUAGE_FOLDER / LIST) or "").splitlines()
    return {name: mark for mark, _, name in (line.partition("  ") for line in lines)}


def _fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
