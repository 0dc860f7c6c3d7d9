from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from aivoicecaller.sandbox.speech import Speech

from .carrier_world import World, carrier_world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One carrier for all tests of a module; they look at their own calls only."""
    speech = Speech()
    async with carrier_world(tmp_path_factory.mktemp("carrier"), speech) as world:
        yield world
    await speech.close()


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """The module's carrier, with no fault switched on."""
    shared_world.faults.clear()
    yield shared_world
    shared_world.faults.clear()
