from __future__ import annotations

import subprocess
import sys

import pytest

from aivoicecaller.cli.places import DataFolder

from .world import SPEED, world


@pytest.fixture(scope="session")
def sandbox_folder(tmp_path_factory):
    """One sandbox for all tests of this process; each test brings its own server, and points the sandbox at it."""
    folder = DataFolder(tmp_path_factory.mktemp("sandbox"))
    nowhere = "http://127.0.0.1:9/"
    arguments = ["--data", str(folder.path), "--webhook-url", nowhere, "--speed", str(SPEED)]
    with folder.log.open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "aivoicecaller.sandbox", *arguments], stdout=log, stderr=log)
        yield folder
        process.terminate()
        process.wait(20)
    assert b"Traceback" not in folder.log.read_bytes(), folder.log.read_text()


@pytest.fixture
def make_world(data_folder, sandbox_folder):
    """Opens a world; opened again, it is a restart of our server."""

    def make(**overrides):
        return world(data_folder, sandbox_folder, **overrides)

    return make


@pytest.fixture
async def product(make_world):
    async with make_world() as opened:
        yield opened
