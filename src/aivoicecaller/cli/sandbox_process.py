"""The sandbox beside the server: a process of its own, so that a restart of ours does not end its calls."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import httpx

from .places import DataFolder, last_line, read_json

START_S = 20.0
IDLE_EXIT_S = 60
"""The sandbox leaves by itself when nobody asked it anything for so long and no call lives."""
KEEP_ALIVE_S = 15.0


class SandboxFailed(Exception):
    """The sandbox did not start; the message says why."""


@dataclass(frozen=True, slots=True)
class SandboxState:
    """What the sandbox writes into its state file."""

    pid: int
    carrier_url: str
    engine_url: str
    engine_ws_url: str
    account_sid: str
    auth_token: str
    from_number: str
    openai_api_key: str
    openai_project_id: str
    openai_webhook_secret: str
    speed: float
    started_at: float
    """Seconds since 1970 UTC. A fast sandbox and every server beside it count from here."""
    people: list[dict[str, str]]


class SandboxProcess:
    """Finds the sandbox of a data folder, or starts it."""

    def __init__(self, folder: DataFolder, webhook_url: str, speed: float) -> None:
        self._folder = folder
        self._webhook_url = webhook_url
        self._speed = speed
        self._started: subprocess.Popen[bytes] | None = None

    def start_unless_running(self) -> None:
        """Begin early: the sandbox needs the better part of a second, and so do we."""
        if self._read() is None:
            self._spawn()

    def _spawn(self) -> None:
        self._folder.sandbox_state.unlink(missing_ok=True)
        arguments = [
            *("--data", str(self._folder.path)),
            *("--webhook-url", self._webhook_url),
            *("--speed", str(self._speed)),
            *("--idle-exit", str(IDLE_EXIT_S)),
        ]
        with self._folder.open_log(self._folder.log) as log:
            self._started = subprocess.Popen(
                [sys.executable, "-m", "aivoicecaller.sandbox", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Its calls outlive us: a Ctrl-C meant for the server must not reach it.
                start_new_session=True,
            )

    async def ready(self) -> SandboxState:
        """Wait until it answers, and point it at us. Errors: SandboxFailed."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            state = self._read()
            if state is not None and await self._point_at_us(state):
                return state
            if self._started is None:
                self._spawn()
            elif self._started.poll() not in (None, 0):
                raise SandboxFailed(self._last_words())
            await asyncio.sleep(0.02)
        raise SandboxFailed(f"The sandbox did not start within {START_S:.0f} s. See {self._folder.log}.")

    async def keep_alive(self, state: SandboxState) -> None:
        """Tell the sandbox now and then that somebody needs it."""
        while True:
            await asyncio.sleep(KEEP_ALIVE_S)
            await self._point_at_us(state)

    async def _point_at_us(self, state: SandboxState) -> bool:
        settings = {"webhook_url": self._webhook_url, "speed": self._speed}
        return await ask_sandbox(state, "POST", "/sandbox/settings", settings) is not None

    def _read(self) -> SandboxState | None:
        found = read_json(self._folder.sandbox_state)
        try:
            return None if found is None else SandboxState(**found)
        except TypeError:
            return None

    def _last_words(self) -> str:
        return last_line(self._folder.log) or "The sandbox ended at once, without a word."


async def ask_sandbox(
    state: SandboxState, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    """A request to the sandbox's own addresses; None when it does not answer."""
    login = (state.account_sid, state.auth_token)
    # It is on this machine: a proxy of the environment could not reach it.
    async with httpx.AsyncClient(auth=login, timeout=5, trust_env=False) as client:
        try:
            response = await client.request(method, state.carrier_url + path, json=body)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None
    return response.json() if response.is_success and response.content else {} if response.is_success else None
