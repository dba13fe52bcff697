"""The REST API: paths, forms and refusals. No network in it: a request comes in, a status and JSON go out.

Refusals are `{"code", "message", "more_info", "status"}` (twilio.com/docs/usage/twilios-response): 401 with
20003 for a wrong token, 404 with 20404, 405 with 20004, 429 with 20429, 400 with the code of the field that
is wrong. Lists come in pages of 50 (`Page`, `PageSize`), newest first. Calls may be listed by To, From,
Status and StartTime.
"""

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from tests.twilio.fake import resources
from tests.twilio.fake.account import API_VERSION

if TYPE_CHECKING:
    from tests.twilio.fake.twilio import FakeTwilio

PAGE_SIZE, LARGEST_PAGE = 50, 1000
Payload = dict[str, Any]


class ApiRefusal(Exception):
    """The API says no."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.payload = {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }


def not_found(path: str) -> ApiRefusal:
    """There is no such thing."""
    return ApiRefusal(404, 20404, f"The requested resource {path} was not found")


class Fields:
    """A form's fields, of which one name may stand there several times."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def get(self, name: str, default: str = "") -> str:
        """The last of that name."""
        return dict(self._pairs).get(name, default)

    def all(self, name: str) -> list[str]:
        """All of that name."""
        return [value for each, value in self._pairs if each == name]

    def __contains__(self, name: str) -> bool:
        return name in dict(self._pairs)


@dataclass(frozen=True)
class Request:
    """A request that may be answered; `rest` is its path within the account."""

    method: str
    path: str
    rest: tuple[str, ...]
    query: Fields
    form: Fields

    def page(self, name: str, items: list[Payload]) -> Payload:
        """One page of a list."""
        size = min(int(self.query.get("PageSize", str(PAGE_SIZE))), LARGEST_PAGE)
        number = int(self.query.get("Page", "0"))
        shown = items[number * size : (number + 1) * size]

        def uri(page: int) -> str:
            return f"{self.path}?{urlencode({'PageSize': size, 'Page': page})}"

        return {
            "end": number * size + max(len(shown) - 1, 0),
            "first_page_uri": uri(0),
            "next_page_uri": uri(number + 1) if (number + 1) * size < len(items) else None,
            "page": number,
            "page_size": size,
            "previous_page_uri": uri(number - 1) if number else None,
            "start": number * size,
            "uri": uri(number),
            name: shown,
        }


Room = Callable[["FakeTwilio", Request], tuple[int, Payload]]


@dataclass
class RestApi:
    """`too_many` of the next requests are refused with 429; `asked` has all of them, without their bodies."""

    twilio: "FakeTwilio"
    rooms: dict[str, Room]
    too_many: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(
        self, method: str, path: str, query: str, body: str, authorization: str
    ) -> tuple[int, Payload]:
        """Status and JSON."""
        self.asked.append((method, path))
        try:
            return self._answer(method, path, query, body, authorization)
        except ApiRefusal as refusal:
            return refusal.status, refusal.payload

    def _answer(
        self, method: str, path: str, query: str, body: str, authorization: str
    ) -> tuple[int, Payload]:
        if not self._may(authorization):
            raise ApiRefusal(401, 20003, "Authenticate")
        if self.too_many > 0:
            self.too_many -= 1
            raise ApiRefusal(429, 20429, "Too Many Requests")
        parts = path.removesuffix(".json").strip("/").split("/")
        if parts[:3] != [API_VERSION, "Accounts", self.twilio.account.sid]:
            raise not_found(path)
        rest = tuple(parts[3:])
        request = Request(method, path, rest, Fields(_pairs(query)), Fields(_pairs(body)))
        if not rest:
            return 200, resources.account(self.twilio.account)
        if rest[0] not in self.rooms:
            raise not_found(path)
        return self.rooms[rest[0]](self.twilio, request)

    def _may(self, authorization: str) -> bool:
        kind, _, word = authorization.partition(" ")
        if kind.lower() != "basic":
            return False
        user, _, password = b64decode(word).decode().partition(":")
        return self.twilio.account.knows(user, password)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The same as an ASGI app."""
        body = b""
        while (part := await receive()).get("more_body") or part.get("body"):
            body += part["body"]
            if not part.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        status, payload = self.answer(
            scope["method"],
            scope["path"],
            scope["query_string"].decode(),
            body.decode(),
            headers.get("authorization", ""),
        )
        head = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": json.dumps(payload).encode()})


def _pairs(encoded: str) -> list[tuple[str, str]]:
    return parse_qsl(encoded, keep_blank_values=True)
