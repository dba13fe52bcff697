"""Text messages into a folder, one file each: for practice and tests. It knows its keys."""

import asyncio
import hashlib
import json
import os
import uuid
from pathlib import Path

from ivr.texting.port import GatewayAway


class FileDrop:
    """Writes each message once, for its owner's eyes only."""

    knows_keys = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, number: str, text: str, key: str) -> None:
        """One file; the same key again changes nothing. Raises GatewayAway where nothing can be written."""
        try:
            await asyncio.to_thread(self._write, number, text, key)
        except OSError as fault:
            raise GatewayAway(type(fault).__name__) from None

    async def close(self) -> None:
        """Nothing is held open."""

    def _write(self, number: str, text: str, key: str) -> None:
        """Whole or not at all: a file half written must not stand for a message that was sent."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"
        draft = self._folder / f".{uuid.uuid4().hex}"
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                json.dump({"to": number, "text": text}, out, ensure_ascii=False)
                out.flush()
                os.fsync(out.fileno())
            file.hardlink_to(draft)
        except FileExistsError:
            return
        finally:
            draft.unlink(missing_ok=True)
