"""Single-use references: tokens of ours that come back through a provider and say which call is meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection, ForeignKey, Text, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from ..clock import Instant, to_datetime
from .base import Base, Key, Utc, digest
from .database import Database


class Refusal(Enum):
    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ReferenceUse:
    """What became of a reference. `refusal` is None exactly once for each."""

    call_id: str | None
    """The call it was made for; None when it is unknown."""
    refusal: Refusal | None = None


class ReferenceTable(Base):
    __tablename__ = "call_references"

    hash: Mapped[str] = mapped_column(Key, primary_key=True)
    purpose: Mapped[str] = mapped_column(Text)
    call_id: Mapped[str] = mapped_column(Key, ForeignKey("calls.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(Utc, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Utc)


_MEANT = (ReferenceTable.hash == bindparam("digest"), ReferenceTable.purpose == bindparam("meant_for"))
_LOOK = select(ReferenceTable.call_id, ReferenceTable.used_at, ReferenceTable.expires_at).where(*_MEANT)
# The engine waits for our answer to its webhook while this runs.
_USE = (
    update(ReferenceTable)
    .where(*_MEANT, ReferenceTable.used_at.is_(None), ReferenceTable.expires_at > bindparam("now"))
    .values(used_at=bindparam("now"))
    .returning(ReferenceTable.call_id)
)


class References:
    """The record keeps a hash only; the token itself passes through and is forgotten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token: str, purpose: str, call_id: str, expires_at: Instant) -> None:
        """Remember a token. Its `purpose` keeps one made for one place from being used at another."""
        values = {
            "hash": digest(token),
            "purpose": purpose,
            "call_id": call_id,
            "expires_at": to_datetime(expires_at),
        }
        await self._database.write(lambda db: db.execute(insert(ReferenceTable), values))

    async def use(self, token: str, purpose: str, now: Instant) -> ReferenceUse:
        """Use a token up. Of many who try at once, one succeeds."""
        return await self._database.write(lambda db: _use(db, token, purpose, to_datetime(now)))

    async def find(self, token: str, purpose: str, now: Instant) -> ReferenceUse:
        """What `use` would say now, without using it up."""
        return await self._database.read(lambda db: _look(db, token, purpose, to_datetime(now)))


def _use(db: Connection, token: str, purpose: str, now: datetime) -> ReferenceUse:
    meant = {"digest": digest(token), "meant_for": purpose, "now": now}
    call_id = db.execute(_USE, meant).scalar_one_or_none()
    if call_id is not None:
        return ReferenceUse(call_id)
    seen = _look(db, token, purpose, now)
    # One that came into being between the two statements was not there when it was used.
    return seen if seen.refusal is not None else ReferenceUse(None, Refusal.UNKNOWN)


def _look(db: Connection, token: str, purpose: str, now: datetime) -> ReferenceUse:
    found = db.execute(_LOOK, {"digest": digest(token), "meant_for": purpose}).one_or_none()
    if found is None:
        return ReferenceUse(None, Refusal.UNKNOWN)
    call_id, used_at, expires_at = found
    if used_at is not None:
        return ReferenceUse(call_id, Refusal.USED)
    return ReferenceUse(call_id, Refusal.EXPIRED if expires_at <= now else None)
