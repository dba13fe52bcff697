"""Killing the backend at each act of a story: once before its commit and once after, the answer unsent."""

import contextlib
from pathlib import Path

PLACES = ("before commit", "after commit")


class Crashes:
    """Arms a checkpoint before the first tries of each request; the person asks again with the same key."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._armed = False
        self.kills = 0

    async def __call__(self, tried: int) -> None:
        """Before each try of a request: what was armed has struck if its file is gone."""
        if self._armed and not self._file.exists():
            self.kills += 1
        self.disarm()
        if tried < len(PLACES):
            draft = self._file.with_suffix(".new")
            draft.write_text(PLACES[tried])
            draft.rename(self._file)
            self._armed = True

    def disarm(self) -> None:
        """Nothing is to be killed any more."""
        self._armed = False
        with contextlib.suppress(FileNotFoundError):
            self._file.unlink()
