"""A provider's HTTP gateway, of the kind Indonesian providers offer: fields, a secret, an expected answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from ivr.texting.port import GatewayAway, NotAccepted, RefusedForGood, Unsure

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
ANSWER_BYTES = 65_536
"""No provider's answer is longer; of a longer one only the beginning is looked at."""
_AWAY = frozenset({401, 402, 403, 404, 405, 407, 429, 503})
"""Nobody's message is taken: a wrong secret or address, no credit, too many at once, no service."""
_LATER = frozenset({408, 425})
_FOR_GOOD = frozenset({400, 410, 413, 414, 415, 422, 451})
_KNOWN_KEY = 409
"""How a gateway that knows our keys says that it has the message already."""
_PLACEHOLDER = re.compile(r"\{(number|text|key|token)\}")


@dataclass(frozen=True, slots=True)
class GatewayForm:
    """How this provider wants it. In fields and headers {number}, {text}, {key} and {token} are filled in.

    An answer with status 2xx says that the message was taken if `expect` stands in it, and that it was not if
    `refuses` does.
    """

    url: str
    fields: Mapping[str, str]
    as_json: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str = field(default="", repr=False)
    number_form: str = "+62"
    expect: str = ""
    refuses: str = ""
    knows_keys: bool = False


class HttpGateway:
    """Hands messages to a provider by HTTP; neither number nor text is ever logged or put into an address."""

    def __init__(self, form: GatewayForm) -> None:
        self.knows_keys = form.knows_keys
        self._form = form
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            # A connection that was kept may be dead, and then nobody knows whether the message was read.
            limits=httpx.Limits(max_keepalive_connections=0),
            # The office's proxy may carry what is sealed, and nothing else.
            trust_env=form.url.startswith("https:"),
        )

    async def send(self, number: str, text: str, key: str) -> None:
        """Hand over; raises NotAccepted, GatewayAway, RefusedForGood, Unsure."""
        form = self._form
        values = {"number": _written(number, form.number_form), "text": text, "key": key, "token": form.token}
        body = {name: _filled(template, values) for name, template in form.fields.items()}
        headers = {name: _filled(template, values) for name, template in form.headers.items()}
        given: dict[str, Any] = {"json": body} if form.as_json else {"data": body}
        try:
            async with self._client.stream("POST", form.url, headers=headers, **given) as answer:
                said = await _beginning(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as fault:
            raise GatewayAway(type(fault).__name__) from None
        except httpx.HTTPError as fault:
            # The request was on its way: the answer alone may have been lost.
            raise Unsure(type(fault).__name__) from None
        judge(answer.status_code, said, form)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


def judge(status: int, said: str, form: GatewayForm) -> None:
    """What an answer means: returns where the message was taken, else raises.

    Whatever does not say clearly that it was not taken may mean that it was: a fault in the gateway (5xx),
    somebody else's answer (3xx), or words nobody expected.
    """
    if status == _KNOWN_KEY and form.knows_keys:
        return
    if status in _AWAY:
        raise GatewayAway(str(status))
    if status in _LATER:
        raise NotAccepted(str(status))
    if status in _FOR_GOOD:
        raise RefusedForGood(str(status))
    if not 200 <= status < 300:
        raise Unsure(str(status))
    if form.refuses and form.refuses in said:
        raise NotAccepted("refused in words")
    if form.expect and form.expect not in said:
        raise Unsure("unexpected words")


async def _beginning(answer: httpx.Response) -> str:
    said = b""
    async for part in answer.aiter_bytes():
        said += part
        if len(said) >= ANSWER_BYTES:
            break
    return said[:ANSWER_BYTES].decode("utf-8", "replace")


def _filled(template: str, values: Mapping[str, str]) -> str:
    """In one go: a text may hold braces itself."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


def _written(number: str, form: str) -> str:
    """The number as the provider wants it; one from abroad keeps its country, without the plus if need be."""
    if number.startswith("+62"):
        return form + number.removeprefix("+62")
    return number if form == "+62" else number.removeprefix("+")
