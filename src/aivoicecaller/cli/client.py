"""The command line's way to a running server, or to one that lives as long as the command."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from typing import Any

import httpx

from .places import DataFolder, RunningServer

START_S = 30.0
STOP_S = 10.0


class ServerFailed(Exception):
    """No server runs and none could be started; the message says why."""


class ApiRefused(Exception):
    """The server refused; the message says what to do."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.problem = problem
        super().__init__(str(problem.get("detail") or problem.get("title") or f"The server answered {status}."))

    @property
    def call_id(self) -> str | None:
        return self.problem.get("call_id")


class Api:
    """The server's API, for one command."""

    def __init__(self, server: RunningServer) -> None:
        self.url = server.url
        self._http = httpx.Client(
            base_url=server.url,
            headers={"authorization": f"Bearer {server.program_token}", "x-requested-with": "aivoicecaller"},
            timeout=httpx.Timeout(10, read=30),
            trust_env=False,
        )

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._answer(self._http.get(path, params={k: v for k, v in query.items() if v is not None}))

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._answer(self._http.post(path, json=body if body is not None else {}))

    def news(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Kind and data of every message of the live stream, for as long as it lasts."""
        with self._http.stream("GET", "/api/live") as response:
            if not response.is_success:
                response.read()
                self._answer(response)
            kind = ""
            for line in response.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield kind, json.loads(line.removeprefix("data: "))
                elif line.startswith(("retry:", ":")):
                    # The first line says that the stream is open: from here on nothing is missed.
                    yield "stream.open", {}

    @staticmethod
    def _answer(response: httpx.Response) -> dict[str, Any]:
        try:
            body: dict[str, Any] = response.json() if response.content else {}
        except ValueError:
            body = {}
        if not response.is_success:
            raise ApiRefused(response.status_code, body)
        return body


def find_server(folder: DataFolder) -> RunningServer | None:
    """The server that runs on this data folder, if it answers."""
    server = folder.running()
    if server is None:
        return None
    try:
        response = httpx.get(f"{server.url}/health", timeout=2, trust_env=False)
    except httpx.HTTPError:
        return None
    return server if response.is_success else None


@contextlib.contextmanager
def server_for(folder: DataFolder) -> Generator[tuple[Api, bool]]:
    """The API of the running server, or of one started for the time being; True in the second case.

    Errors: ServerFailed.
    """
    server = find_server(folder)
    if server is not None:
        with Api(server) as api:
            yield api, False
        return
    with _started(folder) as server, Api(server) as api:
        yield api, True


@contextlib.contextmanager
def _started(folder: DataFolder) -> Generator[RunningServer]:
    process = subprocess.Popen(
        [sys.executable, "-m", "aivoicecaller", "serve", "--port", "0", "--data", str(folder.path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "LOG_LEVEL": "error"},
        # A Ctrl-C is for the command, which ends the call first and then this.
        start_new_session=True,
    )
    try:
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if process.poll() is not None:
                assert process.stderr is not None
                words = process.stderr.read().decode("utf-8", "replace").strip()
                raise ServerFailed(words.splitlines()[-1] if words else "The server ended at once, without a word.")
            server = folder.running()
            if server is not None and server.pid == process.pid and find_server(folder) is not None:
                yield server
                return
            time.sleep(0.05)
        raise ServerFailed(f"The server did not start within {START_S:.0f} s.")
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
