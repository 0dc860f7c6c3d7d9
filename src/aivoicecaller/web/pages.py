"""The built dashboard, with the headers that keep a browser from running or loading anything else."""

from __future__ import annotations

import secrets
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
NONCE_PLACE = "__CSP_NONCE__"

NOT_BUILT = """<!doctype html><html lang="en"><title>AIVoiceCaller</title>
<h1>The dashboard is not built</h1>
<p>Run <code>make run</code>, or <code>python deploy/build_dashboard.py</code>, and start again.
The API and the command line work without it.</p></html>"""

_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}
_STRICT = b"default-src 'none'; frame-ancestors 'none'"


def content_policy(nonce: str) -> str:
    """Only our own host; styles that the dashboard makes at run time carry the nonce of this one answer."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",
            "font-src 'self'",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class Pages:
    """Serves the one page of the dashboard for every address that is no file of it."""

    def __init__(self, folder: Path = STATIC) -> None:
        index = folder / "index.html"
        self._page = index.read_text("utf-8") if index.is_file() else NOT_BUILT

    async def __call__(self, request: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        return HTMLResponse(
            self._page.replace(NONCE_PLACE, nonce),
            headers={"content-security-policy": content_policy(nonce), "cache-control": "no-store"},
        )


def assets(folder: Path = STATIC) -> StaticFiles | None:
    """Files with their content's hash in the name; None while nothing is built."""
    return StaticFiles(directory=folder / "assets") if (folder / "assets").is_dir() else None


class SafeHeaders:
    """Adds to every answer what a browser needs to be careful. Answers that are no page may load nothing at all."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = dict(_ALWAYS)
        if https:
            self._headers[b"strict-transport-security"] = b"max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                headers += [(name, value) for name, value in self._headers.items() if name not in present]
                if b"content-security-policy" not in present:
                    headers.append((b"content-security-policy", _STRICT))
                if b"cache-control" not in present:
                    kept = b"public, max-age=31536000, immutable" if path.startswith("/assets/") else b"no-store"
                    headers.append((b"cache-control", kept))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, with_headers)
