"""The command line as a person or a script uses it, in processes of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from aivoicecaller.cli.places import DataFolder, read_json

SPEED = "15"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A data folder of its own, and the sandbox that the first command starts beside it, ended at the end."""
    folder = DataFolder(tmp_path_factory.mktemp("home") / "data")
    yield folder
    state = read_json(folder.sandbox_state)
    if state is not None:
        login = (state["account_sid"], state["auth_token"])
        httpx.post(state["carrier_url"] + "/sandbox/shutdown", auth=login, json={}, trust_env=False)


def run(home, *arguments, **environment):
    return subprocess.run(
        command(home, *arguments), capture_output=True, text=True, timeout=90, **around(home, **environment)
    )


def command(home, *arguments):
    return [sys.executable, "-m", "aivoicecaller", *arguments, "--data", str(home.path)]


def around(home, **environment):
    return {
        "cwd": home.path.parent,
        "env": {**os.environ, "SANDBOX_SPEED": SPEED, "COLUMNS": "120", "PYTHONUNBUFFERED": "1", **environment},
    }


@contextlib.contextmanager
def started(home, *arguments, **environment):
    """A command that goes on; ended at the end if it still runs."""
    process = subprocess.Popen(
        command(home, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **around(home, **environment),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def test_a_call_without_a_running_server_prints_one_document(home):
    done = run(home, "call", "+12025550100", "--agent", "demo", "--wait", "--json")
    assert done.returncode == 0, done.stderr
    call = json.loads(done.stdout)
    assert set(call) >= {
        *("id", "direction", "from", "to", "status", "outcome", "started_at", "answered_at", "ended_at", "duration_s"),
        *("transcript", "tool_calls", "recordings"),
    }
    assert call["outcome"]["kind"] == "completed"
    assert (call["direction"], call["from"], call["to"]) == ("outbound", "+12025550199", "+12025550100")
    assert all(set(item) >= {"role", "text", "at_ms"} for item in call["transcript"])
    (recording,) = call["recordings"]
    assert recording["channels"] == 2
    assert recording["url"].startswith("http://127.0.0.1:")


def test_following_shows_the_talk(home):
    done = run(home, "call", "(202) 555-0108", "--country", "US", "--follow")
    assert done.returncode == 0, done.stderr
    for words in ("ringing", "answered", "agent", "caller", "(scripted)", "ended", "completed"):
        assert words in done.stdout


def test_a_call_that_is_not_answered_ends_with_one(home):
    done = run(home, "call", "+12025550101", "--wait", "--json")
    assert (done.returncode, json.loads(done.stdout)["outcome"]["kind"]) == (1, "busy")


def test_a_refused_number_ends_with_one_and_says_why(home):
    done = run(home, "call", "911", "--wait", "--json")
    assert (done.returncode, json.loads(done.stdout)["outcome"]["kind"]) == (1, "refused")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("call", "12"), "too few"),
        (("call", "+12025550100", "--agent", "nobody"), "no agent"),
        (("call", "+12025550100", "--var", "name"), "name=value"),
        (("calls", "show", "call_unknown"), "no call"),
        (("tail", "call_" + "0" * 32), "No server runs"),
    ],
)
def test_bad_input_ends_with_two_and_a_sentence(home, arguments, words):
    done = run(home, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_history_and_one_call_are_shown_without_a_server(home):
    listed = json.loads(run(home, "calls", "--json").stdout)["calls"]
    assert len(listed) == 4
    narrow = run(home, "calls", COLUMNS="60").stdout
    assert "+1 202-555-0100" in narrow
    assert all(call["id"] in narrow for call in listed), "ids are whole, to be copied"
    booked = next(call for call in listed if call["to"] == "+12025550100")
    shown = run(home, "calls", "show", booked["id"])
    assert "book_appointment" in shown.stdout
    assert json.loads(run(home, "calls", "show", booked["id"], "--json").stdout)["transcript"]


def test_the_doctor_says_what_is_configured(home):
    well = run(home, "doctor", "--json")
    assert well.returncode == 0
    assert {finding["subject"] for finding in json.loads(well.stdout)["findings"]} >= {"record", "sandbox"}
    ill = run(home, "doctor", OPENAI_API_KEY="sk-nothing")
    assert ill.returncode == 1
    assert "TWILIO_ACCOUNT_SID" in ill.stdout


def test_the_sandbox_names_its_people(home):
    shown = run(home, "sandbox")
    assert shown.returncode == 0, shown.stderr
    assert "+12025550100" in shown.stdout


def test_a_wrong_setting_lists_all_faults(home):
    done = run(home, "serve", PORT="http", DEFAULT_COUNTRY="Germany")
    assert done.returncode == 2
    assert "PORT" in done.stderr
    assert "DEFAULT_COUNTRY" in done.stderr


def test_a_port_that_is_taken(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(home, "serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_one_server_for_one_folder_and_it_says_where_it_is(home):
    with started(home, "serve", "--port", "0", "--host", "::1") as server:
        assert "http://[::1]:" in server.stdout.readline()
        url = home.running().url
        assert url.startswith("http://[::1]:")
        second = run(home, "serve", "--port", "0")
        assert second.returncode == 2
        assert (url in second.stderr, f"process {server.pid}" in second.stderr) == (True, True)
        assert home.running().pid == server.pid
        used = run(home, "call", "+12025550101", "--wait", "--json")
        assert json.loads(used.stdout)["outcome"]["kind"] == "busy", used.stderr


def test_two_commands_at_once_share_the_server_until_both_calls_have_ended(home):
    with started(home, "call", "+12025550101") as short, started(home, "call", "+12025550100") as long:
        for process, wanted, words in ((short, 1, "busy"), (long, 0, "completed")):
            said, complaint = process.communicate(timeout=60)
            assert process.returncode == wanted, complaint
            assert words in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_call_and_the_server_that_was_started_for_it(home, number):
    with started(home, "call", "+12025550100", "--follow", SANDBOX_SPEED="1") as calling:
        for line in calling.stdout:
            if "ringing" in line:
                break
        server = home.running()
        calling.send_signal(number)
        words, complaint = calling.communicate(timeout=30)
        assert (calling.returncode, complaint.strip()) == (1, "Hung up."), words
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
    last = json.loads(run(home, "calls", "--json", "--limit", "1").stdout)["calls"][0]
    assert last["status"] == "ended"


def test_a_folder_that_cannot_be_used(home):
    done = subprocess.run(
        [sys.executable, "-m", "aivoicecaller", "serve", "--data", "/dev/null/data"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "--data" in done.stderr


def test_a_damaged_record(tmp_path, home):
    folder = DataFolder(tmp_path / "data")
    folder.database.write_bytes(b"this is no database" * 100)
    done = run(folder, "calls")
    assert done.returncode == 2
    assert "damaged" in done.stderr
    assert folder.database.read_bytes().startswith(b"this is no database"), "nothing is lost"


def test_a_proxy_of_the_environment_is_not_asked_for_the_sandbox(home):
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"), "http://127.0.0.1:9")
    done = run(home, "call", "+12025550104", "--wait", "--json", **proxies)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["transcript"], "the sideband too"
