"""Checkpoints: named places at which a drill may end the process, to show that nothing hangs on it.

Unarmed they cost one look at a global. A drill arms them by a file that names one place; whoever reaches it
takes the file away and is killed, so that the process started in its stead goes on.
"""

import os
import signal
from pathlib import Path

ARMED_BY = "HOTLINE_DRILL_FILE"

PLACES = (
    "call recorded",
    "number asked for",
    "before commit",
    "after commit",
    "number committed",
    "number spoken once",
    "number spoken twice",
    "handing over",
    "handed over",
    "registration done",
    "cause answered",
    "message taken",
    "message sent",
)
"""Every checkpoint, in the order a call passes them."""

_file = Path(os.environ[ARMED_BY]) if os.environ.get(ARMED_BY) else None


def reach(place: str) -> None:
    """The process stands at `place`; ends here when a drill says so."""
    if _file is None:
        return
    try:
        wanted = _file.read_text()
    except OSError:
        return
    if wanted == place:
        _file.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
