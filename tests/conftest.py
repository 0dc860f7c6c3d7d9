from __future__ import annotations

import asyncio
import shutil

import pytest

from aivoicecaller.cli.logs import set_up
from aivoicecaller.cli.places import DataFolder
from aivoicecaller.store import open_store


@pytest.fixture(autouse=True, scope="session")
def _logs_as_the_product_writes_them():
    set_up("warning")


@pytest.fixture(scope="session")
def migrated_record(tmp_path_factory):
    """An empty record in its newest form: copied where a test needs one, since migrating takes half a second."""
    path = tmp_path_factory.mktemp("record") / "empty.db"

    async def make():
        async with await open_store(path) as store:
            await store.migrate()

    asyncio.run(make())
    return path


@pytest.fixture
def data_folder(tmp_path, migrated_record):
    folder = DataFolder(tmp_path / "data")
    shutil.copy(migrated_record, folder.database)
    return folder
