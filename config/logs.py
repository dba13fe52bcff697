"""Logs: one JSON object a line on stderr, and a last guard against personal data in them."""

import contextlib
import logging
import os
import re
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, TextIO, cast

import structlog

PERSONAL = frozenset({"caller_number", "number", "name", "nik", "kk", "phone_number", "digits", "key"})
FRAMES_TOLD = 5
_LONG_NUMBER = re.compile(r"(?<![\w.-])\+?\d[\d ]{7,}\d(?![\w.-])")
"""Eight digits and more standing alone: a telephone number or NIK, not an id or an instant."""


def guard(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop what names a person and mask long numbers; code should not have put them there.

    Of a fault only its kind and its place are kept: its words may quote what was being written.
    """
    if fault := _fault_of(event.pop("exc_info", None)):
        event.update(fault=type(fault).__name__, at=_place_of(fault))
    for name in list(event):
        if name in PERSONAL:
            event[name] = "[...]"
        elif isinstance(event[name], str):
            event[name] = _LONG_NUMBER.sub("[...]", event[name])
    return event


def _fault_of(exc_info: Any) -> BaseException | None:
    """The fault that is logged: itself, as the triple of it, or the one being handled."""
    if exc_info is True:
        exc_info = sys.exc_info()
    found = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    return found if isinstance(found, BaseException) else None


def _place_of(fault: BaseException) -> list[str]:
    """The innermost frames, by file, line and function."""
    frames = traceback.extract_tb(fault.__traceback__)[-FRAMES_TOLD:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


class _Out:
    """Standard error, where a line that cannot be written is lost: a full disk must not reach a call."""

    def write(self, text: str) -> int:
        """Write at once."""
        with contextlib.suppress(OSError):
            os.write(sys.stderr.fileno(), text.encode("utf-8", "replace"))
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""


def set_up(level: int = logging.INFO) -> None:
    """Log this process to stderr, libraries included."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        guard,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Out())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(cast(TextIO, _Out()))
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[_clean, structlog.processors.JSONRenderer()]
    )
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _clean(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event
