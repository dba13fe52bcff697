"""Text messages into a folder, one file each: for practice and tests. It knows its keys."""

import asyncio
import hashlib
import json
import os
from pathlib import Path


class FileDrop:
    """Writes each message once, for its owner's eyes only."""

    knows_keys = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, number: str, text: str, key: str) -> None:
        """One file; the same key again changes nothing."""
        await asyncio.to_thread(self._write, number, text, key)

    def _write(self, number: str, text: str, key: str) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        with os.fdopen(handle, "w") as out:
            json.dump({"to": number, "text": text}, out, ensure_ascii=False)
