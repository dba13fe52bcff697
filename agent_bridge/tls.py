"""TLS as the pages speak it: which certificate there is, and the newest of them for each connection."""

import ssl
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from config import certificate_files
from config.certificates import BadCertificate, Certificate, check_time, examine
from config.settings import Settings

log = structlog.get_logger(__name__)


def certificate_of(settings: Settings, at: datetime) -> Certificate | None:
    """The certificate to serve by, or None for plain http; raises BadCertificate when it cannot serve.

    One that has expired serves on, and says so: callers must not lose their agents' desks to a date.
    """
    if certificate_files.pair_in(settings.tls_folder) is None:
        return None
    found = certificate_files.read(settings.tls_folder)
    try:
        check_time(found, at)
    except BadCertificate as refusal:
        log.error("certificate is not valid now", id=refusal.text.id, en=refusal.text.en)
    return found


def serving(pair: Path) -> ssl.SSLContext:
    """A server's context, TLS 1.2 or later, that serves a renewed `pair` from the next connection on."""
    first = _loaded(pair)
    newest = _Newest(pair, first)
    first.sni_callback = newest.take
    return first


class _Newest:
    """Looks for a renewed pair at each handshake; one that cannot serve is told of and left alone."""

    def __init__(self, pair: Path, context: ssl.SSLContext) -> None:
        self._pair = pair
        self._context = context
        self._stamp = pair.stat().st_mtime_ns

    def take(self, connection: ssl.SSLObject, _name: str | None, _first: ssl.SSLContext) -> None:
        """Give the connection the newest certificate; OpenSSL calls this also where no name was asked for."""
        self._look()
        connection.context = self._context

    def _look(self) -> None:
        try:
            stamp = self._pair.stat().st_mtime_ns
            if stamp == self._stamp:
                return
            self._stamp = stamp
            text = self._pair.read_bytes()
            examine(text, text)
            self._context = _loaded(self._pair)
        except (OSError, BadCertificate) as fault:
            log.error("the renewed certificate cannot be used; the one before goes on", reason=_why(fault))
        else:
            log.info("a renewed certificate is served")


def _why(fault: Exception) -> Any:
    return fault.text.en if isinstance(fault, BadCertificate) else type(fault).__name__


def _loaded(pair: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pair)
    return context
