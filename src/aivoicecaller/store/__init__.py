"""The record: one file per aggregate, on SQLite or PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from ..clock import Instant
from . import expiry, migrate
from .agents import Agents
from .calls import Calls
from .database import Database, open_database
from .inbox import Inbox
from .logins import Logins
from .recordings import Recordings
from .tool_calls import ToolCalls
from .transcripts import Transcripts


class Store:
    """The record as one thing to hand around. Each part is small and stands for itself."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.agents = Agents(database)
        self.calls = Calls(database)
        self.transcripts = Transcripts(database)
        self.tool_calls = ToolCalls(database)
        self.recordings = Recordings(database)
        self.inbox = Inbox(database)
        self.logins = Logins(database)

    async def migrate(self) -> None:
        """Give the database the form this release works with. Many processes may try at once; one does it."""
        await migrate.upgrade(self.database)

    async def forget_expired(self, now: Instant) -> int:
        """Delete what nobody can use any more (`expiry.py` says what); how many rows that were."""
        return await expiry.forget_expired(self.database, now)

    async def close(self) -> None:
        await self.database.close()

    async def __aenter__(self) -> Store:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def open_store(address: str | Path) -> Store:
    """Open the record: a path is a file, `postgresql://…` a server. Errors: DatabaseUnusable, with what to do.

    Call `migrate` before the first use of a record that may be new or older than this program.
    """
    store = Store(await open_database(address))
    try:
        await migrate.refuse_newer(store.database)
    except BaseException:
        await store.close()
        raise
    return store
