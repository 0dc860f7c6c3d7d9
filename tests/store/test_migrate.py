"""The form of the record: made, checked against the code, moved back, and refused when it is newer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Integer, MetaData, Text, inspect, text

from aivoicecaller.agents.demo import DEMO_CONFIG, DEMO_DESCRIPTION, DEMO_NAME
from aivoicecaller.clock import ManualClock
from aivoicecaller.store import Store, migrate, open_store
from aivoicecaller.store.base import Base
from aivoicecaller.store.errors import DatabaseDamaged, DatabaseNewer

from .postgres import PostgresServer

HINT = (
    'The tables in the code are not those of the migrations: python -m aivoicecaller.store.migrations "What changes."'
)


def differences(db: Connection, metadata: MetaData) -> list[Any]:
    return compare_metadata(MigrationContext.configure(db, opts={"compare_type": True}), metadata)


def tables(db: Connection) -> set[str]:
    return set(inspect(db).get_table_names()) - {"alembic_version"}


async def test_the_tables_in_the_code_are_those_of_the_migrations(store: Store) -> None:
    assert await store.database.read(lambda db: differences(db, Base.metadata)) == [], HINT


async def test_a_change_without_a_migration_is_noticed(store: Store) -> None:
    changed = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.sorted_tables:
        table.to_metadata(changed)
    changed.tables["calls"].append_column(Column("cost_cents", Integer))
    changed.tables["logins"].c.name.type = Integer()
    found = await store.database.read(lambda db: differences(db, changed))
    assert {str(difference[0] if isinstance(difference, tuple) else difference[0][0]) for difference in found} == {
        "add_column",
        "modify_type",
    }


@pytest.mark.postgres
async def test_keys_are_compared_byte_by_byte_whatever_the_servers_language(
    postgres: PostgresServer, migrated_server: str
) -> None:
    keys = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Text) and (column.primary_key or column.foreign_keys or column.index)
    }
    asked = text("SELECT table_name, column_name FROM information_schema.columns WHERE collation_name = 'C'")
    async with await open_store(migrated_server) as store:
        found = await store.database.read(lambda db: {(table, column) for table, column in db.execute(asked)})
    assert keys
    assert keys <= found


async def test_up_and_down_and_up(empty_address: str | Path) -> None:
    async with await open_store(empty_address) as store:
        assert await store.database.read(migrate.version_of) is None
        await store.migrate()
        assert await store.database.read(tables) == set(Base.metadata.tables)
        await store.database.alter(lambda db: migrate.move(db, "base"))
        assert await store.database.read(tables) == set()
        await store.migrate()
        assert await store.database.read(lambda db: differences(db, Base.metadata)) == []
        assert await store.database.read(migrate.version_of) == migrate.NEWEST


async def test_a_second_start_keeps_what_is_there(address: str | Path, clock: ManualClock) -> None:
    async with await open_store(address) as store:
        agent = await store.agents.ensure_demo(DEMO_NAME, DEMO_DESCRIPTION, DEMO_CONFIG, clock.now())
    async with await open_store(address) as store:
        await store.migrate()
        assert await store.agents.list() == [agent]


async def test_processes_that_start_at_once_migrate_once(empty_address: str | Path) -> None:
    stores = [await open_store(empty_address) for _ in range(3)]
    try:
        await asyncio.gather(*(store.migrate() for store in stores))
        assert await stores[0].database.read(lambda db: differences(db, Base.metadata)) == []
    finally:
        for store in stores:
            await store.close()


async def test_a_migration_that_fails_leaves_no_trace(empty_address: str | Path) -> None:
    def fail(db: Connection) -> None:
        migrate.move(db, migrate.NEWEST)
        raise RuntimeError("a bug")

    async with await open_store(empty_address) as store:
        with pytest.raises(RuntimeError):
            await store.database.alter(fail)
        assert await store.database.read(tables) == set()
        assert await store.database.read(migrate.version_of) is None
        await store.migrate()


async def test_a_record_of_a_later_release_is_refused(empty_address: str | Path) -> None:
    async with await open_store(empty_address) as store:
        await store.migrate()
        await store.database.write(lambda db: db.execute(text("UPDATE alembic_version SET version_num = '9999'")))
        with pytest.raises(DatabaseNewer, match="form 9999, made by a later release"):
            await store.migrate()
    with pytest.raises(DatabaseNewer):
        await open_store(empty_address)


def test_the_files_of_the_migrations_are_one_line_of_versions() -> None:
    script = ScriptDirectory(str(Path(migrate.__file__).with_name("migrations")))
    line = [revision.revision for revision in script.walk_revisions()]
    assert tuple(reversed(line)) == migrate.VERSIONS
    assert script.get_heads() == [migrate.NEWEST]


async def test_sqlite_changes_a_table_without_taking_along_what_refers_to_it(
    sqlite_address: Path, clock: ManualClock
) -> None:
    """SQLite copies a table to change it; dropping the old one must not delete what hangs on it."""

    def copy(db: Connection) -> None:
        db.execute(text("CREATE TABLE moved AS SELECT * FROM agents"))
        db.execute(text("DROP TABLE agents"))
        db.execute(text("ALTER TABLE moved RENAME TO agents"))
        db.execute(text("CREATE UNIQUE INDEX again ON agents (id)"))

    async with await open_store(sqlite_address) as store:
        agent = await store.agents.ensure_demo(DEMO_NAME, DEMO_DESCRIPTION, DEMO_CONFIG, clock.now())
        await store.database.alter(copy)
        assert await store.agents.version(agent.agent_id, 1) == agent
        with pytest.raises(DatabaseDamaged, match="1 rows refer to nothing"):
            await store.database.alter(lambda db: db.execute(text("DELETE FROM agents")))
        assert await store.agents.find("demo") == agent
