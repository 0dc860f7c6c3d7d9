"""Real databases for the tests of the record: files, and a PostgreSQL server of our own on a socket."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from aivoicecaller.agents.demo import DEMO_CONFIG, DEMO_DESCRIPTION, DEMO_NAME
from aivoicecaller.agents.model import AgentVersion
from aivoicecaller.calls.model import Call, Direction
from aivoicecaller.clock import ManualClock
from aivoicecaller.ids import new_id
from aivoicecaller.store import Store, open_store
from aivoicecaller.store.base import Base
from aivoicecaller.store.calls import CallRow, NewCallRow

from .postgres import PostgresServer, find_tools

_CHILDREN_FIRST = tuple(reversed(Base.metadata.sorted_tables))
Migrated = Path | PostgresServer
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    tools = find_tools()
    if tools is None:
        reason = "PostgreSQL is not installed: no initdb in PATH or /usr/lib/postgresql"
        if os.environ.get("AIVOICECALLER_NO_SKIP") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="aivc-pg-"))
    if user is not None:
        shutil.chown(folder, user)
    server = PostgresServer(folder, tools, user)
    server.make()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


_numbers = count(1)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("record") / "migrated.db"
    asyncio.run(_migrate(path))
    return path


@pytest.fixture(scope="session")
def migrated_server(postgres: PostgresServer) -> str:
    address = asyncio.run(postgres.create("record"))
    asyncio.run(_migrate(address))
    return address


async def _migrate(address: str | Path) -> None:
    async with await open_store(address) as store:
        await store.migrate()


@pytest.fixture(params=DATABASES)
async def empty_address(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """Where a record may be made: no table is there yet."""
    if request.param == "sqlite":
        return tmp_path / "record.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return await server.create(f"empty{next(_numbers)}")


@pytest.fixture
def sqlite_address(migrated_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated_file, tmp_path / "record.db"))


@pytest.fixture(params=DATABASES)
def migrated(request: pytest.FixtureRequest) -> Migrated:
    """A migrated record; the server's is shared by all tests."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_address")
    request.getfixturevalue("migrated_server")
    return request.getfixturevalue("postgres")


@pytest.fixture
async def address(migrated: Migrated) -> str | Path:
    """A migrated record without rows."""
    if isinstance(migrated, PostgresServer):
        # Tables made anew for each test would cost more than the tests.
        await migrated.execute("record", "; ".join(f"DELETE FROM {table.name}" for table in _CHILDREN_FIRST))
        return migrated.address("record")
    return migrated


@pytest.fixture
async def store(address: str | Path) -> AsyncIterator[Store]:
    async with await open_store(address) as store:
        yield store


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def agent(store: Store, clock: ManualClock) -> AgentVersion:
    return await store.agents.ensure_demo(DEMO_NAME, DEMO_DESCRIPTION, DEMO_CONFIG, clock.now())


MakeCall = Callable[..., Awaitable[CallRow]]


@pytest.fixture
def make_call(store: Store, agent: AgentVersion, clock: ManualClock) -> MakeCall:
    async def make(call: Call | None = None, max_live: int | None = None) -> CallRow:
        return await store.calls.create(new_row(call or new_call(), agent, clock), max_live=max_live)

    return make


def new_call() -> Call:
    return Call(id=new_id("call"), direction=Direction.OUTBOUND, greeting="Hello, this is Ava.")


def new_row(call: Call, agent: AgentVersion, clock: ManualClock) -> NewCallRow:
    return NewCallRow(
        call=call,
        from_number="+12025550199",
        to_number="+12025550100",
        agent_id=agent.agent_id,
        agent_version=agent.version,
        sandbox=True,
        started_at=clock.now(),
        variables={"name": "Ada"},
    )
