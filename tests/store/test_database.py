"""Where the record lives: addresses, faults in words, and what a transaction promises."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError

from aivoicecaller.agents.demo import DEMO_CONFIG, DEMO_DESCRIPTION, DEMO_NAME
from aivoicecaller.clock import ManualClock
from aivoicecaller.store import Store, open_store
from aivoicecaller.store.database import open_database
from aivoicecaller.store.errors import (
    AddressInvalid,
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseNotWritable,
    DatabaseUnreachable,
    of_sqlite,
)
from aivoicecaller.store.inbox import inbox_id

from .postgres import PostgresServer, find_tools

ADD = text("INSERT INTO inbox (id, source, received_at) VALUES (:id, 'test', '2026-11-22 12:00:00')")


async def test_a_transaction_that_raises_writes_nothing(store: Store) -> None:
    def change(db: Connection) -> None:
        db.execute(ADD, {"id": "a"})
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        await store.database.write(change)
    assert not await store.inbox.has("a")


async def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only|cannot be written") as refused:
        await store.database.read(lambda db: db.execute(ADD, {"id": "a"}))
    assert isinstance(refused.value, (DBAPIError, DatabaseNotWritable))
    assert not await store.inbox.has("a")
    assert await store.inbox.take("a", 1.0)


async def test_reading_sees_one_moment(store: Store, address: str | Path) -> None:
    """What another program writes between two questions of one reading does not show in the second."""
    count = text("SELECT count(*) FROM inbox")

    def twice(db: Connection) -> tuple[int, int]:
        first = db.execute(count).scalar_one()
        add_by_another_program(address, "a")
        return first, db.execute(count).scalar_one()

    assert await store.database.read(twice) == (0, 0)
    assert await store.inbox.has("a")


def add_by_another_program(address: str | Path, message: str) -> None:
    statement = f"INSERT INTO inbox (id, source, received_at) VALUES ('{message}', 'test', '2026-11-22 12:00:00')"
    if isinstance(address, Path):
        with closing(sqlite3.connect(address)) as connection, connection:
            connection.execute(statement)
        return
    tools, url = find_tools(), make_url(address)
    assert tools is not None
    psql = [str(tools / "psql"), "-h", str(url.query["host"]), "-U", "app", "-d", str(url.database), "-c", statement]
    subprocess.run(psql, check=True, capture_output=True, timeout=20)


async def test_giving_up_a_write_leaves_the_record_whole(store: Store) -> None:
    for number in range(20):
        writing = asyncio.create_task(store.inbox.take(f"{number}", 1.0))
        for _ in range(number % 5):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    assert await store.inbox.take("after", 1.0)
    assert not await store.inbox.take("after", 1.0)


async def test_the_event_loop_goes_on_while_sqlite_waits_for_another_program(sqlite_address: Path) -> None:
    async with await open_store(sqlite_address) as store:
        other = sqlite3.connect(sqlite_address, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(store.inbox.take("a", 1.0))
            for _ in range(3):
                assert not await store.inbox.has("a")
            assert not writing.done()
            other.execute("COMMIT")
            assert await writing
        finally:
            other.close()


# Addresses


@pytest.mark.parametrize("form", ["{path}", "sqlite:///{path}", "sqlite+aiosqlite:///{path}"])
async def test_a_file_is_named_by_path_or_address(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a folder" / "deeper" / "record.db"
    async with await open_store(form.format(path=path)) as store:
        await store.migrate()
    assert path.is_file()


def modes(folder: Path) -> dict[str, str]:
    return {file.name: stat.filemode(file.stat().st_mode) for file in folder.iterdir()}


async def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    async with await open_store(tmp_path / "record.db") as store:
        await store.migrate()
        assert modes(tmp_path) == dict.fromkeys(["record.db", "record.db-wal", "record.db-shm"], "-rw-------")
    # Closed in good order, the log is folded back in.
    assert modes(tmp_path) == {"record.db": "-rw-------"}


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg"])
@pytest.mark.postgres
async def test_a_server_is_named_as_people_name_it(postgres: PostgresServer, scheme: str) -> None:
    address = postgres.address("postgres").replace("postgresql", scheme, 1) + "&sslmode=disable"
    async with await open_store(address) as store:
        assert await store.database.read(lambda db: db.execute(text("SELECT 1")).scalar_one()) == 1


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        ("mysql://localhost/calls", "Write it like postgresql://"),
        ("postgresql://user:p@ss:word@host:port/name", "%-escapes"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("postgresql://localhost/calls?channel_binding=require", "channel_binding"),
    ],
)
async def test_an_address_that_cannot_be_used_says_what_to_write(address: str, advice: str) -> None:
    with pytest.raises(AddressInvalid, match=advice):
        await open_database(address)


# Faults


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    path.write_bytes(b"This is a letter, not a database. " * 100)
    with pytest.raises(DatabaseDamaged, match=r"record\.db is damaged: file is not a database\. Put a backup"):
        await open_store(path)
    assert path.read_bytes().startswith(b"This is a letter")


async def test_a_file_with_broken_pages(sqlite_address: Path) -> None:
    overwrite(sqlite_address, begin=8192)
    with pytest.raises(DatabaseDamaged, match="backup"):
        await use(sqlite_address)


def overwrite(path: Path, begin: int) -> None:
    with path.open("r+b") as file:
        file.seek(begin)
        file.write(os.urandom(path.stat().st_size - begin))


async def use(address: Path) -> None:
    async with await open_store(address) as store:
        await store.migrate()
        await store.inbox.take("a", 1.0)
        await store.agents.list()


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseNotWritable, match="choose another one with --data"):
        await open_store(tmp_path / "file" / "record.db")


async def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(DatabaseNotWritable, match="Is a directory"):
        await open_store(tmp_path)


def test_a_file_that_may_only_be_read(sqlite_address: Path) -> None:
    connection = sqlite3.connect(f"file:{sqlite_address}?mode=ro", uri=True)
    try:
        with pytest.raises(sqlite3.OperationalError) as refused:
            connection.execute("DELETE FROM inbox")
    finally:
        connection.close()
    assert isinstance(of_sqlite(refused.value, "here"), DatabaseNotWritable)


def test_a_disk_that_is_full(sqlite_address: Path) -> None:
    connection = sqlite3.connect(sqlite_address)
    try:
        connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError) as refused:
            connection.execute("CREATE TABLE more AS SELECT zeroblob(1000000)")
    finally:
        connection.close()
    ours = of_sqlite(refused.value, "here")
    assert isinstance(ours, DatabaseNotWritable)
    assert "full" in str(ours)


def test_a_file_that_another_program_keeps_locked(sqlite_address: Path) -> None:
    first, second = (sqlite3.connect(sqlite_address, isolation_level=None, timeout=0) for _ in range(2))
    try:
        first.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as refused:
            second.execute("BEGIN IMMEDIATE")
    finally:
        first.close()
        second.close()
    assert isinstance(of_sqlite(refused.value, "here"), DatabaseBusy)


def test_a_mistake_of_ours_is_not_the_databases(sqlite_address: Path) -> None:
    connection = sqlite3.connect(sqlite_address)
    try:
        with pytest.raises(sqlite3.OperationalError) as refused:
            connection.execute("SELECT nothing FROM nowhere")
    finally:
        connection.close()
    assert of_sqlite(refused.value, "here") is None


async def test_a_server_that_is_not_there(unused_tcp_port: int) -> None:
    with pytest.raises(DatabaseUnreachable) as refused:
        await open_store(f"postgresql://app:pass-word@127.0.0.1:{unused_tcp_port}/calls")
    message = str(refused.value)
    assert message.startswith(f"PostgreSQL at 127.0.0.1:{unused_tcp_port}/calls cannot be used: ")
    assert "DATABASE_URL" in message
    assert "pass-word" not in message


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("user", "name", "reason"),
    [
        ("app", "nothing", 'database "nothing" does not exist'),
        ("stranger", "postgres", 'role "stranger" does not exist'),
    ],
)
async def test_a_server_that_does_not_let_us_in(postgres: PostgresServer, user: str, name: str, reason: str) -> None:
    with pytest.raises(DatabaseUnreachable, match=reason):
        await open_store(postgres.address(name).replace("app@", f"{user}@"))


@pytest.mark.postgres
async def test_a_server_that_was_away_is_used_again_at_once(
    postgres: PostgresServer, migrated_server: str, clock: ManualClock
) -> None:
    async with await open_store(migrated_server) as store:
        await asyncio.gather(*(store.inbox.has(f"{number}") for number in range(5)))
        await asyncio.to_thread(postgres.stop)
        await asyncio.to_thread(postgres.start)
        message = inbox_id("test", "after the restart")
        results = await asyncio.gather(*(store.inbox.take(message, clock.now()) for _ in range(5)))
        assert sorted(results) == [False] * 4 + [True]


@pytest.mark.postgres
async def test_a_server_that_is_away_is_said_to_be(postgres: PostgresServer, migrated_server: str) -> None:
    async with await open_store(migrated_server) as store:
        postgres.stop()
        try:
            with pytest.raises(DatabaseUnreachable, match="Start the server"):
                await store.inbox.has("a")
            with pytest.raises(DatabaseUnreachable):
                await store.inbox.take("a", 1.0)
        finally:
            postgres.start()
        assert await store.inbox.take(inbox_id("test", "after the stop"), 1.0)


@pytest.mark.postgres
async def test_a_server_with_habits_of_its_own(postgres: PostgresServer) -> None:
    """By default it would fail writers that met, instead of letting the second see what the first wrote."""
    address = await postgres.create("habits")
    await postgres.execute("habits", "ALTER DATABASE habits SET default_transaction_isolation = 'serializable'")
    async with await open_store(address) as store:
        await store.migrate()
        results = await asyncio.gather(*(store.inbox.take("a", 1.0) for _ in range(8)))
        assert sorted(results) == [False] * 7 + [True]
        agents = await asyncio.gather(
            *(store.agents.ensure_demo(DEMO_NAME, DEMO_DESCRIPTION, DEMO_CONFIG, 1.0) for _ in range(8))
        )
        assert len({agent.agent_id for agent in agents}) == 1
