"""The watchdog: a backend that stands but does not answer is ended, so that a fresh one takes over."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from agent_bridge.tls import checking

WATCH_SECONDS = 5.0
ANSWER_SECONDS = 3.0
MISSES = 3
"""Callers do not wait for this: the dialplan's dead-man switch takes them on within seconds."""

log = structlog.get_logger(__name__)


async def watch(host: str, port: int, pair: Path | None, end: Callable[[], None]) -> None:
    """Ask the backend for its health, for ever; `end` it when it was silent `MISSES` times in a row.

    With a `pair` the question goes by TLS, against the certificate in it.
    """
    misses = 0
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        misses = misses + 1 if await _is_silent(host, port, pair) else 0
        if misses == MISSES:
            log.error("backend does not answer; ending it")
            end()
            misses = 0


async def _is_silent(host: str, port: int, pair: Path | None) -> bool:
    """Whether it took the question and says nothing: one that refuses is starting, or dead already."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            # A certificate just renewed, or expired, fails the handshake: that is an answer too.
            context = checking(pair) if pair else None
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
            try:
                writer.write(b"GET /api/health HTTP/1.0\r\n\r\n")
                await reader.readline()
            finally:
                writer.close()
    except TimeoutError:
        return True
    except OSError:
        pass
    return False
