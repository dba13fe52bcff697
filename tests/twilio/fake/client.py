"""The twilio library's client, asking the fake instead of api.twilio.com."""

import asyncio
import base64
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from twilio.http import AsyncHttpClient, HttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from tests.twilio.fake.twilio import FakeTwilio

_log = logging.getLogger(__name__)


def _asked(twilio: "FakeTwilio", method: str, url: str, given: dict[str, Any]) -> Response:
    parts = urlsplit(url)
    query = urlencode(given.get("params") or {}, doseq=True)
    user, password = given.get("auth") or ("", "")
    headers = given.get("headers") or {}
    word = base64.b64encode(f"{user}:{password}".encode()).decode()
    status, payload = twilio.rest.answer(
        method.upper(),
        parts.path,
        "&".join(filter(None, (parts.query, query))),
        urlencode(given.get("data") or {}, doseq=True),
        headers.get("Authorization", f"Basic {word}"),
    )
    return Response(status, json.dumps(payload), {})


class FakeHttp(HttpClient):  # type: ignore[misc]
    """For `Client(sid, token, http_client=...)`; from any thread, the fake acts in its loop."""

    def __init__(self, twilio: "FakeTwilio") -> None:
        super().__init__(_log, False)
        self._twilio = twilio
        self._loop = asyncio.get_running_loop()

    def request(self, method: str, uri: str, *args: Any, **given: Any) -> Response:
        """One request."""
        given |= dict(zip(("params", "data", "headers", "auth"), args, strict=False))
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            asked = self._in_loop(method, uri, given)
            return asyncio.run_coroutine_threadsafe(asked, self._loop).result()
        return _asked(self._twilio, method, uri, given)

    async def _in_loop(self, method: str, uri: str, given: dict[str, Any]) -> Response:
        return _asked(self._twilio, method, uri, given)


class FakeAsyncHttp(AsyncHttpClient):  # type: ignore[misc]
    """For the library's `..._async` methods."""

    def __init__(self, twilio: "FakeTwilio") -> None:
        super().__init__(_log, True)
        self._twilio = twilio

    async def request(self, method: str, uri: str, *args: Any, **given: Any) -> Response:
        """One request."""
        given |= dict(zip(("params", "data", "headers", "auth"), args, strict=False))
        return _asked(self._twilio, method, uri, given)
