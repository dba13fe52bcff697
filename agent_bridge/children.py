"""The processes we start: written down, so that a start after a crash ends what the last one left."""

import asyncio
import contextlib
import json
import os
import signal
import time
from pathlib import Path

STOP_SECONDS = 5.0


class Children:
    """The children of one profile, known by pid and start time: a pid alone may be somebody else's by now."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, list[int]] = {}

    def add(self, name: str, pid: int) -> None:
        """Write a child down."""
        self._known[name] = [pid, started(pid) or 0]
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(self._known))
        draft.replace(self._file)

    def end_leftovers(self) -> int:
        """End what an earlier run left behind; returns how many that were."""
        try:
            known: dict[str, list[int]] = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return 0
        left = [pid for pid, since in known.values() if since and started(pid) == since]
        for pid in left:
            _end(pid)
        self._file.unlink(missing_ok=True)
        return len(left)

    def forget(self) -> None:
        """Everything was ended in order."""
        self._file.unlink(missing_ok=True)


def pids(file: Path) -> dict[str, int]:
    """The children written down in `file`, by name."""
    known: dict[str, list[int]] = json.loads(file.read_text())
    return {name: pid for name, (pid, _) in known.items()}


def started(pid: int) -> int | None:
    """When the process began, in the kernel's ticks since boot; None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The program's name, in brackets, may hold spaces; field 22 counts from behind it.
    return int(stat.rpartition(")")[2].split()[19])


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            time.sleep(0.05)
            os.kill(pid, 0)
        os.kill(pid, signal.SIGKILL)


async def stop(process: asyncio.subprocess.Process) -> None:
    """End a child of ours, politely first."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
