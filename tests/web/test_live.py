"""The live stream shows nothing to a log-in that has ended."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

import pytest

from aivoicecaller.topics import NEWS
from aivoicecaller.web.auth import COOKIE
from aivoicecaller.web.live import Feed

from .conftest import LINK_TOKEN, PROGRAM_TOKEN

SENT = {"x-requested-with": "aivoicecaller"}


@dataclass
class Page:
    """A reader of the stream, as the server under the app sees it."""

    task: asyncio.Task
    sent: asyncio.Queue
    """What the app sends, in order."""

    async def next(self) -> bytes:
        async with asyncio.timeout(5):
            return (await self.sent.get()).get("body", b"")

    async def ended(self, within_s: float) -> None:
        async with asyncio.timeout(within_s):
            await asyncio.shield(self.task)

    def rest(self) -> bytes:
        return b"".join(self.sent.get_nowait().get("body", b"") for _ in range(self.sent.qsize()))


@pytest.fixture
async def make_page(web_role):
    """Opens the stream with a header, as far as its first words."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(name: str, value: str) -> Page:
            scope = {
                "type": "http",
                "asgi": {"version": "3.0", "spec_version": "2.4"},
                "method": "GET",
                "path": "/api/live",
                "raw_path": b"/api/live",
                "query_string": b"",
                "headers": [(name.encode(), value.encode())],
            }
            sent = asyncio.Queue()
            page = Page(asyncio.create_task(web_role.app(scope, asyncio.Event().wait, sent.put)), sent)
            stack.callback(page.task.cancel)
            assert await page.next() == b"", "the answer's head"
            assert await page.next() == b"retry: 1000\n\n"
            return page

        async with web_role.app.router.lifespan_context(web_role.app):
            yield make


async def log_in(web_role) -> str:
    web_role.stranger.cookies.clear()
    await web_role.stranger.get(f"/login?token={LINK_TOKEN}")
    return web_role.stranger.cookies[COOKIE]


async def test_logging_out_ends_what_that_log_in_watches_and_nothing_else(web_role, make_page):
    other = await make_page("cookie", f"{COOKIE}={await log_in(web_role)}")
    program = await make_page("authorization", f"Bearer {PROGRAM_TOKEN}")
    page = await make_page("cookie", f"{COOKIE}={await log_in(web_role)}")
    await web_role.stranger.delete("/api/login", headers=SENT)
    await page.ended(within_s=1)
    web_role.parts.bus.publish(NEWS, {"kind": "call.gap", "call_id": "call_1", "gap": {"from_ms": 0, "to_ms": 1}})
    for still_there in (other, program):
        assert b"event: call.gap" in await still_there.next()
    assert b"event: call.gap" not in page.rest()


async def test_a_stream_ends_with_its_log_in(web_role, make_page):
    parts = web_role.parts
    now = parts.clock.now()
    await parts.store.logins.add("a-short-login", "owner", now, now + 0.5)
    page = await make_page("cookie", f"{COOKIE}=a-short-login")
    await page.ended(within_s=3)


async def test_a_log_in_revoked_before_the_stream_began_sees_nothing(web_role):
    token = await log_in(web_role)
    await web_role.parts.store.logins.revoke(token)
    assert [message async for message in Feed(web_role.parts).stream(None, token)] == []
