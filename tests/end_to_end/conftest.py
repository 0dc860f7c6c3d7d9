from __future__ import annotations

import asyncio

import pytest

from aivoicecaller.cli.places import read_json
from aivoicecaller.cli.sandbox_process import SandboxState, ask_sandbox

from .world import folder_at, world


@pytest.fixture(scope="session")
def sandbox_folder(tmp_path_factory):
    """One sandbox for all tests of this process; each test brings its own server."""
    folder = folder_at(tmp_path_factory.mktemp("sandbox"))
    yield folder
    state = read_json(folder.sandbox_state)
    if state is not None:
        asyncio.run(ask_sandbox(SandboxState(**state), "POST", "/sandbox/shutdown"))


@pytest.fixture
def make_world(data_folder, sandbox_folder):
    """Opens a world; the same folder again is a restart of our server."""

    def make(**overrides):
        return world(data_folder, sandbox_folder, **overrides)

    return make


@pytest.fixture
async def product(make_world):
    async with make_world() as opened:
        yield opened
