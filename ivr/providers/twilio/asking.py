"""How Twilio's REST API is asked: within a limit of time, once, and what a failure means."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx

from config.errors import Conflict, Unavailable

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
WHOLE_SECONDS = 15.0
LIST_SECONDS = 60.0
AT_ONCE = 8
TOO_MANY, NO_SERVICE = 429, 503
DICTIONARY = "https://www.twilio.com/docs/api/errors/"

Found = TypeVar("Found")


class TwilioAway(Unavailable):
    """Twilio does not answer, or cannot now; what was asked for was not done."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"Twilio tidak menjawab ({why}). Coba lagi sebentar.",
            f"Twilio does not answer ({why}). Try again in a moment.",
        )


class AnswerLost(TwilioAway):
    """The request was on its way and its answer did not come: nobody knows whether it was carried out."""


class TwilioRefused(Conflict):
    """Twilio will not do it; `code` is its own error code, `status` the HTTP status."""

    def __init__(self, code: int, status: int) -> None:
        self.code = code
        self.status = status
        # Twilio's own sentence may quote a telephone number.
        super().__init__(
            f"Twilio menolak (kode {code}): {DICTIONARY}{code}",
            f"Twilio refuses (code {code}): {DICTIONARY}{code}",
        )


class Http:
    """Carries the library's requests. One that failed is never sent again: it may have placed a call."""

    is_async = False

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS), transport=transport
        )

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Any:
        """One request, as the library asks for it; raises TwilioAway, AnswerLost."""
        from twilio.http.response import Response  # type: ignore[import-untyped]

        try:
            answer = self._client.request(
                method,
                uri,
                params=params or None,
                data=data,
                headers=headers,
                auth=auth,
                follow_redirects=False,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as fault:
            raise TwilioAway(type(fault).__name__) from None
        except httpx.HTTPError as fault:
            raise AnswerLost(type(fault).__name__) from None
        return Response(answer.status_code, answer.text, answer.headers)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


class Asking:
    """Asks in threads of its own: however slowly Twilio answers, the ledger's readers find theirs free."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="twilio")

    async def ask(self, work: Callable[[], Found], seconds: float | None = None) -> Found:
        """What `work` finds, in WHOLE_SECONDS unless told; raises TwilioAway, AnswerLost, TwilioRefused."""
        from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]

        try:
            async with asyncio.timeout(seconds or WHOLE_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except TimeoutError:
            raise AnswerLost("timeout") from None
        except TwilioException as fault:
            raise refusal(getattr(fault, "status", 0), getattr(fault, "code", None)) from None
        except (ValueError, TypeError, AttributeError):
            # What came is no answer of Twilio's: a proxy's page, or half of one.
            raise AnswerLost("unreadable") from None

    def close(self) -> None:
        """End; what is under way is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def refusal(status: int, code: int | None) -> TwilioAway | TwilioRefused:
    """What an answer means that is not 2xx. A fault of Twilio's own may have come after the deed."""
    if status in (TOO_MANY, NO_SERVICE):
        return TwilioAway(str(status))
    if 400 <= status < 500:
        return TwilioRefused(code or status, status)
    return AnswerLost(str(status))
