"""Bodies of requests, read whole but never more than they may be."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import Refused, answer

HOOK_BYTES = 256 * 1024
"""A provider's webhook is a few kilobytes; SIP headers may add some."""
API_BYTES = 1024 * 1024


def too_large(limit: int) -> Refused:
    return Refused(413, "too-large", "The body is too large", f"At most {limit // 1024} KiB are taken.")


async def read_body(request: Request, limit: int = HOOK_BYTES) -> bytes:
    """The raw body. Errors: Refused (413)."""
    body = await request.body()
    if len(body) > limit:
        raise too_large(limit)
    return body


class BodyLimit:
    """Reads a body whole before anything else sees it, and refuses one that is larger than `API_BYTES`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            part: bytes = message.get("body", b"")
            parts.append(part)
            size += len(part)
            if size > API_BYTES:
                await answer(too_large(API_BYTES))(scope, receive, send)
                return
            more = message.get("more_body", False)
        whole: Message | None = {"type": "http.request", "body": b"".join(parts), "more_body": False}

        async def read() -> Message:
            nonlocal whole
            message, whole = whole, None
            return message if message is not None else await receive()

        await self._app(scope, read, send)
