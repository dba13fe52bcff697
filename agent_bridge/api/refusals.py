"""The one table of refusals to HTTP status codes, and the one form they go out in (RFC 9457)."""

import uuid
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from config import errors
from config.errors import Language, Refused, Text, Unavailable

STATUS: dict[type[Refused], int] = {
    errors.NotSignedIn: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
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
        422: "Missing or wrong input",
        429: "Tried too often",
        503: "A part does not answer; Retry-After says when to try again",
    }.items()
}
"""What any door may answer instead, for the OpenAPI document."""

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
    app.add_exception_handler(Exception, _failed)


async def _refused(request: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refused)
    response = _problem(request, status_of(refusal), type(refusal).__name__, refusal.text)
    if isinstance(refusal, Unavailable):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return response


async def _invalid(request: Request, fault: Exception) -> JSONResponse:
    assert isinstance(fault, RequestValidationError)
    # What was sent is not repeated: it may hold personal data.
    fields = ", ".join(".".join(map(str, error["loc"][1:])) for error in fault.errors())
    text = Text(id=f"Isian tidak lengkap atau salah: {fields}.", en=f"Missing or wrong input: {fields}.")
    return _problem(request, 422, "InvalidRequest", text)


async def _failed(request: Request, fault: Exception) -> JSONResponse:
    reference = uuid.uuid4().hex[:8]
    log.error("request failed", reference=reference, fault=type(fault).__name__, path=request.url.path)
    text = Text(
        id=f"Terjadi kesalahan. Sebutkan kode {reference} kepada admin.",
        en=f"Something failed. Tell the administrator the code {reference}.",
    )
    return _problem(request, 500, "Failed", text)


def _problem(request: Request, status: int, title: str, text: Text) -> JSONResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": text.say(language_of(request))}
    return JSONResponse(body, status, media_type="application/problem+json")
