"""The real app in this process, over a real record. No provider is reached: nothing here gets that far."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI

from aivoicecaller.addresses import Addresses
from aivoicecaller.agents.demo import DEMO_CONFIG, DEMO_DESCRIPTION, DEMO_NAME
from aivoicecaller.bus.memory import MemoryBus
from aivoicecaller.cli.composition import Running, describe, make_carrier, make_engine, running
from aivoicecaller.cli.sandbox_process import SandboxState
from aivoicecaller.clock import Clock
from aivoicecaller.references import References
from aivoicecaller.settings import Settings
from aivoicecaller.store import open_store
from aivoicecaller.web.app import create_app
from aivoicecaller.web.parts import Access, WebParts

PROGRAM_TOKEN = "token-of-the-command-line"
LINK_TOKEN = "token-of-the-printed-address"
URL = "http://calls.test"

SANDBOX = SandboxState(
    pid=1,
    # Port 9 is "discard": if anything did ask, the connection is refused at once.
    carrier_url="http://127.0.0.1:9",
    engine_url="http://127.0.0.1:9/v1",
    engine_ws_url="ws://127.0.0.1:9/v1",
    account_sid="AC" + "0" * 32,
    auth_token="carrier-auth-token",
    from_number="+12025550199",
    openai_api_key="sk-sandbox-test",
    openai_project_id="proj_test",
    openai_webhook_secret="whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    speed=1.0,
    started_at=1_795_000_000.0,
    people=[{"number": "+12025550100", "name": "Ann", "description": "Books an appointment."}],
)


@dataclass
class Site:
    http: httpx.AsyncClient
    """Logged in as the command line is."""
    stranger: httpx.AsyncClient
    running: Running


@dataclass
class WebRole:
    """The web role alone: a test plays the owner of its calls."""

    http: httpx.AsyncClient
    stranger: httpx.AsyncClient
    app: FastAPI
    parts: WebParts

    async def place(self) -> str:
        """Place a call and return its id."""
        placed = await self.http.post("/api/calls", json={"agent": "demo", "to": "+12025550100"})
        return placed.json()["id"]


@contextlib.asynccontextmanager
async def clients(app: FastAPI):
    """One that is let in as the command line is, and a stranger."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {PROGRAM_TOKEN}", "x-requested-with": "aivoicecaller"}
    async with (
        httpx.AsyncClient(transport=transport, base_url=URL, headers=headers) as http,
        httpx.AsyncClient(transport=transport, base_url=URL) as stranger,
    ):
        yield http, stranger


@pytest.fixture
async def web_role(data_folder):
    settings, clock, bus = Settings(_env_file=None), Clock(), MemoryBus()
    engine, carrier = make_engine(settings, SANDBOX, clock), make_carrier(settings, SANDBOX, clock)
    async with await open_store(data_folder.database) as store:
        await store.agents.ensure_demo(DEMO_NAME, DEMO_DESCRIPTION, DEMO_CONFIG, clock.now())
        parts = WebParts(
            store,
            bus,
            engine,
            carrier,
            clock,
            Addresses(URL, References(b"0123456789abcdef")),
            describe(settings, SANDBOX),
            Access(LINK_TOKEN, PROGRAM_TOKEN, password=None, secure_cookies=False),
        )
        app = create_app(parts)
        async with clients(app) as (http, stranger):
            yield WebRole(http, stranger, app, parts)
    await engine.aclose()
    await carrier.aclose()
    await bus.close()


@pytest.fixture
def make_site(data_folder):
    @contextlib.asynccontextmanager
    async def make(sandbox: SandboxState | None = SANDBOX, **overrides):
        settings = Settings(_env_file=None, data_dir=data_folder.path, **overrides)
        async with (
            running(
                settings,
                data_folder,
                address=URL,
                sandbox=sandbox,
                program_token=PROGRAM_TOKEN,
                link_token=LINK_TOKEN,
            ) as parts,
            clients(parts.app) as (http, stranger),
        ):
            yield Site(http, stranger, parts)

    return make


@pytest.fixture
async def site(make_site):
    async with make_site() as opened:
        yield opened
