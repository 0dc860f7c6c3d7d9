"""Uptime probes ask with HEAD: they get what GET would say, without the content."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from aivoicecaller.cli.composition import make_carrier
from aivoicecaller.settings import Settings
from aivoicecaller.web.app import create_app

from .conftest import SANDBOX, clients

WAV = b"RIFF" + bytes(40)


@pytest.mark.parametrize("path", ["/", "/login", "/calls/call_1", "/health", "/ready"])
async def test_head_says_what_get_says(web_role, path):
    head, get = await web_role.stranger.head(path), await web_role.stranger.get(path)
    assert (head.status_code, get.status_code) == (200, 200)
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers["content-length"] == get.headers["content-length"]


async def test_head_on_the_printed_address_logs_nobody_in(web_role):
    response = await web_role.stranger.head(f"/login?token={web_role.parts.access.link_token}")
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("path", ["/api/calls", "/api/nothing", "/api/live"])
async def test_the_api_takes_no_head(web_role, path):
    response = await web_role.http.head(path)
    assert response.status_code == 405
    assert (await web_role.stranger.head(path)).status_code == 401


@pytest.fixture
async def recorder():
    """Where a carrier answers every question with one recording."""

    async def audio(request: web.Request) -> web.Response:
        return web.Response(body=WAV, content_type="audio/x-wav")

    app = web.Application()
    app.router.add_get("/{rest:.*}", audio)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("")).rstrip("/")


async def test_head_on_a_recording_tells_its_size_and_form(web_role, recorder):
    store, now = web_role.parts.store, web_role.parts.clock.now()
    recording = await store.recordings.ready(await web_role.place(), "RE" + "2" * 32, 2, 1.0, now)
    carrier = make_carrier(Settings(_env_file=None), replace(SANDBOX, carrier_url=recorder), web_role.parts.clock)
    async with clients(create_app(replace(web_role.parts, carrier=carrier))) as (http, _):
        response = await http.head(f"/api/recordings/{recording.id}")
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["content-type"] == "audio/wav"
        assert response.headers["content-length"] == str(len(WAV))
        assert response.headers["accept-ranges"] == "bytes"
        assert (await http.get(f"/api/recordings/{recording.id}")).content == WAV
    await carrier.aclose()
