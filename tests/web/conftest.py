"""The real app in this process, over a real record. No provider is reached: nothing here gets that far."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import httpx
import pytest

from aivoicecaller.cli.composition import Running, running
from aivoicecaller.cli.sandbox_process import SandboxState
from aivoicecaller.settings import Settings

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


@pytest.fixture
def make_site(data_folder):
    @contextlib.asynccontextmanager
    async def make(sandbox: SandboxState | None = SANDBOX, **overrides):
        settings = Settings(_env_file=None, data_dir=data_folder.path, **overrides)
        async with running(
            settings,
            data_folder,
            address=URL,
            sandbox=sandbox,
            program_token=PROGRAM_TOKEN,
            link_token=LINK_TOKEN,
        ) as parts:
            transport = httpx.ASGITransport(parts.app, raise_app_exceptions=False)
            headers = {"authorization": f"Bearer {PROGRAM_TOKEN}", "x-requested-with": "aivoicecaller"}
            async with (
                httpx.AsyncClient(transport=transport, base_url=URL, headers=headers) as http,
                httpx.AsyncClient(transport=transport, base_url=URL) as stranger,
            ):
                yield Site(http, stranger, parts)

    return make


@pytest.fixture
async def site(make_site):
    async with make_site() as opened:
        yield opened
