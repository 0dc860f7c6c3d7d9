"""What every table of the record is made of: names of constraints, and columns for keys, times and JSON."""

from __future__ import annotations

import hashlib
import json
import zlib
from datetime import UTC, datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError
from sqlalchemy import Connection, DateTime, Dialect, Executable, MetaData, Text, TypeDecorator, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase

# With names of our own, a migration can find a constraint again on either database.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Text().with_variant(Text(collation="C"), "postgresql")
"""An identifier. Compared byte by byte on both databases: UUIDv7 sort by time, whatever the server's locale."""


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMES)


class Utc(TypeDecorator[datetime]):
    """A time with its zone, kept as UTC in microseconds. SQLite has no zones: there it is text without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be recorded.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text that somebody else made up: a person, a model, a provider.

    JSON allows two things that are no text to a database: NUL and halves of a character. They become marks.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _whole(value).replace("\0", "\ufffd")


class Json(TypeDecorator[Any]):
    """A value of one type as JSON text, written and checked by pydantic."""

    impl = Text
    cache_ok = True

    def __init__(self, adapter: TypeAdapter[Any]) -> None:
        super().__init__()
        self.adapter = adapter

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else to_json(self.adapter, value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else self.adapter.validate_json(value)


def to_json(adapter: TypeAdapter[Any], value: Any) -> str:
    """`value` as JSON text. Halves of characters in its strings become marks."""
    try:
        return adapter.dump_json(value).decode()
    except PydanticSerializationError:
        return _whole(json.dumps(adapter.dump_python(value, mode="json"), ensure_ascii=False))


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def insert_if_new(db: Connection, table: type[Base]) -> Executable:
    """An insert that leaves a row of the same key as it is; `rowcount` tells."""
    return _insert_if_new(db.dialect.name, table)


def insert_or_replace(db: Connection, table: type[Base]) -> Executable:
    """An insert that writes over a row of the same key."""
    return _insert_or_replace(db.dialect.name, table)


# ON CONFLICT is spelt alike by both databases and kept in two classes by SQLAlchemy. Statements are made once: making
# one costs as much as running it.
def _insert(dialect: str, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _insert_if_new(dialect: str, table: type[Base]) -> Executable:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _insert_or_replace(dialect: str, table: type[Base]) -> Executable:
    insert = _insert(dialect, table)
    columns = table.__table__.c
    return insert.on_conflict_do_update(
        index_elements=[column.name for column in columns if column.primary_key],
        set_={column.name: insert.excluded[column.name] for column in columns if not column.primary_key},
    )


def hold_lock(db: Connection, name: str) -> None:
    """Let nobody else past this point until the transaction ends. SQLite has one writer at a time anyway."""
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(zlib.crc32(f"aivoicecaller:{name}".encode()))))


def digest(token: str) -> str:
    """What the record keeps of a token. Tokens have 128 random bits or more, so a plain hash cannot be reversed."""
    return hashlib.sha256(token.encode()).hexdigest()
