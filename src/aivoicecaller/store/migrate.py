"""The form of the record, brought up to date at every start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, String, column, inspect, select, table

from .base import hold_lock
from .database import Database
from .errors import DatabaseNewer

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).with_name("migrations")
_VERSION = select(column("version_num", String)).select_from(table("alembic_version"))

VERSIONS = tuple(sorted(path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py")))
"""Every form there ever was, in order. Their numbers are the files' first words."""

NEWEST = VERSIONS[-1]
_KNOWN = (None, *VERSIONS)


async def upgrade(database: Database) -> None:
    """Run the migrations that are still missing. Errors: DatabaseNewer."""
    if await database.read(version_of) != NEWEST:
        await database.alter(lambda db: move(db, NEWEST))
    await refuse_newer(database)


async def refuse_newer(database: Database) -> None:
    """Errors: DatabaseNewer, when another release gave the record a form that is not known here."""
    version = await database.read(version_of)
    if version not in _KNOWN:
        raise DatabaseNewer(database.where, version, NEWEST)


def move(db: Connection, target: str) -> None:
    """Bring the tables to a version, `base` for none, inside the caller's transaction."""
    # It takes longer to load than the rest of the start, and most starts have nothing to migrate.
    from alembic import command

    # Another process may have moved it while this one waited.
    hold_lock(db, "migrate")
    version = version_of(db)
    if version == target or version not in _KNOWN:
        return
    back = target == "base" or (version is not None and target < version)
    (command.downgrade if back else command.upgrade)(config_for(db), target)


def config_for(db: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = db
    return config


def version_of(db: Connection) -> str | None:
    """The form the tables have; None where there are none."""
    if not inspect(db).has_table("alembic_version"):
        return None
    return db.execute(_VERSION).scalar_one_or_none()
