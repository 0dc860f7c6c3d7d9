"""The record in a file."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from .database import Database, T
from .errors import DatabaseDamaged, DatabaseNotWritable, of_sqlite

_READERS = 4
"""Queries that may run at once. A query is short; more threads would only take turns for the interpreter."""

_SETTINGS = (
    # Only another process can make us wait: our own writes queue for the one writing thread. First of all, because
    # the next setting may have to wait already.
    "PRAGMA busy_timeout=5000",
    # Readers do not wait for the writer, and a second process may have the file open.
    "PRAGMA journal_mode=WAL",
    # In WAL a commit survives the death of this process; only a power cut may cost the last ones.
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
)


class SqliteDatabase(Database):
    def __init__(self, path: Path) -> None:
        self.where = str(path)
        url = URL.create("sqlite", database=str(path))
        # A write takes the lock at once: a lock taken for reading cannot always be raised to one for writing.
        self._writer = _engine(url, 1, "BEGIN IMMEDIATE", _SETTINGS)
        self._readers = _engine(url, _READERS, "BEGIN", (*_SETTINGS, "PRAGMA query_only=ON"))
        self._write_thread = ThreadPoolExecutor(1, "record-write")
        self._read_threads = ThreadPoolExecutor(_READERS, "record-read")

    @classmethod
    async def open(cls, path: Path) -> SqliteDatabase:
        """Open the file, made with its folders if it is not there. Only this user may read it."""
        await asyncio.to_thread(_make_file, path)
        database = cls(path)
        try:
            await database.write(lambda _: None)
        except BaseException:
            await database.close()
            raise
        return database

    async def read(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, self._run, self._readers, query)

    async def write(self, change: Callable[[Connection], T]) -> T:
        """As in Database. A caller that is cancelled does not stop the transaction, which is whole either way."""
        return await asyncio.get_running_loop().run_in_executor(self._write_thread, self._run, self._writer, change)

    async def alter(self, change: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._write_thread, self._alter, change)

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    def _run(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        with self._errors(), engine.begin() as db:
            return work(db)

    def _close(self) -> None:
        self._read_threads.shutdown()
        self._write_thread.shutdown()
        # The writer goes last: the last connection that may write folds the log back into the file.
        self._readers.dispose()
        self._writer.dispose()

    def _alter(self, change: Callable[[Connection], T]) -> T:
        # SQLite changes a table by copying it, and dropping the old one would take all that refers to it along
        # (https://sqlite.org/lang_altertable.html, section 7). The setting cannot change inside a transaction.
        with self._errors(), self._writer.connect() as db:
            db.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            try:
                with db.begin():
                    result = change(db)
                    if broken := db.exec_driver_sql("PRAGMA foreign_key_check").all():
                        raise DatabaseDamaged(self.where, f"{len(broken)} rows refer to nothing")
                    return result
            finally:
                db.connection.cursor().execute("PRAGMA foreign_keys=ON")

    @contextmanager
    def _errors(self) -> Generator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            if (ours := of_sqlite(error, self.where)) is not None:
                raise ours from error
            raise


def _engine(url: URL, connections: int, begin: str, settings: tuple[str, ...]) -> Engine:
    # With isolation_level None the driver begins nothing by itself; `begin` does.
    engine = create_engine(
        url,
        connect_args={"isolation_level": None},
        pool_size=connections,
        max_overflow=0,
        # Errors would quote what was written: numbers and spoken words.
        hide_parameters=True,
    )

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        for setting in settings:
            connection.execute(setting).close()

    def start(db: Connection) -> None:
        db.connection.cursor().execute(begin)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", start)
    return engine


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite gives the log beside it the same rights.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseNotWritable(str(path), error.strerror or str(error)) from error
