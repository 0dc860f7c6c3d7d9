"""Which of the providers' messages were taken in already. They send some twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from ..clock import Instant, to_datetime
from .base import Base, Key, Utc, insert_if_new
from .database import Database


class InboxTable(Base):
    __tablename__ = "inbox"

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Utc, index=True)


def inbox_id(source: str, event_id: str) -> str:
    """`openai:wh_…`: the provider's own id of a message, safe from another provider's that looks alike."""
    return f"{source}:{event_id}"


class Inbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, inbox_id: str, now: Instant) -> bool:
        """Remember a message. False: it was taken in before. A message that moves a call goes into
        `Calls.record_step` instead, so that both are written or neither."""
        return await self._database.write(lambda db: take(db, inbox_id, to_datetime(now)))

    async def has(self, inbox_id: str) -> bool:
        wanted = select(InboxTable.id).where(InboxTable.id == inbox_id)
        return await self._database.read(lambda db: db.execute(wanted).first() is not None)


def take(db: Connection, inbox_id: str, at: datetime) -> bool:
    source = inbox_id.partition(":")[0]
    added = db.execute(insert_if_new(db, InboxTable), {"id": inbox_id, "source": source, "received_at": at})
    return added.rowcount == 1
