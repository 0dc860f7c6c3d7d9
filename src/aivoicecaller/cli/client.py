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

from .lock import holder
from .places import DataFolder, RunningServer, last_line

START_S = 30.0
STOP_S = 10.0
ANSWER_S = 10.0
"""How long a server that holds the data folder is waited for: it may be starting, or about to end."""
LOST_S = 15.0
"""How long one that fell silent is looked for. A restart takes a few seconds."""
UNREACHABLE = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)
"""All that httpx raises."""


class ServerFailed(Exception):
    """No server runs and none could be started; the message says why."""


class ServerLost(Exception):
    """The server went away while a call was watched; the message says what becomes of the call."""

    def __init__(self, last_words: str = "") -> None:
        super().__init__(
            "The server does not answer any more. The call itself goes on at the providers, and "
            f"`aivoicecaller serve` takes it up again. {last_words}".strip()
        )


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

    def __init__(self, folder: DataFolder, server: RunningServer) -> None:
        self._folder = folder
        self._http = httpx.Client(
            headers={"x-requested-with": "aivoicecaller"}, timeout=httpx.Timeout(10, read=30), trust_env=False
        )
        self._use(server)

    def _use(self, server: RunningServer) -> None:
        self.url = server.url
        self._http.base_url = server.url
        self._http.headers["authorization"] = f"Bearer {server.program_token}"

    def find_again(self, until: float) -> None:
        """Wait for the server of the folder, which may have another address and token after a restart.

        `until` is monotonic. Errors: ServerLost.
        """
        while (server := find_server(self._folder)) is None:
            if time.monotonic() > until:
                raise ServerLost
            time.sleep(0.2)
        self._use(server)

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
    except UNREACHABLE:
        return None
    return server if response.is_success else None


@contextlib.contextmanager
def server_for(folder: DataFolder, answer_s: float = ANSWER_S) -> Generator[tuple[Api, bool]]:
    """The API of the running server, or of one started for the time being; True in the second case.

    Errors: ServerFailed.
    """
    server = find_server(folder) or _one_that_holds(folder, answer_s)
    if server is not None:
        with Api(folder, server) as api:
            yield api, False
        return
    with _started(folder) as server, Api(folder, server) as api:
        yield api, True


def _one_that_holds(folder: DataFolder, answer_s: float) -> RunningServer | None:
    """The server that holds the folder, once it answers; None when none does. Errors: ServerFailed."""
    until = time.monotonic() + answer_s
    while (pid := holder(folder)) is not None:
        if server := find_server(folder):
            return server
        if time.monotonic() > until:
            raise ServerFailed(
                f"A server holds the data folder {folder.path} (process {pid or 'unknown'}) but does not answer. "
                "End it, or choose another folder with --data."
            )
        time.sleep(0.05)
    return None


@contextlib.contextmanager
def _started(folder: DataFolder) -> Generator[RunningServer]:
    with folder.open_log(folder.server_log) as log:
        begin = log.seek(0, os.SEEK_END)
        process = subprocess.Popen(
            [sys.executable, "-m", "aivoicecaller", "serve", "--port", "0", "--data", str(folder.path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # A file: nobody reads here while the call lives, and a full pipe would stop the server.
            stderr=log,
            env={**os.environ, "LOG_LEVEL": "error"},
            # A Ctrl-C is for the command, which ends the call first and then this.
            start_new_session=True,
        )
    try:
        server = _announced(folder, process, begin)
        try:
            yield server
        except ServerLost:
            if server.pid != process.pid or process.poll() is None:
                raise
            raise ServerLost(f"It said: {last_line(folder.server_log, begin) or 'nothing'}") from None
    finally:
        _end(process)


def _announced(folder: DataFolder, process: subprocess.Popen[bytes], begin: int) -> RunningServer:
    """The server that was started, once it answers, or another that was quicker. Errors: ServerFailed."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            # Two commands may start one each at the same time; one of the two holds the folder.
            if server := _one_that_holds(folder, ANSWER_S):
                return server
            raise ServerFailed(last_line(folder.server_log, begin) or "The server ended at once, without a word.")
        server = folder.running()
        if server is not None and server.pid == process.pid and find_server(folder) is not None:
            return server
        time.sleep(0.05)
    raise ServerFailed(f"The server did not start within {START_S:.0f} s. See {folder.server_log}.")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
