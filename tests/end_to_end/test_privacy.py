"""Numbers, names, words and secrets of a whole call: none reaches the log, however much the log says."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import httpx

SPEED = "8"


def run(*arguments):
    return subprocess.run([sys.executable, "-m", "aivoicecaller", *arguments], capture_output=True, timeout=90)


def test_a_whole_call_leaves_no_trace_of_people_in_the_log(data_folder, tmp_path):
    log = tmp_path / "server.log"
    environment = {**os.environ, "SANDBOX_SPEED": SPEED, "LOG_LEVEL": "debug"}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "aivoicecaller", "serve", "--port", "0", "--data", str(data_folder.path)],
            stdout=subprocess.PIPE,
            stderr=sink,
            env=environment,
        )
        assert b"ready" in process.stdout.readline()
        done = run("call", "+12025550100", "--wait", "--json", "--data", str(data_folder.path))
        refused = run("call", "+19005551234", "--data", str(data_folder.path))
        process.terminate()
        process.wait(15)
        process.stdout.close()
    assert done.returncode == 0, done.stderr
    assert refused.returncode == 1
    call = json.loads(done.stdout)
    sandbox = json.loads(data_folder.sandbox_state.read_text())
    auth = (sandbox["account_sid"], sandbox["auth_token"])
    httpx.post(sandbox["carrier_url"] + "/sandbox/shutdown", auth=auth, json={}, trust_env=False)

    text = log.read_text()
    assert call["id"] in text, "the log does speak of the call"
    secrets = [sandbox[name] for name in ("auth_token", "openai_api_key", "openai_webhook_secret")]
    secrets.append((data_folder.path / "app-secret").read_text().strip())
    words = [item["text"] for item in call["transcript"]]
    for private in ["2025550100", "2025550199", "9005551234", "Amelia", *words, *secrets]:
        assert private not in text, f"{private!r} is in the log"
