"""Logs: one JSON object a line on stderr, and a last guard against personal data in them."""

import contextlib
import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

PERSONAL = frozenset({"caller_number", "number", "name", "nik", "kk", "phone_number", "digits", "key"})
_LONG_NUMBER = re.compile(r"(?<![\w.-])\+?\d[\d ]{7,}\d(?![\w.-])")
"""Eight digits and more standing alone: a telephone number or NIK, not an id or an instant."""


def guard(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop what names a person and mask long numbers; code should not have put them there."""
    for name in list(event):
        if name in PERSONAL:
            event[name] = "[...]"
        elif isinstance(event[name], str):
            event[name] = _LONG_NUMBER.sub("[...]", event[name])
    return event


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
