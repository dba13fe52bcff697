"""A provider's HTTP gateway, of the kind Indonesian providers offer: fields, a token, an expected answer."""

from dataclasses import dataclass, field

import httpx

from ivr.texting.port import GatewayAway, NeverAccepted, NotAccepted, Unsure

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
_NOW_NOT = (408, 425, 429, 500, 503)
"""Refused without having been taken. Of 502 and 504 nobody knows: a proxy answers for somebody behind it."""
_UNKNOWN = (502, 504)


@dataclass(frozen=True, slots=True)
class GatewayForm:
    """How this provider wants it. In `fields`, {number}, {text} and {key} are filled in."""

    url: str
    fields: dict[str, str]
    as_json: bool = False
    token: str = field(default="", repr=False)
    number_form: str = "+62"
    expect: str = ""
    knows_keys: bool = False


class HttpGateway:
    """Hands messages to a provider by HTTP; neither number nor text is ever logged or put into an address."""

    def __init__(self, form: GatewayForm) -> None:
        self.knows_keys = form.knows_keys
        self._form = form
        headers = {"Authorization": f"Bearer {form.token}"} if form.token else {}
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        self._client = httpx.AsyncClient(timeout=timeout, headers=headers)

    async def send(self, number: str, text: str, key: str) -> None:
        """Hand over; raises NotAccepted, GatewayAway, NeverAccepted, Unsure."""
        values = {"number": _written(number, self._form.number_form), "text": text, "key": key}
        body = {name: _filled(template, values) for name, template in self._form.fields.items()}
        try:
            if self._form.as_json:
                answer = await self._client.post(self._form.url, json=body)
            else:
                answer = await self._client.post(self._form.url, data=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as fault:
            raise GatewayAway(type(fault).__name__) from None
        except httpx.HTTPError as fault:
            # The request was on its way: the answer alone may have been lost.
            raise Unsure(type(fault).__name__) from None
        _judge(answer, self._form.expect)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


def _judge(answer: httpx.Response, expect: str) -> None:
    status = answer.status_code
    if status in _UNKNOWN:
        raise Unsure(str(status))
    if status in (429, 503):
        raise GatewayAway(str(status))
    if status in _NOW_NOT:
        raise NotAccepted(str(status))
    if status >= 400:
        raise NeverAccepted(str(status))
    if status >= 300 or (expect and expect not in answer.text):
        raise NotAccepted("unexpected answer")


def _filled(template: str, values: dict[str, str]) -> str:
    """By hand: the text itself may hold braces."""
    for name, value in values.items():
        if template == f"{{{name}}}":
            return value
    return template


def _written(number: str, form: str) -> str:
    """The number as the provider wants it."""
    return form + number.removeprefix("+62") if number.startswith("+62") else number
