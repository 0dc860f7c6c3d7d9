"""What was said in a call, and the stretches in which nobody of ours listened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, ForeignKey, Text, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from ..calls.transcript import Role, Source, TranscriptItem
from .base import Base, Key, Words, insert_if_new, insert_or_replace
from .database import Database


@dataclass(frozen=True, slots=True)
class Gap:
    from_ms: int
    to_ms: int | None
    """None while it lasts."""


class TranscriptTable(Base):
    __tablename__ = "transcript_items"

    call_id: Mapped[str] = mapped_column(Key, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[str] = mapped_column(Key, primary_key=True)
    position: Mapped[int]
    role: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Words)
    at_ms: Mapped[int]
    final: Mapped[bool]
    interrupted: Mapped[bool]
    source: Mapped[str] = mapped_column(Text)


class GapTable(Base):
    __tablename__ = "gaps"

    call_id: Mapped[str] = mapped_column(Key, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    from_ms: Mapped[int] = mapped_column(primary_key=True)
    to_ms: Mapped[int | None]


_ITEMS = (
    select(TranscriptTable)
    .where(TranscriptTable.call_id == bindparam("of_call"))
    .order_by(TranscriptTable.position, TranscriptTable.at_ms, TranscriptTable.item_id)
)
_GAPS = (
    select(GapTable.from_ms, GapTable.to_ms).where(GapTable.call_id == bindparam("of_call")).order_by(GapTable.from_ms)
)


class Transcripts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, call_id: str, items: Sequence[tuple[int, TranscriptItem]]) -> None:
        """Write items with their positions in speaking order, over what was saved of them before.

        An item that takes its place between others moves those behind it: save them again with it.
        """
        rows: list[dict[str, object]] = [
            {
                "call_id": call_id,
                "item_id": item.item_id,
                "position": position,
                "role": item.role,
                "text": item.text,
                "at_ms": item.at_ms,
                "final": item.final,
                "interrupted": item.interrupted,
                "source": item.source,
            }
            for position, item in items
        ]
        if rows:
            await self._database.write(lambda db: db.execute(insert_or_replace(db, TranscriptTable), rows))

    async def items(self, call_id: str) -> list[TranscriptItem]:
        """All items in speaking order."""
        return await self._database.read(lambda db: read_items(db, call_id))

    async def open_gap(self, call_id: str, from_ms: int) -> None:
        """From here on we do not hear the talk. A gap that is open already stays as it is."""

        def change(db: Connection) -> None:
            is_open = select(GapTable.call_id).where(GapTable.call_id == call_id, GapTable.to_ms.is_(None))
            if db.execute(is_open).first() is None:
                db.execute(
                    insert_if_new(db, GapTable),
                    {"call_id": call_id, "from_ms": from_ms, "to_ms": None},
                )

        await self._database.write(change)

    async def close_gap(self, call_id: str, to_ms: int) -> None:
        """We hear it again. Without an open gap nothing happens."""
        close = update(GapTable).where(GapTable.call_id == call_id, GapTable.to_ms.is_(None)).values(to_ms=to_ms)
        await self._database.write(lambda db: db.execute(close))


def read_items(db: Connection, call_id: str) -> list[TranscriptItem]:
    return [
        TranscriptItem(
            item_id=row["item_id"],
            role=Role(row["role"]),
            text=row["text"],
            at_ms=row["at_ms"],
            final=row["final"],
            interrupted=row["interrupted"],
            source=Source(row["source"]),
        )
        for row in db.execute(_ITEMS, {"of_call": call_id}).mappings()
    ]


def read_gaps(db: Connection, call_id: str) -> list[Gap]:
    return [Gap(*row) for row in db.execute(_GAPS, {"of_call": call_id})]
