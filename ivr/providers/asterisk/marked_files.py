"""Our lines in files that are somebody else's: put between markers, and taken out again byte for byte."""

import contextlib
import difflib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.errors import Conflict
from config.yaml_files import fingerprint

END = "; <<< hotline\n"
BLOCK = re.compile(r"(\n?); >>> hotline ([0-9a-f]+) (new|old|cut)\n(.*?); <<< hotline\n", re.DOTALL)
"""`new`: the file is ours alone; `cut`: its last line had no end before us."""
SECRET = re.compile(r"(?m)^(.?\s*(?:secret|password)\s*=).*$")
NEW_MODE = 0o640
"""A file we make may hold secrets; its folder's group, which is the PBX's, reads it."""


class ChangedByHand(Conflict):
    """Somebody wrote between our markers; what they wrote is not thrown away."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file}: baris di antara penanda hotline diubah dengan tangan. Pindahkan ke luar penanda, "
            "lalu ulangi.",
            f"{file}: lines between the hotline's markers were changed by hand. Move them outside the "
            "markers and try again.",
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One file as it is and as it is to be; None is no file."""

    file: Path
    before: str | None
    after: str | None

    def diff(self) -> str:
        """The difference for people to read, without the secrets."""
        old, new = (self.before or "").splitlines(keepends=True), (self.after or "").splitlines(keepends=True)
        return SECRET.sub(r"\1 ***", "".join(difflib.unified_diff(old, new, self.file.name, self.file.name)))


def putting(folder: Path, wanted: Mapping[str, str]) -> list[Change]:
    """What must change so that each file holds its text, and no other file one of ours.

    Raises ChangedByHand.
    """
    changes = [renewed(folder / name, text) for name, text in wanted.items()]
    left = [change for change in taking_back(folder) if change.file.name not in wanted]
    return [change for change in (*changes, *left) if change.before != change.after]


def taking_back(folder: Path) -> list[Change]:
    """What must change so that the folder is as it was before us; raises ChangedByHand."""
    files = (file for file in sorted(folder.glob("*.conf")) if BLOCK.search(text_of(file) or ""))
    return [Change(file, text_of(file), without(file)) for file in files]


def carry_out(changes: Sequence[Change]) -> None:
    """Write each file whole, keeping its owner and its rights."""
    for change in changes:
        file = change.file.resolve()
        if change.after is None:
            file.unlink()
            continue
        owner = (file if file.exists() else file.parent).stat()
        mode = owner.st_mode & 0o777 if file.exists() else NEW_MODE
        draft = file.with_name(f".{file.name}.hotline")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(change.after.encode("utf-8", "surrogateescape"))
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(PermissionError):
            os.chown(draft, owner.st_uid, owner.st_gid)
        draft.chmod(mode)
        draft.replace(file)


def without(file: Path) -> str | None:
    """The file's text without our lines, as it was before them; None where it is ours alone."""
    here = text_of(file)
    if here is None or not (found := BLOCK.search(here)):
        return here
    gap, mark, state, text = found.groups()
    if fingerprint(text) != mark:
        raise ChangedByHand(file)
    after = here[found.end() :]
    rest = here[: found.start()] + ("" if state == "cut" and not after else gap) + after
    return None if state == "new" and not rest else rest


def text_of(file: Path) -> str | None:
    """The file's text, whatever bytes it holds; None where there is no file."""
    return file.read_bytes().decode("utf-8", "surrogateescape") if file.exists() else None


def renewed(file: Path, text: str) -> Change:
    """What must change so that our lines in the file are `text`; raises ChangedByHand."""
    base = without(file)
    state = "new" if base is None else "cut" if base and not base.endswith("\n") else "old"
    gap = "\n" if state == "cut" else ""
    return Change(
        file, text_of(file), f"{base or ''}{gap}; >>> hotline {fingerprint(text)} {state}\n{text}{END}"
    )
