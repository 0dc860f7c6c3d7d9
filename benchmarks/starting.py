"""From `make run` in an empty clone to a page that is served, and the same for the second start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from .figures import Figure, Target

ROOT = Path(__file__).resolve().parent.parent
FIRST_S = 900.0
SECOND_TARGET_S = 2.0


def measure(rounds: int = 5) -> list[Figure]:
    """The first start installs everything, so most of it is the network's; the second is ours."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "aivoicecaller")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        first_s = _start(clone, FIRST_S)
        return [
            Figure("first start in an empty clone", "s", [first_s]),
            Figure(
                "second start",
                "s",
                [_start(clone, FIRST_S) for _ in range(rounds)],
                target=Target(absolute=SECOND_TARGET_S),
            ),
        ]


def _start(clone: Path, patience_s: float) -> float:
    """Seconds until the dashboard's page is served; the server is ended again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begin = time.perf_counter()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=clone,
        env={**os.environ, "PORT": str(port), "LOG_LEVEL": "error"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while time.perf_counter() - begin < patience_s:
            if process.poll() is not None:
                raise RuntimeError("`make run` ended by itself.")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2):
                    return time.perf_counter() - begin
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"No page was served within {patience_s:.0f} s.")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
