"""The sandbox as a process: where it says it is, what it keeps, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aivoicecaller.sandbox.media_clock import MAX_BACKLOG_TICKS, MediaClock, SandboxClock
from aivoicecaller.sandbox.serving import LoopbackServer, listen
from aivoicecaller.sandbox.state import DataFolder, StateError

SOURCES = Path(__file__).parents[2] / "src"
START_WITHIN_S = 20.0


@dataclass
class Running:
    process: asyncio.subprocess.Process
    state: dict[str, Any]

    def http(self) -> httpx.AsyncClient:
        auth = (self.state["account_sid"], self.state["auth_token"])
        return httpx.AsyncClient(base_url=self.state["carrier_url"], auth=auth, trust_env=False)

    async def end(self, within_s: float = 10.0) -> int:
        async with asyncio.timeout(within_s):
            return await self.process.wait()


async def launch(data: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "aivoicecaller.sandbox",
        *("--data", str(data), "--webhook-url", "http://127.0.0.1:9/hook", "--speed", "40", *arguments),
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


Start = Callable[..., Awaitable[Running]]


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Start]:
    """Starts sandboxes and sees to it that none is left."""
    processes: list[asyncio.subprocess.Process] = []

    async def begin(data: Path, *arguments: str) -> Running:
        process = await launch(data, *arguments)
        processes.append(process)
        assert process.stdout is not None
        async with asyncio.timeout(START_WITHIN_S):
            assert (await process.stdout.readline()).startswith(b"The sandbox is up")
        return Running(process, json.loads((data / "sandbox.json").read_bytes()))

    yield begin
    for process in processes:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def refused(data: Path, *arguments: str) -> tuple[int, str]:
    process = await launch(data, *arguments)
    async with asyncio.timeout(START_WITHIN_S):
        _, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, errors.decode().strip()


async def test_it_says_where_it_is_and_ends_on_a_signal(start: Start, tmp_path: Path) -> None:
    sandbox = await start(tmp_path)
    state = sandbox.state
    file = tmp_path / "sandbox.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "sandbox" / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert state["pid"] == sandbox.process.pid
    assert state["from_number"] == "+12025550199"
    assert state["account_sid"].startswith("AC")
    assert len(state["account_sid"]) == 34
    assert state["openai_api_key"].startswith("sk-sandbox-")
    assert state["openai_project_id"].startswith("proj_sandbox")
    assert Webhook(state["openai_webhook_secret"])
    assert state["engine_url"].endswith("/v1")
    assert state["engine_ws_url"].startswith("ws://127.0.0.1:")
    assert abs(state["started_at"] - time.time()) < START_WITHIN_S
    assert {"number", "name", "description"} == set(state["people"][0])
    async with sandbox.http() as http:
        assert (await http.get("/sandbox/state")).json()["speed"] == 40
        headers = {"Authorization": f"Bearer {state['openai_api_key']}"}
        assert (await http.get(state["engine_url"] + "/models", headers=headers, auth=lambda r: r)).status_code == 200
    sandbox.process.send_signal(signal.SIGTERM)
    assert await sandbox.end() == 0
    assert not file.exists()


async def test_credentials_calls_and_recordings_outlive_a_restart(start: Start, tmp_path: Path) -> None:
    first = await start(tmp_path)
    account = first.state["account_sid"]
    calls = f"/2010-04-01/Accounts/{account}/Calls.json"
    document = "<Response><Say>Hello.</Say><Pause length='600'/></Response>"
    async with first.http() as http:
        form = {"To": "+12025550106", "From": "+12025550199", "Twiml": document, "Record": "true"}
        sid = (await http.post(calls, data=form)).json()["sid"]
        async with asyncio.timeout(10):
            while (await http.get(calls.replace(".json", f"/{sid}.json"))).json()["status"] != "in-progress":
                pass
        assert (await http.post("/sandbox/shutdown")).status_code == 202
    assert await first.end() == 0
    second = await start(tmp_path)
    kept = {"account_sid", "auth_token", "openai_api_key", "openai_project_id", "openai_webhook_secret"}
    assert {name: second.state[name] for name in kept} == {name: first.state[name] for name in kept}
    async with second.http() as http:
        call = (await http.get(calls.replace(".json", f"/{sid}.json"))).json()
        assert call["status"] == "completed"
        [recording] = (await http.get(calls.replace(".json", f"/{sid}/Recordings.json"))).json()["recordings"]
        assert recording["status"] == "completed"
        path = recording["uri"].replace(".json", ".wav")
        assert (await http.get(path)).content.startswith(b"RIFF")


async def test_it_leaves_when_nobody_uses_it_but_not_during_a_call(start: Start, tmp_path: Path) -> None:
    sandbox = await start(tmp_path, "--idle-exit", "2")
    async with sandbox.http() as http:
        form = {"To": "+12025550106", "From": "+12025550199", "Twiml": "<Response><Pause length='50'/></Response>"}
        path = f"/2010-04-01/Accounts/{sandbox.state['account_sid']}/Calls.json"
        began = time.monotonic()
        assert (await http.post(path, data=form)).status_code == 201
    assert await sandbox.end() == 0
    # 50 s of silence are 1.25 s at this speed, and the quiet time begins only then.
    assert time.monotonic() - began > 3.2
    assert not (tmp_path / "sandbox.json").exists()


async def test_one_folder_has_one_sandbox(start: Start, tmp_path: Path) -> None:
    await start(tmp_path)
    assert await refused(tmp_path) == (2, f"A sandbox is already running in {tmp_path}.")


async def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, sentence = await refused(tmp_path, "--engine-port", str(port))
    assert (status, sentence.count("\n")) == (2, 0)
    assert f"Port {port}" in sentence


async def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, sentence = await refused(tmp_path / "file")
    assert (status, sentence.count("\n")) == (2, 0)
    assert "cannot be written" in sentence


async def test_a_missing_package_is_said_with_what_to_install(tmp_path: Path) -> None:
    # None in sys.modules makes Python treat a module as not installed.
    program = (
        "import sys; sys.modules['soxr'] = None; from aivoicecaller.sandbox.__main__ import main; "
        f"sys.exit(main(['--data', {str(tmp_path)!r}, '--webhook-url', 'http://127.0.0.1:9/']))"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(START_WITHIN_S):
        _, errors = await process.communicate()
    assert process.returncode == 2
    assert "pip install 'aivoicecaller[sandbox]'" in errors.decode()


@pytest.mark.parametrize(
    "arguments", [("--speed", "0"), ("--speed", "fast"), ("--carrier-port", "70000"), ("--idle-exit", "0")]
)
async def test_arguments_out_of_range_are_refused(tmp_path: Path, arguments: tuple[str, str]) -> None:
    status, text = await refused(tmp_path, *arguments)
    assert status == 2
    assert arguments[0] in text


async def test_damaged_credentials_are_not_replaced_silently(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    made = folder.credentials()
    assert DataFolder(tmp_path).credentials() == made
    path = tmp_path / "sandbox" / "credentials.json"
    for damaged in [b"{", b"[]", b"{}"]:
        path.write_bytes(damaged)
        with pytest.raises(StateError, match="damaged"):
            folder.credentials()


async def test_both_halves_carry_a_call_to_its_end_while_the_application_moves(start: Start, tmp_path: Path) -> None:
    """The application accepts with the engine's REST, then is replaced by another at another address."""
    sandbox = await start(tmp_path)
    state, said = sandbox.state, asyncio.Event()
    engine = httpx.AsyncClient(
        base_url=state["engine_url"], headers={"Authorization": f"Bearer {state['openai_api_key']}"}, trust_env=False
    )
    ends: list[str] = []

    async def hook(request: Request) -> Response:
        body = await request.body()
        event = Webhook(state["openai_webhook_secret"]).verify(body, dict(request.headers))
        call_id = event["data"]["call_id"]
        session = {"type": "realtime", "model": "gpt-realtime-2.1", "instructions": "Be brief."}
        accepted = await engine.post(f"/realtime/calls/{call_id}/accept", json=session)
        assert accepted.status_code == 200
        said.set()
        return Response()

    async def status(request: Request) -> Response:
        ends.append((await request.body()).decode())
        return Response(status_code=204)

    def application() -> LoopbackServer:
        routes = [Route("/hook", hook, methods=["POST"]), Route("/status", status, methods=["POST"])]
        return LoopbackServer(Starlette(routes=routes), listen(0))

    first = application()
    await first.start()
    project = state["openai_project_id"]
    document = f"<Response><Dial><Sip>sip:{project}@sip.api.openai.com;transport=tls</Sip></Dial></Response>"
    async with engine, sandbox.http() as http:
        await http.post("/sandbox/settings", json={"webhook_url": f"http://127.0.0.1:{first.port}/hook"})
        path = f"/2010-04-01/Accounts/{state['account_sid']}/Calls.json"
        form = {"To": "+12025550106", "From": "+12025550199", "Twiml": document}
        sid = (await http.post(path, data=form)).json()["sid"]
        async with asyncio.timeout(10):
            await said.wait()
        await first.stop()
        second = application()
        await second.start()
        await http.post("/sandbox/settings", json={"webhook_url": f"http://127.0.0.1:{second.port}/hook"})
        async with asyncio.timeout(10):
            while (call := (await http.get(path.replace(".json", f"/{sid}.json"))).json())["status"] != "completed":
                pass
        await second.stop()
    assert 59 <= int(call["duration"]) <= 75  # the silent person's minute, whatever the application did


async def test_the_media_clock_gives_every_call_the_ticks_that_are_due() -> None:
    clock = SandboxClock(speed=100)
    media = MediaClock(clock)
    ticks = {"steady": 0, "held": 0}
    failures: list[Exception] = []
    enough = asyncio.Event()

    def steady() -> bool:
        ticks["steady"] += 1
        if ticks["steady"] == 200:
            enough.set()
        return True

    def held() -> bool:
        ticks["held"] += 1
        return False

    def broken() -> bool:
        raise RuntimeError("this call is broken")

    seats = [media.join(steady, failures.append), media.join(held, failures.append)]
    media.join(broken, failures.append)
    began = clock.now()
    async with asyncio.timeout(10):
        await enough.wait()
    assert clock.now() - began >= 200 * 0.02 - 0.1
    assert seats[1].ticks == 0
    assert ticks["held"] < 200  # a call that cannot go on is asked once a wake-up
    assert [str(failure) for failure in failures] == ["this call is broken"]
    for seat in seats:
        media.leave(seat)
        media.leave(seat)


async def test_a_call_that_fell_far_behind_lets_the_rest_go() -> None:
    clock = SandboxClock(speed=1000)
    media = MediaClock(clock)
    waiting, served = True, asyncio.Event()
    ticks = 0

    def tick() -> bool:
        nonlocal ticks
        if waiting:
            return False
        ticks += 1
        served.set()
        return True

    seat = media.join(tick, lambda error: None)
    await clock.sleep(50)
    waiting = False
    async with asyncio.timeout(5):
        await served.wait()
    media.leave(seat)
    assert ticks <= MAX_BACKLOG_TICKS


async def test_a_clock_keeps_its_time_when_its_speed_changes() -> None:
    clock = SandboxClock(speed=1)
    before = clock.now()
    clock.set_speed(100)
    assert 0 <= clock.now() - before < 5
    await clock.sleep(10)
    assert 10 <= clock.now() - before < 60
    with pytest.raises(ValueError, match="above 0"):
        clock.set_speed(0)
