"""The web role as one ASGI app: API, providers' webhooks, live stream and dashboard."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from .. import __version__
from ..addresses import OPENAI_WEBHOOK
from . import problems
from .api.calls import calls_router
from .api.overview import overview_router
from .api.recordings import recordings_router
from .api.schemas import Problem
from .auth import Guard, door
from .body import BodyLimit
from .hooks.openai import OpenAIHook
from .hooks.twilio import TwilioHooks
from .live import Feed, live_router
from .pages import Pages, SafeHeaders, assets
from .parts import WebParts


def create_app(parts: WebParts) -> FastAPI:
    feed = Feed(parts)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        feed.start()
        try:
            yield
        finally:
            await feed.stop()

    app = FastAPI(
        title="AIVoiceCaller",
        version=__version__,
        description="Place AI phone calls and watch them. Errors are RFC 9457 problem details.",
        lifespan=lifespan,
        # FastAPI's own pages load scripts from other hosts; the description itself is served below the log-in.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses={"4XX": {"model": Problem, "description": "What is wrong, and what to do."}},
    )
    app.state.end_streams = feed.end_streams
    problems.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(Guard, parts=parts)
    app.add_middleware(problems.Faults)
    app.add_middleware(SafeHeaders, https=parts.access.secure_cookies)

    app.add_route(OPENAI_WEBHOOK, OpenAIHook(parts).received, methods=["POST"], include_in_schema=False)
    for path, handler in TwilioHooks(parts).routes.items():
        app.add_route(path, handler, methods=["GET", "POST"], include_in_schema=False)

    app.include_router(calls_router(parts))
    app.include_router(overview_router(parts))
    app.include_router(recordings_router(parts))
    app.include_router(live_router(feed, parts.access))
    app.include_router(door(parts, feed.log_out))
    _health(app, parts)
    _dashboard(app)
    return app


def _health(app: FastAPI, parts: WebParts) -> None:
    @app.head("/health", include_in_schema=False)
    @app.get("/health", include_in_schema=False)
    async def health() -> Response:
        """The process is alive."""
        return JSONResponse({"status": "alive", "version": __version__})

    @app.head("/ready", include_in_schema=False)
    @app.get("/ready", include_in_schema=False)
    async def ready() -> Response:
        """The process can work: its record answers."""
        await parts.store.calls.count_live()
        return JSONResponse({"status": "ready"})


def _dashboard(app: FastAPI) -> None:
    pages = Pages()
    app.state.page = pages
    if (files := assets()) is not None:
        app.mount("/assets", files, name="assets")

    @app.get("/api/{rest:path}", include_in_schema=False)
    async def no_such_address(rest: str) -> Response:
        raise problems.not_found("address")

    @app.head("/api/{rest:path}", include_in_schema=False)
    async def no_head(rest: str) -> Response:
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED)

    @app.head("/{rest:path}", include_in_schema=False)
    @app.get("/{rest:path}", include_in_schema=False)
    async def page(request: Request, rest: str) -> Response:
        return await pages(request)
