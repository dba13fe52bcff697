"""The web application: routes, pages and sockets over one house."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import FileResponse
from pydantic.json_schema import models_json_schema
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from agent_bridge.api import (
    admin,
    call_backs,
    case_care,
    case_work,
    cases,
    causes,
    citizen,
    desk,
    faq,
    handing_on,
    paper,
    practice,
    refusals,
    sign_in,
    views,
)
from agent_bridge.api.doorway import asked_host, is_secure, legible
from agent_bridge.house import Telephones, open_house
from agent_bridge.live import socket
from config.errors import NotFound
from config.settings import Settings

PAGES = Path(__file__).parent / "web" / "dist"
API_VERSION = "0.1.0"
HSTS_SECONDS = 365 * 24 * 3600


def create_app(
    settings: Settings,
    telephones: Telephones | None = None,
    redis_url: str = "",
    pages: Path = PAGES,
) -> FastAPI:
    """The application for one installation; `telephones` makes its telephone system."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_house(settings, telephones, redis_url) as house:
            app.state.house = house
            yield

    app = FastAPI(title="hotline", version=API_VERSION, lifespan=lifespan, docs_url=None, redoc_url=None)
    refusals.install(app)
    app.middleware("http")(_guarded)
    for part in (
        sign_in,
        desk,
        handing_on,
        call_backs,
        cases,
        case_work,
        case_care,
        causes,
        citizen,
        paper,
        faq,
        admin,
        practice,
    ):
        app.include_router(part.router, dependencies=[Depends(legible)])
    app.include_router(socket.router)
    app.add_api_route("/api/health", _health, tags=["health"])
    if (pages / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=pages / "assets"))

    async def page(path: str) -> FileResponse:
        """Every other address is one of the pages."""
        if not (pages / "index.html").exists():
            raise NotFound("Halaman tidak ada.", "There is no such page.")
        return FileResponse(pages / "index.html", headers={"Cache-Control": "no-cache"})

    app.add_api_route("/{path:page}", page, include_in_schema=False)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


class _PageConvertor(PathConvertor):
    """Any address but the API's: there an unknown one is refused, and a wrong method told as such."""

    regex = r"(?!api/).*"


register_url_convertor("page", _PageConvertor())


async def _health(request: Request) -> dict[str, Any]:
    """Whether the backend stands, and the link to the PBX with it."""
    house = request.app.state.house
    return {"backend": "up", "pbx": house.desks.link().pbx, "office": house.office_used}


async def _guarded(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Headers that keep the pages' data and scripts to themselves."""
    response = await call_next(request)
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    # Mantine sets styles on elements, and the browser's phone talks to the PBX's own socket.
    telephones = request.app.state.house.telephones
    socket = f" {telephones.browser_socket(asked_host(request))}" if telephones else ""
    headers["Content-Security-Policy"] = (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        f"connect-src 'self'{socket}; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    if is_secure(request):
        headers["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}"
    if request.url.path.startswith("/api/"):
        headers["Cache-Control"] = "no-store"
    return response


def openapi_document() -> dict[str, Any]:
    """The API's OpenAPI 3.1 document; the pages' types are generated from it."""
    return create_app(Settings()).openapi()


def _document(app: FastAPI) -> dict[str, Any]:
    """The routes' document, and the models no route names: refusals, and the feed's messages."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        _, extra = models_json_schema(
            [(views.FeedMessage, "serialization"), (views.Problem, "serialization")],
            ref_template="#/components/schemas/{model}",
        )
        document["components"]["schemas"] |= extra["$defs"]
    return app.openapi_schema or {}
