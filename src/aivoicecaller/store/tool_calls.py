"""What the agent's tools were asked, and what they answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import Connection, ForeignKey, Text, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Json, Key, Words, insert_if_new
from .database import Database

ToolStatus = Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    tool_call_id: str
    name: str
    arguments: dict[str, Any]
    at_ms: int
    """Its place in the call, as the transcript counts."""
    status: ToolStatus = "running"
    output: str | None = None
    """What the agent was told; None while it runs."""
    duration_ms: int | None = None


class ToolCallTable(Base):
    __tablename__ = "tool_calls"

    call_id: Mapped[str] = mapped_column(Key, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    tool_call_id: Mapped[str] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(Words)
    arguments: Mapped[dict[str, Any]] = mapped_column(Json(TypeAdapter(dict[str, Any])))
    at_ms: Mapped[int]
    status: Mapped[str] = mapped_column(Text)
    output: Mapped[str | None] = mapped_column(Words)
    duration_ms: Mapped[int | None]


_COLUMNS = (
    ToolCallTable.tool_call_id,
    ToolCallTable.name,
    ToolCallTable.arguments,
    ToolCallTable.at_ms,
    ToolCallTable.status,
    ToolCallTable.output,
    ToolCallTable.duration_ms,
)
_OF_CALL = (
    select(*_COLUMNS)
    .where(ToolCallTable.call_id == bindparam("of_call"))
    .order_by(ToolCallTable.at_ms, ToolCallTable.tool_call_id)
)


class ToolCalls:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, call_id: str, tool_call_id: str, name: str, arguments: dict[str, Any], at_ms: int) -> bool:
        """Note that a tool runs. False: it was noted before, so it may have run already."""
        row = {
            "call_id": call_id,
            "tool_call_id": tool_call_id,
            "name": name,
            "arguments": arguments,
            "at_ms": at_ms,
            "status": "running",
        }

        def change(db: Connection) -> bool:
            return db.execute(insert_if_new(db, ToolCallTable), row).rowcount == 1

        return await self._database.write(change)

    async def finish(
        self, call_id: str, tool_call_id: str, status: Literal["done", "failed"], output: str, duration_ms: int
    ) -> bool:
        """Note what a tool answered. The first answer stays: False if there was one."""
        end = (
            update(ToolCallTable)
            .where(
                ToolCallTable.call_id == call_id,
                ToolCallTable.tool_call_id == tool_call_id,
                ToolCallTable.status == "running",
            )
            .values(status=status, output=output, duration_ms=duration_ms)
        )
        return await self._database.write(lambda db: db.execute(end).rowcount == 1)

    async def get(self, call_id: str, tool_call_id: str) -> ToolCall | None:
        wanted = select(*_COLUMNS).where(ToolCallTable.call_id == call_id, ToolCallTable.tool_call_id == tool_call_id)

        def query(db: Connection) -> ToolCall | None:
            row = db.execute(wanted).mappings().one_or_none()
            return None if row is None else ToolCall(**row)

        return await self._database.read(query)


def read_tool_calls(db: Connection, call_id: str) -> list[ToolCall]:
    return [ToolCall(**row) for row in db.execute(_OF_CALL, {"of_call": call_id}).mappings()]
