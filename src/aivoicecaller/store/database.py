"""Where the record lives. Both databases run the same functions, each a whole transaction.

A transaction is a plain function of a `Connection`: nothing is awaited inside it, so it is short by construction.
SQLite runs it in a thread of its own: one hop for the whole transaction instead of three for each statement makes it
four times as fast as an asynchronous driver, and never stops the event loop. PostgreSQL runs it on asyncpg.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError

from .errors import AddressInvalid

T = TypeVar("T")


class Database(ABC):
    """One open database. Every method raises DatabaseUnusable when the database fails, and lets other errors pass."""

    where: str
    """The address for people, without a password."""

    @abstractmethod
    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on a consistent view of the record; the database refuses a write."""

    @abstractmethod
    async def write(self, change: Callable[[Connection], T]) -> T:
        """Run `change` in one transaction: committed when it returns, rolled back when it raises."""

    @abstractmethod
    async def alter(self, change: Callable[[Connection], T]) -> T:
        """Run a change of the tables themselves, however long it takes, as `write` does."""

    @abstractmethod
    async def close(self) -> None: ...


async def open_database(address: str | Path) -> Database:
    """Open and try a database: a path or `sqlite:///path` is a file, `postgresql://…` a server.

    Errors: DatabaseUnusable.
    """
    from .postgres import PostgresDatabase
    from .sqlite import SqliteDatabase

    if isinstance(address, Path):
        return await SqliteDatabase.open(address)
    url = _read(address)
    if url is None:
        return await SqliteDatabase.open(Path(address))
    match url.get_backend_name():
        case "postgresql" | "postgres":
            return await PostgresDatabase.open(url)
        case "sqlite" if url.database and url.database != ":memory:":
            return await SqliteDatabase.open(Path(url.database))
        case "sqlite":
            raise AddressInvalid("The record needs a file. Write DATABASE_URL like sqlite:////var/lib/calls.db.")
        case other:
            raise AddressInvalid(
                f"DATABASE_URL begins with “{other}:”. Write it like postgresql://user:password@host/name."
            )


def _read(address: str) -> URL | None:
    if "://" not in address:
        return None
    try:
        return make_url(address)
    except (ArgumentError, ValueError):
        raise AddressInvalid(
            "DATABASE_URL cannot be read. Write it like postgresql://user:password@host/name, "
            "with %-escapes for special characters in the password."
        ) from None
