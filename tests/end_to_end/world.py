"""A whole product for a test: the sandbox as its own process, and our server on a real socket in this one."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx

from aivoicecaller.cli.composition import Running, running
from aivoicecaller.cli.http_server import HttpServer
from aivoicecaller.cli.places import DataFolder, read_json
from aivoicecaller.cli.sandbox_process import SandboxState, ask_sandbox
from aivoicecaller.cli.serve import listen
from aivoicecaller.settings import Settings

SPEED = 8.0
"""Fast enough for a suite of minutes, slow enough that deadlines of seconds hold on a busy machine."""
PATIENCE_S = 60.0
TOKEN = "program-token"


@dataclass
class World:
    """The product as a test sees it."""

    url: str
    api: httpx.AsyncClient
    sandbox: SandboxState
    running: Running
    folder: DataFolder

    async def place(self, number: str, **more: Any) -> dict[str, Any]:
        response = await self.api.post("/api/calls", json={"agent": "demo", "to": number, **more})
        assert response.status_code == 201, response.text
        return response.json()

    async def news(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        async with self.api.stream("GET", "/api/live") as stream:
            assert stream.status_code == 200
            yield "stream.open", {}
            kind = ""
            async for line in stream.aiter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield kind, json.loads(line.removeprefix("data: "))

    async def detail(self, call_id: str) -> dict[str, Any]:
        response = await self.api.get(f"/api/calls/{call_id}")
        assert response.status_code == 200, response.text
        return response.json()

    async def until(self, call_id: str, holds: Any) -> dict[str, Any]:
        """The call as soon as `holds(detail)` is true; asked again whenever there is news."""
        async with asyncio.timeout(PATIENCE_S):
            async with contextlib.aclosing(self.news()) as news:
                async for _ in news:
                    detail = await self.detail(call_id)
                    if holds(detail):
                        return detail
        raise AssertionError("the live stream ended")

    async def ended(self, call_id: str) -> dict[str, Any]:
        """The call when it has ended and its recording has arrived, if one is made."""
        return await self.until(
            call_id, lambda call: call["status"] == "ended" and call["recording_state"] != "expected"
        )

    async def whole_call(self, number: str, **more: Any) -> dict[str, Any]:
        return await self.ended((await self.place(number, **more))["id"])

    async def ask_sandbox(self, side: str, method: str, path: str, body: Any = None) -> Any:
        base = self.sandbox.carrier_url if side == "carrier" else self.sandbox.engine_url.removesuffix("/v1")
        async with httpx.AsyncClient(auth=(self.sandbox.account_sid, self.sandbox.auth_token)) as client:
            response = await client.request(method, base + path, json=body)
            assert response.is_success, response.text
            return response.json() if response.content else None

    async def fault(self, point: str, kind: str, **more: Any) -> None:
        await self.ask_sandbox("carrier", "POST", "/sandbox/faults", {"point": point, "kind": kind, **more})


@contextlib.asynccontextmanager
async def world(folder: DataFolder, sandbox_folder: DataFolder, **overrides: Any) -> AsyncIterator[World]:
    """Our server over the sandbox that lives in `sandbox_folder` (started if need be)."""
    settings = Settings(
        _env_file=None, data_dir=folder.path, sandbox_speed=SPEED, log_level="error", port=0, **overrides
    )  # pyright: ignore
    sock = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    sandbox = await reached(sandbox_folder, f"{url}/api/openai/webhook")
    async with running(
        settings, folder, address=url, sandbox=sandbox, program_token=TOKEN, link_token="link-token"
    ) as parts:
        ready = asyncio.Event()
        server = HttpServer(parts.app, ready.set)
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        await ready.wait()
        headers = {"authorization": f"Bearer {TOKEN}", "x-requested-with": "aivoicecaller"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as api:
            yield World(url, api, sandbox, parts, folder)
        server.should_exit = True
        await serving


async def reached(folder: DataFolder, webhook_url: str) -> SandboxState:
    """The running sandbox of a folder, once it answers and sends its webhooks here."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = read_json(folder.sandbox_state)
            if found is not None:
                state = SandboxState(**found)
                if await ask_sandbox(state, "POST", "/sandbox/settings", {"webhook_url": webhook_url}) is not None:
                    return state
            # Another process starts: it has no event that could be waited for.
            await asyncio.sleep(0.02)
