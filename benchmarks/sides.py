"""The two servers that are compared, as the benchmarks drive them: each a process that is started afresh."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import aiohttp
import orjson

from . import accounts
from .provider import PATIENCE_S, Line, Provider
from .server import Report

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 8
"""Calls that are placed at a time: preparing a benchmark shall not be a flood."""

Name = Literal["bare", "ours"]
BOTH: tuple[Name, Name] = ("bare", "ours")


class Side:
    """One server under test."""

    def __init__(self, name: Name, url: str, provider: Provider, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.url = url
        self.provider = provider
        self.webhook_url = f"{url}/webhook" if name == "bare" else f"{url}/api/openai/webhook"
        self._process = process

    async def report(self) -> Report:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(b"\n")
        async with asyncio.timeout(PATIENCE_S):
            return Report(**orjson.loads(await stdout.readline()))

    async def offers(self, count: int) -> list[Line]:
        """Calls that wait to be announced. Ours were asked for, dialled and answered before that; the bare handler
        takes every call, so its reference is any text as long as ours."""
        if self.name == "bare":
            return [self.provider.offer("call_" + "0" * 32 + "-tf2k1s-" + "A" * 22) for _ in range(count)]
        turns = asyncio.Semaphore(AT_ONCE)

        async def placed() -> Line:
            async with turns:
                await self._place()
                return await self.provider.answered()

        return await asyncio.gather(*(placed() for _ in range(count)))

    async def talking(self, count: int) -> list[Line]:
        """Calls that are accepted, watched and greeted."""
        lines = await self.offers(count)
        turns = asyncio.Semaphore(AT_ONCE)

        async def greeted(line: Line) -> None:
            async with turns:
                await self.provider.announce(line, self.webhook_url, time.perf_counter())
                await asyncio.wait_for(line.greeted, PATIENCE_S)

        await asyncio.gather(*map(greeted, lines))
        return lines

    async def hang_up(self, lines: Sequence[Line]) -> None:
        """End calls, and wait until the server has let go of them."""
        for line in lines:
            await self.provider.hang_up(line)
        async with asyncio.timeout(PATIENCE_S):
            while (await self.report()).live:
                await asyncio.sleep(0.05)

    async def transcript(self, line: Line) -> list[tuple[str, str]]:
        """Role and words of what our record holds of a call."""
        call_id = line.reference.partition("-")[0]
        async with self.provider.http.get(f"{self.url}/api/calls/{call_id}", headers=_program()) as response:
            response.raise_for_status()
            return [(item["role"], item["text"]) for item in (await response.json())["transcript"]]

    async def _place(self) -> None:
        order = {"agent": "demo", "to": accounts.TO_NUMBER}
        async with self.provider.http.post(f"{self.url}/api/calls", json=order, headers=_program()) as response:
            if response.status != 201:
                raise RuntimeError(f"A call was not placed: {await response.text()}")


@contextlib.asynccontextmanager
async def started(name: Name, provider: Provider) -> AsyncIterator[Side]:
    """A fresh server with an empty record, ready and warm: it has had a few calls already."""
    with TemporaryDirectory(prefix="aivoicecaller-benchmark-") as folder:
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        log = Path(folder, "server.log")
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.server", name, str(port), provider.url, folder),
                cwd=ROOT,
                env=_environment(provider.url),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        try:
            await _until_it_answers(url, provider.http, process, log)
            side = Side(name, url, provider, process)
            await side.hang_up(await side.talking(AT_ONCE))
            yield side
        finally:
            await _stop(process)


def _environment(provider_url: str) -> dict[str, str]:
    """Only what a server needs: nobody's keys, and no settings of this machine."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "PYTHONPATH": str(ROOT / "src"),
        "OPENAI_API_KEY": accounts.API_KEY,
        "OPENAI_BASE_URL": f"{provider_url}/v1",
        "OPENAI_WEBSOCKET_BASE_URL": f"{provider_url}/v1".replace("http", "ws", 1),
        "OPENAI_WEBHOOK_SECRET": accounts.WEBHOOK_SECRET,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def _until_it_answers(
    url: str, http: aiohttp.ClientSession, process: asyncio.subprocess.Process, log: Path
) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"The server ended at once:\n{log.read_text()}")
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with http.get(f"{url}/health"):
                    return
            await asyncio.sleep(0.02)


async def _stop(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), 10)
    except TimeoutError:
        process.kill()
        await process.wait()


def _program() -> dict[str, str]:
    return {"Authorization": f"Bearer {accounts.PROGRAM_TOKEN}", "X-Requested-With": "aivoicecaller"}
