"""The watchdog: a backend that stands but does not answer is ended, so that a fresh one takes over."""

import asyncio
import ssl
from collections.abc import Callable

import structlog

from ivr.providers.asterisk.plan import LOOPBACK

WATCH_SECONDS = 5.0
ANSWER_SECONDS = 3.0
MISSES = 3
"""Callers do not wait for this: the dialplan's dead-man switch takes them on within seconds."""

log = structlog.get_logger(__name__)


async def watch(port: int, end: Callable[[], None], *, by_tls: bool) -> None:
    """Ask the backend for its health, for ever; `end` it when it was silent `MISSES` times in a row."""
    context = anybody() if by_tls else None
    misses = 0
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        misses = misses + 1 if await _is_silent(port, context) else 0
        if misses == MISSES:
            log.error("backend does not answer; ending it")
            end()
            misses = 0


def anybody() -> ssl.SSLContext:
    """Asks no certificate for its name or date: one that expired or was just renewed is no silence.

    The question holds no secret and stays on this machine.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _is_silent(port: int, context: ssl.SSLContext | None) -> bool:
    """Whether it took the question and says nothing: one that refuses is starting, or dead already."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(LOOPBACK, port, ssl=context)
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
