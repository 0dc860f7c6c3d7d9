"""Our process dies; the call does not. Audio runs between carrier and engine, and the next process takes it up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import httpx
import pytest

from aivoicecaller.cli.client import Api

KILLED_SPEED = 3


def start(folder, speed):
    environment = {**os.environ, "SANDBOX_SPEED": str(speed), "LOG_LEVEL": "error"}
    process = subprocess.Popen(
        [sys.executable, "-m", "aivoicecaller", "serve", "--port", "0", "--data", str(folder.path)],
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert b"ready" in process.stdout.readline()
    return process


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_call_outlives_our_process(data_folder, how):
    """The whole product as people run it: two processes, one of them ended in the middle of a call."""
    process = start(data_folder, KILLED_SPEED)
    placed = None
    try:
        with Api(data_folder, data_folder.running()) as api:
            placed = api.post("/api/calls", {"agent": "demo", "to": "+12025550100"})
            for kind, _ in api.news():
                if kind == "call.transcript.updated" and api.get(f"/api/calls/{placed['id']}")["transcript"]:
                    break
        # The person waits while we start again: how long that takes depends on what else the machine does. Our
        # next process sets the pace back.
        ask_sandbox(data_folder, "/sandbox/settings", {"speed": 0.05})
        process.send_signal(how)
        process.wait(10)
        process.stdout.close()
        process = start(data_folder, KILLED_SPEED)
        with Api(data_folder, data_folder.running()) as api:
            call = api.get(f"/api/calls/{placed['id']}")
            if call["status"] != "ended":
                for kind, data in api.news():
                    if kind == "call.ended" and data["call"]["id"] == placed["id"]:
                        break
            call = api.get(f"/api/calls/{placed['id']}")
            names = [event["name"] for event in api.get(f"/api/calls/{placed['id']}/events")["events"]]
        assert call["outcome"]["kind"] == "completed", call["outcome"]
        assert [tool["name"] for tool in call["tool_calls"]].count("book_appointment") == 1
        assert "Recovered" in names
        assert (names.count("Dial"), names.count("AcceptSession")) == (1, 1)
        said = [item["text"] for item in call["transcript"]]
        assert len(said) == len(set(said)), "nothing is said or written twice"
        (gap,) = call["gaps"]
        assert gap["to_ms"] - gap["from_ms"] > 1000, "what nobody heard is marked"
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
        ask_sandbox(data_folder, "/sandbox/shutdown", {})


def ask_sandbox(folder, path, body):
    state = json.loads(folder.sandbox_state.read_text())
    auth = (state["account_sid"], state["auth_token"])
    httpx.post(state["carrier_url"] + path, auth=auth, json=body).raise_for_status()
