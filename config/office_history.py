"""Every configuration the hotline took, kept whole: the one in use, those before, and the way back.

The running hotline reads the copy it took, never the folder that people edit: a half-written file there
cannot stop a backend from starting again.
"""

import contextlib
import getpass
import json
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from pathlib import Path

from config.errors import NotFound

CURRENT = "current"
RECORD = "taken.json"
KEPT = 50


@dataclass(frozen=True, slots=True)
class Taken:
    """One configuration: when it was taken (UTC), by which user of the machine, and the files it changed."""

    name: str
    by: str
    changed: tuple[str, ...]


class NothingToUndo(NotFound):
    """There is no such configuration to go back to."""

    def __init__(self) -> None:
        super().__init__(
            "Tidak ada konfigurasi sebelumnya. Lihat: hotline office history",
            "There is no earlier configuration. See: hotline office history",
        )


class History:
    """The configurations in `folder`; `current` there points at the one in use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def current(self) -> Path:
        """Where the running hotline reads."""
        return self.folder / CURRENT

    def name(self) -> str | None:
        """Which configuration is in use."""
        try:
            return self.current.readlink().name
        except OSError:
            return None

    def take(self, office: Path, at: datetime) -> Taken | None:
        """Copy the files of `office` and use them from now on; None where nothing changed."""
        changed = self.changed(office)
        if not changed and self.name():
            return None
        name = f"{at:%Y%m%dT%H%M%S.%fZ}"
        copy = self.folder / f".{name}"
        copy.mkdir(mode=0o700, parents=True)
        for file in sorted(office.glob("*.yaml")):
            shutil.copyfile(file, copy / file.name)
        taken = Taken(name, _user(), tuple(changed))
        (copy / RECORD).write_text(json.dumps({"by": taken.by, "changed": changed}))
        copy.rename(self.folder / name)
        self._use(name)
        for old in self.kept()[:-KEPT]:
            shutil.rmtree(self.folder / old.name)
        return taken

    def kept(self) -> list[Taken]:
        """Every configuration kept, the oldest first."""
        found = []
        for record in sorted(self.folder.glob(f"2*/{RECORD}")):
            told = json.loads(record.read_text())
            found.append(Taken(record.parent.name, told["by"], tuple(told["changed"])))
        return found

    def changed(self, office: Path) -> list[str]:
        """The files that differ from those in use."""
        names = {file.name for folder in (office, self.current) for file in folder.glob("*.yaml")}
        return sorted(name for name in names if _bytes(office / name) != _bytes(self.current / name))

    def diff(self, office: Path) -> str:
        """What differs from the configuration in use, for people to read."""
        return "".join(
            "".join(unified_diff(_lines(self.current / name), _lines(office / name), name, name))
            for name in self.changed(office)
        )

    def before(self, name: str | None = None) -> Path:
        """The configuration `name`, or the one before the one in use; raises NothingToUndo."""
        names = [taken.name for taken in self.kept()]
        if name is None:
            earlier = [one for one in names if one < (self.name() or "")]
            name = earlier[-1] if earlier else None
        if name not in names:
            raise NothingToUndo
        return self.folder / str(name)

    def _use(self, name: str) -> None:
        link = self.folder / f".{CURRENT}"
        link.unlink(missing_ok=True)
        link.symlink_to(name)
        link.replace(self.current)


def put_back(copy: Path, office: Path) -> None:
    """Make the files of `office` those of `copy`, byte for byte; each is replaced whole."""
    kept = {file.name for file in copy.glob("*.yaml")}
    for name in sorted(kept):
        draft = office / f".{name}.new"
        shutil.copyfile(copy / name, draft)
        with contextlib.suppress(OSError):
            draft.chmod((office / name).stat().st_mode & 0o777)
        draft.replace(office / name)
    for file in office.glob("*.yaml"):
        if file.name not in kept:
            file.unlink()


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def _lines(file: Path) -> list[str]:
    return (_bytes(file) or b"").decode("utf-8", "replace").splitlines(keepends=True)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
