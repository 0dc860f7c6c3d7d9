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
    """The raw body. Errors: Refused (413), also when a length is promised that is too large."""
    promised = request.headers.get("content-length", "")
    if promised.isdigit() and int(promised) > limit:
        raise too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
    return b"".join(parts)


class BodyLimit:
    """Refuses a request whose body is larger than `API_BYTES` before anything is parsed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > API_BYTES:
                await answer(too_large(API_BYTES))(scope, receive, send)
                return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > API_BYTES:
                raise too_large(API_BYTES)
            return message

        await self._app(scope, counted, send)
