"""`python -m aivoicecaller.store.migrations "Add numbers."` writes the migration for a change of the tables.

Alembic compares the tables in the code with those the migrations make. Read what it wrote before you commit it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command

from .. import migrate
from ..database import open_database


async def write(message: str) -> None:
    number = f"{int(migrate.NEWEST) + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        database = await open_database(Path(folder) / "record.db")
        try:
            await migrate.upgrade(database)
            await database.alter(
                lambda db: command.revision(migrate.config_for(db), message, autogenerate=True, rev_id=number)
            )
        finally:
            await database.close()


if len(sys.argv) != 2:
    sys.exit('Say what changes: python -m aivoicecaller.store.migrations "Add numbers."')
asyncio.run(write(sys.argv[1]))
