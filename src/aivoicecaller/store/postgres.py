"""The record on a PostgreSQL server."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import URL, Connection, NullPool, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .database import Database, T
from .errors import AddressInvalid, DatabaseUnreachable

_CONNECTIONS = 10
_CONNECT_TIMEOUT_S = 10
_STATEMENT_TIMEOUT_S = 30
"""No statement of ours runs for a second; one that runs for this long has lost its server."""

_OPTIONS = {"host", "port", "ssl", "prepared_statement_cache_size"}
_LIBPQ_NAMES = {"sslmode": "ssl"}

# Classes of errors that speak of the server and not of a statement of ours: connection, resources, operator, no such
# database, who we are, what we may do, broken data (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_SERVER_STATES = re.compile(r"^(08|53|57|58|28|3D|F0|42501|XX)")


class PostgresDatabase(Database):
    def __init__(self, url: URL) -> None:
        self.where = _for_people(url)
        self._url = _for_asyncpg(url)
        self._engine = _engine(
            self._url, command_timeout=_STATEMENT_TIMEOUT_S, pool_size=_CONNECTIONS, max_overflow=0, pool_timeout=10
        )
        # The same connections; the server holds the view still and refuses to write.
        self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @classmethod
    async def open(cls, url: URL) -> PostgresDatabase:
        database = cls(url)
        try:
            await database.read(lambda db: db.exec_driver_sql("SELECT 1").scalar())
        except BaseException:
            await database.close()
            raise
        return database

    async def read(self, query: Callable[[Connection], T]) -> T:
        async with self._errors(), self._reader.begin() as db:
            return await db.run_sync(query)

    async def write(self, change: Callable[[Connection], T]) -> T:
        async with self._errors(), self._engine.begin() as db:
            return await db.run_sync(change)

    async def alter(self, change: Callable[[Connection], T]) -> T:
        engine = _engine(self._url, poolclass=NullPool)
        async with self._errors(), engine.begin() as db:
            return await db.run_sync(change)

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def _errors(self) -> AsyncGenerator[None]:
        try:
            yield
        except TimeoutError as error:
            raise DatabaseUnreachable(self.where, "it does not answer in time") from error
        except OSError as error:
            raise DatabaseUnreachable(self.where, error.strerror or str(error)) from error
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None) or ""
            if error.connection_invalidated or _SERVER_STATES.match(state):
                raise DatabaseUnreachable(self.where, str(error.driver_exception)) from error
            raise
        except asyncpg.PostgresError as error:
            # Before there is a connection the driver's own errors come through.
            raise DatabaseUnreachable(self.where, str(error)) from error


def _engine(url: URL, *, command_timeout: float | None = None, **pool: Any) -> AsyncEngine:
    engine = create_async_engine(
        url,
        # Whatever the server's own default: who waited for a row sees what was written meanwhile.
        isolation_level="READ COMMITTED",
        connect_args={"timeout": _CONNECT_TIMEOUT_S, "command_timeout": command_timeout},
        hide_parameters=True,
        **pool,
    )

    def check(connection: Any, _record: object, _proxy: object) -> None:
        # After a restart of the server the driver knows that the socket is closed: no question over the wire needed.
        if connection.driver_connection.is_closed():
            raise DisconnectionError

    event.listen(engine.sync_engine, "checkout", check)
    return engine


def _for_people(url: URL) -> str:
    host = url.host or url.query.get("host") or "localhost"
    return f"{host}:{url.port or 5432}/{url.database or ''}"


def _for_asyncpg(url: URL) -> URL:
    """The address with the driver's name and the driver's names for its options. Errors: AddressInvalid."""
    query = {_LIBPQ_NAMES.get(name, name): value for name, value in url.query.items()}
    if unknown := sorted(set(query) - _OPTIONS):
        raise AddressInvalid(
            f"DATABASE_URL has options that are not known here: {', '.join(unknown)}. "
            f"Leave them out; known are {', '.join(sorted(_OPTIONS | set(_LIBPQ_NAMES)))}."
        )
    return url.set(drivername="postgresql+asyncpg", query=query)
