"""Parts of the command line, without processes of their own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import typer
from rich.console import Console

from aivoicecaller.cli import calling
from aivoicecaller.cli.client import Api, ServerFailed, ServerLost, server_for
from aivoicecaller.cli.commands import sentences
from aivoicecaller.cli.doctor import Finding, print_findings
from aivoicecaller.cli.lock import ServerRunsAlready, hold, holder
from aivoicecaller.cli.places import LOG_BYTES, DataFolder, RunningServer
from aivoicecaller.cli.sandbox_process import SandboxState, ask_sandbox
from aivoicecaller.cli.serve import browser_url, local_url
from aivoicecaller.cli.signals import as_interrupts, held_back
from aivoicecaller.cli.talk import Printer, summary
from aivoicecaller.cli.words import plain
from aivoicecaller.phone import Number

CALL_ID = "call_1"
NASTY = "\x1b]0;owned\x07[red]x[/nothing] :smile: \u202e\udc80 two\nlines"
HARMLESS = "]0;owned[red]x[/nothing] :smile:  two lines"


@pytest.fixture
def folder(tmp_path):
    return DataFolder(tmp_path / "data")


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=500, emoji=False)


def make_call(**more):
    call = {"id": CALL_ID, "to": "+12025550100", "status": "ended", "transcript": [], "tool_calls": []}
    call |= {"ended_at": "2026-11-22T10:00:00Z", "outcome": {"kind": "completed", "detail": "Over."}, "duration_s": 3.0}
    return call | more


@contextlib.contextmanager
def answering(replies):
    """A server on loopback. `replies`: body by path; a path that is missing breaks the connection."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("authorization")))
            if self.path in replies:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(replies[self.path])

        do_POST = do_GET

        def log_message(self, *_):
            pass

    asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def closed_url():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


class TestOneServer:
    def test_a_second_one_is_told_of_the_first(self, folder):
        with hold(folder):
            folder.announce(RunningServer(os.getpid(), "http://127.0.0.1:3000", "token"))
            with pytest.raises(ServerRunsAlready, match=rf"http://127\.0\.0\.1:3000, process {os.getpid()}"):
                hold(folder).__enter__()
            assert holder(folder) == str(os.getpid())
        assert holder(folder) is None
        with hold(folder):
            assert holder(folder)

    def test_the_announcement_of_an_earlier_one_is_not_believed(self, folder):
        folder.announce(RunningServer(1, "http://127.0.0.1:3000", "token"))
        with hold(folder), pytest.raises(ServerRunsAlready, match=f"not ready yet, process {os.getpid()}"):
            hold(folder).__enter__()

    def test_nothing_is_started_beside_one_that_does_not_answer(self, folder):
        with hold(folder), pytest.raises(ServerFailed, match="does not answer"):
            server_for(folder, answer_s=0.2).__enter__()
        assert not folder.server_log.exists()


@pytest.mark.parametrize(
    ("bound", "local", "browser"),
    [
        ("127.0.0.1", "http://127.0.0.1:80", "http://localhost:80"),
        ("0.0.0.0", "http://127.0.0.1:80", "http://localhost:80"),
        ("::", "http://[::1]:80", "http://localhost:80"),
        ("::1", "http://[::1]:80", "http://[::1]:80"),
        ("192.0.2.7", "http://192.0.2.7:80", "http://192.0.2.7:80"),
        ("2001:db8::7", "http://[2001:db8::7]:80", "http://[2001:db8::7]:80"),
    ],
)
def test_addresses_that_work(bound, local, browser):
    assert (local_url(bound, 80), browser_url(bound, 80)) == (local, browser)


class TestWatching:
    def test_a_server_that_has_gone_is_not_waited_for_for_ever(self, folder, closed_url):
        with (
            Api(folder, RunningServer(1, closed_url, "token")) as api,
            pytest.raises(ServerLost, match="goes on at the providers"),
        ):
            calling.watch(api, CALL_ID, None, lost_s=0.1)

    def test_a_stream_that_always_breaks_is_not_opened_for_ever(self, folder):
        with answering({"/health": b""}) as (url, _):
            server = RunningServer(1, url, "token")
            folder.announce(server)
            with Api(folder, server) as api, pytest.raises(ServerLost):
                calling.watch(api, CALL_ID, None, lost_s=0.6)

    def test_a_restarted_server_is_found_at_its_new_address(self, folder, closed_url):
        ended = make_call()
        replies = {
            "/health": b"",
            "/api/live": b"retry: 1000\n\n",
            f"/api/calls/{CALL_ID}": json.dumps(ended).encode(),
        }
        with answering(replies) as (url, asked):
            folder.announce(RunningServer(2, url, "new"))
            with Api(folder, RunningServer(1, closed_url, "old")) as api:
                assert calling.watch(api, CALL_ID, None) == ended
            assert ("/api/live", "Bearer new") in asked

    def test_a_recording_that_cannot_be_asked_for_does_not_lose_the_call(self, folder, closed_url):
        call = make_call(recording_state="expected")
        with Api(folder, RunningServer(1, closed_url, "token")) as api:
            assert calling.with_recording(api, call) == call


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout("slow"), httpx.InvalidURL("odd"), httpx.StreamClosed(), ServerLost()]
)
def test_failures_of_the_connection_are_a_sentence(error, capsys):
    with pytest.raises(typer.Exit) as ended, sentences():
        raise error
    assert ended.value.exit_code == 1
    assert "answer" in capsys.readouterr().err


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_each_is_an_interrupt(self, number):
        before = signal.getsignal(number)
        with pytest.raises(KeyboardInterrupt), as_interrupts():
            signal.raise_signal(number)
        assert signal.getsignal(number) == before

    def test_one_that_is_held_back_comes_when_the_step_is_done(self):
        done = []

        def step():
            signal.raise_signal(signal.SIGTERM)
            done.append("all of it")

        with pytest.raises(KeyboardInterrupt), as_interrupts(), held_back():
            step()
        assert done


@pytest.mark.parametrize(
    ("stored", "shown"), [("911", "911"), ("+911", "+911"), ("", ""), ("+12025550100", "+1 202-555-0100")]
)
def test_numbers_of_the_record_are_shown_whatever_they_are(stored, shown):
    assert Number(stored).for_people() == shown


class TestWordsOfOthers:
    def test_nothing_steers_the_terminal(self):
        assert plain(NASTY) == HARMLESS
        assert plain("Grüße, 東京 \u200dمی‌خواهم") == "Grüße, 東京 \u200dمی‌خواهم"

    def test_a_call_is_printed_as_it_was_said(self, console):
        item = {"id": "1", "final": True, "source": "engine", "interrupted": False, "role": "agent", "at_ms": 0}
        tool = {"id": "1", "status": "running", "name": "[b]t[/x]", "arguments": {"a": "[/x]"}, "at_ms": 0}
        call = make_call(
            transcript=[item | {"text": NASTY}],
            tool_calls=[tool, tool | {"status": "done", "output": NASTY}],
            outcome={"kind": "failed", "detail": NASTY},
        )
        Printer(console, CALL_ID, words=True).detail(call)
        console.print(summary(call), markup=False)
        written = console.file.getvalue()
        assert written.count(HARMLESS) == 3
        assert "[b]t[/x](a='[/x]')" in written
        assert "\x1b" not in written

    def test_a_finding_is_printed_as_it_is(self, console):
        print_findings([Finding("engine", False, NASTY, "Do [/this].")], False, console)
        assert HARMLESS in console.file.getvalue()
        assert "Do [/this]." in console.file.getvalue()


class TestDataFolder:
    def test_a_log_is_for_its_owner_and_begins_anew_when_it_is_long(self, folder):
        folder.log.write_bytes(b"short")
        folder.log.chmod(0o644)
        with folder.open_log(folder.log) as log:
            log.write(b" and more")
        assert folder.log.read_bytes() == b"short and more"
        assert stat.S_IMODE(folder.log.stat().st_mode) == 0o600
        folder.log.write_bytes(b"x" * (LOG_BYTES + 1))
        folder.open_log(folder.log).close()
        assert folder.log.read_bytes() == b""

    @pytest.mark.parametrize(
        ("within", "mode"), [(None, 0o700), ("aivoicecaller.db", 0o700), ("something-else.txt", 0o755)]
    )
    def test_a_folder_of_ours_is_closed_to_others(self, tmp_path, within, mode):
        path = tmp_path / "old"
        path.mkdir()
        if within:
            (path / within).touch()
        path.chmod(0o755)
        DataFolder(path)
        assert stat.S_IMODE(path.stat().st_mode) == mode


async def test_the_sandbox_is_asked_past_a_proxy(closed_url, monkeypatch):
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, closed_url)
    with answering({"/sandbox/state": b"{}"}) as (url, _):
        state = SandboxState(1, url, url, url, "AC1", "token", "+12025550199", "sk", "proj", "whsec", 1.0, 0.0, [])
        assert await ask_sandbox(state, "GET", "/sandbox/state") == {}


def test_a_lock_ends_with_its_process(folder):
    program = (
        "import sys; from pathlib import Path; from aivoicecaller.cli.places import DataFolder; "
        "from aivoicecaller.cli.lock import hold; "
        "lock = hold(DataFolder(Path(sys.argv[1]))); lock.__enter__(); print('held', flush=True); sys.stdin.read()"
    )
    arguments = [sys.executable, "-c", program, str(folder.path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        assert holder(folder) == str(process.pid)
        process.kill()
        process.wait(10)
    assert holder(folder) is None
