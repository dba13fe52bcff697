"""Killing the backend at each act of a story: once before its commit and once after, the answer unsent."""

import asyncio
import contextlib
from pathlib import Path

import httpx

PLACES = ("before commit", "after commit")
UP_AGAIN_SECONDS = 40.0
LOOK_AGAIN_SECONDS = 0.1


class Crashes:
    """Arms a checkpoint before the first tries of each request; the person asks again with the same key."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._armed = False
        self.address = ""
        self.acts = 0
        self.kills = 0

    async def __call__(self, tried: int) -> None:
        """Before each try of a request: what was armed has struck if its file is gone."""
        self.acts += not tried
        if self._armed and not self._file.exists():
            self.kills += 1
        self._disarm()
        if tried < len(PLACES):
            # A backend that only just starts writes too; the act is to be met, not that.
            await self._up()
            draft = self._file.with_suffix(".new")
            draft.write_text(PLACES[tried])
            draft.rename(self._file)
            self._armed = True

    async def _up(self) -> None:
        async with httpx.AsyncClient(base_url=self.address, timeout=2) as client:
            for _ in range(int(UP_AGAIN_SECONDS / LOOK_AGAIN_SECONDS)):
                with contextlib.suppress(httpx.HTTPError, ValueError):
                    if (await client.get("/api/health")).json().get("pbx") == "live":
                        return
                await asyncio.sleep(LOOK_AGAIN_SECONDS)

    def _disarm(self) -> None:
        self._armed = False
        with contextlib.suppress(FileNotFoundError):
            self._file.unlink()
