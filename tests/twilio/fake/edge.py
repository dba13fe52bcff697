"""Where Twilio's HTTP requests leave: signed, limited in time, repeated where the connection failed.

- Every request is signed (twilio.com/docs/usage/webhooks/webhooks-security) over the very URL that is
  asked.
- 15 s in all, two connection tries of 5 s, then error 11205 (twilio.com/docs/api/errors/11205); an answer
  that is not 2xx is 11200.
- `#rc=&rp=&ct=&rt=&tt=` in a URL change that: rc 1 (0-5) further tries, rp `ct` of ct, rt, 4xx, 5xx, all;
  ct 5000, rt and tt 15000 ms. The fragment is neither sent nor signed. Tries of one request have one
  `I-Twilio-Idempotency-Token` (twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
- Redirections (3xx) are not followed here: they count as 11200.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlencode, urlsplit

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.twilio.fake.account import Account
from tests.twilio.fake.clock import Bell, VirtualClock
from tests.twilio.fake.errors import CONNECTION, RETRIEVAL, DocumentFault

HARD_LIMIT_SECONDS = 15.0
Form = Mapping[str, str]


@dataclass(frozen=True)
class Overrides:
    """A URL's connection overrides; times in seconds."""

    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    connect: float = 5.0
    read: float = 15.0
    total: float = HARD_LIMIT_SECONDS

    @classmethod
    def of(cls, fragment: str) -> "Overrides":
        """As written in a fragment; what is outside its limits is left at the default."""
        given = dict(parse_qsl(fragment))
        policy = frozenset(given.get("rp", "ct").split(","))
        if "all" in policy:
            policy = frozenset({"ct", "rt", "4xx", "5xx"})
        return cls(
            retries=min(max(int(given.get("rc", 1)), 0), 5),
            policy=policy,
            connect=_seconds(given.get("ct"), 5.0, 10.0),
            read=_seconds(given.get("rt"), 15.0, 15.0),
            total=_seconds(given.get("tt"), 15.0, HARD_LIMIT_SECONDS),
        )


def _seconds(milliseconds: str | None, default: float, most: float) -> float:
    return min(max(int(milliseconds) / 1000, 0.1), most) if milliseconds else default


@dataclass(frozen=True)
class Sent:
    """A request as it left, and what became of it: a status, or the kind of failure."""

    at: datetime
    method: str
    url: str
    form: dict[str, str]
    headers: dict[str, str]
    body: bytes
    status: int | None = None
    failure: str = ""
    answer: bytes = b""
    content_type: str = ""


@dataclass
class Edge:
    """`places` says where an origin's requests go; what is not in it is asked over the network.

    `changed` may be set to what a proxy on the way does to each request after it was signed.
    """

    clock: VirtualClock
    account: Account
    places: dict[str, httpx.AsyncBaseTransport] = field(default_factory=dict)
    unreachable: dict[str, str] = field(default_factory=dict)
    changed: Callable[[Sent], Sent] | None = None
    sent: list[Sent] = field(default_factory=list)
    _clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    _tokens: int = 0

    def serve(self, origin: str, app: Any) -> None:
        """Answer that origin's requests by an ASGI app."""
        self.places[origin] = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._clients.pop(origin, None)

    async def fetch(self, url: str, form: Form, method: str = "POST") -> Sent:
        """A 2xx answer; raises DocumentFault with Twilio's code."""
        bare, fragment = urldefrag(url)
        overrides = Overrides.of(fragment)
        request = self.signed(bare, form, method)
        ends_at = self.clock.now().timestamp() + overrides.total
        for further in range(overrides.retries, -1, -1):
            limit = ends_at - self.clock.now().timestamp()
            sent = await self.attempt(replace(request, at=self.clock.now()), overrides, limit)
            if sent.status is not None and 200 <= sent.status < 300:
                return sent
            kind = sent.failure or f"{sent.status // 100 if sent.status else 0}xx"
            if kind not in overrides.policy or further == 0 or self.clock.now().timestamp() >= ends_at:
                break
        raise DocumentFault(CONNECTION if sent.failure else RETRIEVAL, bare, str(sent.status or sent.failure))

    def signed(self, url: str, form: Form, method: str = "POST", token: str | None = None) -> Sent:
        """A request with its signature; a GET has the form in its query, which is part of what is signed."""
        if method == "GET" and form:
            url += ("&" if urlsplit(url).query else "?") + urlencode(form)
        signed = dict(form) if method == "POST" else {}
        signature = RequestValidator(token or self.account.primary_token).compute_signature(url, signed)
        self._tokens += 1
        headers = {
            "X-Twilio-Signature": signature,
            "I-Twilio-Idempotency-Token": f"{self._tokens:08x}-{self.account.sid[2:14]}",
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        body = b""
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
            body = urlencode(signed).encode()
        return Sent(self.clock.now(), method, url, dict(form), headers, body)

    async def attempt(
        self,
        request: Sent,
        overrides: Overrides | None = None,
        limit: float | None = None,
        place: str | None = None,
    ) -> Sent:
        """Send it once, as it is; what became of it is kept in `sent`, in the order of the answers.

        `place` is another key of `places` than the origin: a second node behind the same address.
        """
        overrides = overrides or Overrides()
        if self.changed:
            request = self.changed(request)
        limit = min(overrides.read, HARD_LIMIT_SECONDS if limit is None else limit)
        origin = place or "{0.scheme}://{0.netloc}".format(urlsplit(request.url))
        if failing := self.unreachable.get(origin):
            await self.clock.sleep(min(overrides.connect, limit) if failing == "silent" else 0)
            done = replace(request, failure="ct")
        else:
            done = await self._within(request, limit, origin)
        self.sent.append(done)
        return done

    async def _within(self, request: Sent, limit: float, origin: str) -> Sent:
        bell = Bell(self.clock)
        task = self.clock.spawn(self._ask(request, origin))
        task.add_done_callback(lambda _task: bell.ring())
        if task.done() or await bell.wait(limit):
            return await task
        task.cancel()
        return replace(request, failure="rt")

    async def _ask(self, request: Sent, origin: str) -> Sent:
        if origin not in self._clients:
            transport = self.places.get(origin)
            self._clients[origin] = httpx.AsyncClient(transport=transport, timeout=HARD_LIMIT_SECONDS)
        try:
            answer = await self._clients[origin].request(
                request.method, request.url, content=request.body, headers=request.headers
            )
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return replace(request, failure="ct")
        except httpx.HTTPError:
            return replace(request, failure="rt")
        return replace(
            request,
            status=answer.status_code,
            answer=answer.content,
            content_type=answer.headers.get("content-type", ""),
        )

    async def close(self) -> None:
        """Let go of the connections."""
        for client in self._clients.values():
            await client.aclose()
