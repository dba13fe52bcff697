"""The one table of refusals to HTTP status codes, and the one form they go out in (RFC 9457)."""

import uuid
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from agent_bridge.api.views import FIELDS
from config import errors
from config.errors import Language, Refused, Text, Unavailable

STATUS: dict[type[Refused], int] = {
    errors.NotSignedIn: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.TooManyTries: 429,
    errors.Unavailable: 503,
    errors.Refused: 400,
}

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, description in {
        400: "Refused",
        401: "Nobody is signed in",
        403: "This person may not do that",
        404: "Not there, or not this person's to see",
        409: "Not in the present state, or the key was used for something else",
        413: "More than such a request may hold",
        422: "Missing or wrong input",
        429: "Tried too often",
        503: "A part does not answer; Retry-After says when to try again",
    }.items()
}
"""What any door may answer instead, for the OpenAPI document."""

PARAMETERS = frozenset(
    {
        "after",
        "before",
        "code",
        "days",
        "limit",
        "mine",
        "number",
        "over",
        "since",
        "state",
        "username",
        "call_id",
        "cause_id",
    }
)
"""What stands in addresses; with the fields of bodies all that a refusal may name."""

_KEY = "idempotency-key"
_NO_KEY = Text(
    id="Kunci permintaan (Idempotency-Key) tidak ada atau salah: 8 sampai 80 huruf, angka, '.', '_', ':' "
    "atau '-', baru untuk setiap tindakan.",
    en="The request's key (Idempotency-Key) is missing or malformed: 8 to 80 letters, digits, '.', '_', ':' "
    "or '-', a new one for each act.",
)
_OF_HTTP = {
    400: ("InvalidRequest", Text("Isi permintaan tidak dapat dibaca.", "The request cannot be read.")),
    404: ("NotFound", Text("Alamat ini tidak ada.", "There is nothing at this address.")),
    405: (
        "MethodNotAllowed",
        Text("Alamat ini ada, tetapi bukan untuk tindakan itu.", "This address does not take that method."),
    ),
}
"""What the server itself refuses, before any door."""
_OTHER = ("Refused", Text("Permintaan ditolak.", "The request was refused."))

log = structlog.get_logger(__name__)


def status_of(refusal: Refused) -> int:
    """The status of a refusal: its own, or that of the nearest kind it belongs to."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def language_of(request: Request) -> Language:
    """The reader's language; Indonesian unless English is asked for."""
    wanted = request.headers.get("accept-language", "")
    return Language.ENGLISH if wanted.lower().startswith("en") else Language.INDONESIAN


def install(app: FastAPI) -> None:
    """Answer every refusal, and every fault, as a problem the reader understands."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _not_served)
    app.add_exception_handler(Exception, _failed)


async def _refused(request: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refused)
    response = _problem(request, status_of(refusal), type(refusal).__name__, refusal.text)
    if isinstance(refusal, Unavailable):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return response


async def _invalid(request: Request, fault: Exception) -> JSONResponse:
    assert isinstance(fault, RequestValidationError)
    found = fault.errors()
    if any(error["loc"][:2] == ("header", _KEY) for error in found):
        return _problem(request, 422, "InvalidRequest", _NO_KEY)
    fields = ", ".join(dict.fromkeys(_place(error["loc"]) for error in found))
    text = Text(id=f"Isian tidak lengkap atau salah: {fields}.", en=f"Missing or wrong input: {fields}.")
    return _problem(request, 422, "InvalidRequest", text)


def _place(loc: tuple[int | str, ...]) -> str:
    """Where the fault is, by names of ours; what was sent is not repeated, for it may hold personal data."""
    known = [str(part) for part in loc[1:] if isinstance(part, int) or part in FIELDS or part in PARAMETERS]
    return ".".join([*known, *(["?"] if len(known) < len(loc[1:]) else [])]) or "?"


async def _not_served(request: Request, fault: Exception) -> JSONResponse:
    """An address that is none, a method it does not take, a body nobody can read."""
    assert isinstance(fault, HTTPException)
    title, text = _OF_HTTP.get(fault.status_code, _OTHER)
    headers: Mapping[str, str] = fault.headers or {}
    if fault.status_code == 405:
        headers = {"Allow": ", ".join(sorted(_methods_of(request)))}
    response = _problem(request, fault.status_code, title, text)
    response.headers.update(headers)
    return response


def _methods_of(request: Request) -> set[str]:
    """Every method of the address: each has a route of its own."""
    path, found = request.url.path, set[str]()
    for route in iter_route_contexts(request.app.routes):
        pattern = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(path):
            found |= set(getattr(route, "methods", None) or ())
    return found


async def _failed(request: Request, fault: Exception) -> JSONResponse:
    reference = uuid.uuid4().hex[:8]
    # The address as its route writes it: in its place may stand what somebody typed.
    route = getattr(request.scope.get("route"), "path", None)
    log.error("request failed", reference=reference, fault=type(fault).__name__, route=route)
    text = Text(
        id=f"Terjadi kesalahan. Sebutkan kode {reference} kepada admin.",
        en=f"Something failed. Tell the administrator the code {reference}.",
    )
    return _problem(request, 500, "Failed", text)


def _problem(request: Request, status: int, title: str, text: Text) -> JSONResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": text.say(language_of(request))}
    return JSONResponse(body, status, media_type="application/problem+json")
