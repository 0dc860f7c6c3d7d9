"""The tables of a call: the call itself, and what its machine saw and ordered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..calls.model import Call
from ..clock import to_datetime
from .agents import AgentVersionTable
from .base import Base, Json, Key, Utc, Words

_LIVE = text("status <> 'ended'")
_UNDONE = text("kind = 'command' AND done_at IS NULL")


class CallTable(Base):
    """`state` is the call; the columns beside it repeat what is searched, sorted or counted by."""

    __tablename__ = "calls"

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    revision: Mapped[int]
    """Raised by every step. A write that names an older one is refused."""
    last_seq: Mapped[int]
    """The number of its newest event."""
    state: Mapped[Call] = mapped_column(Json(TypeAdapter(Call)))
    direction: Mapped[str] = mapped_column(Text)
    from_number: Mapped[str] = mapped_column(Text)
    to_number: Mapped[str] = mapped_column(Text)
    agent_id: Mapped[str] = mapped_column(Key)
    agent_version: Mapped[int]
    sandbox: Mapped[bool]
    variables: Mapped[dict[str, str]] = mapped_column(Json(TypeAdapter(dict[str, str])))
    status: Mapped[str] = mapped_column(Text)
    outcome_kind: Mapped[str | None] = mapped_column(Text)
    outcome_blame: Mapped[str | None] = mapped_column(Text)
    outcome_detail: Mapped[str | None] = mapped_column(Words)
    started_at: Mapped[datetime] = mapped_column(Utc, index=True)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    duration_s: Mapped[float]
    carrier_call_sid: Mapped[str | None] = mapped_column(Key, index=True)
    engine_call_id: Mapped[str | None] = mapped_column(Key, index=True)

    __table_args__ = (
        ForeignKeyConstraint(["agent_id", "agent_version"], [AgentVersionTable.agent_id, AgentVersionTable.version]),
        # Few calls are live among very many that are not.
        Index("ix_calls_live", "id", sqlite_where=_LIVE, postgresql_where=_LIVE),
    )


class EventTable(Base):
    """What a call's machine saw and ordered. Rows are added and stay as they are; only `done_at` is filled in later."""

    __tablename__ = "call_events"

    call_id: Mapped[str] = mapped_column(Key, ForeignKey(CallTable.id, ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Utc)
    kind: Mapped[str] = mapped_column(Text)
    """`fact`, `command` or `oddity`."""
    name: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(Utc)
    """When a command was performed. Commands without it are the outbox: somebody must perform them."""

    __table_args__ = (
        # Few commands wait among very many events.
        Index("ix_call_events_undone", "call_id", "seq", sqlite_where=_UNDONE, postgresql_where=_UNDONE),
        # SQLite keeps the many small rows of a call together, in the order of the key, without a second tree to
        # find them by.
        {"sqlite_with_rowid": False},
    )


def repeated(call: Call) -> dict[str, Any]:
    """The columns beside `state` that repeat parts of it."""
    outcome = call.outcome
    answered, ended = call.answered_at, call.ended_at
    return {
        "status": call.status,
        "outcome_kind": outcome and outcome.kind,
        "outcome_blame": outcome and outcome.blame,
        "outcome_detail": outcome and outcome.detail,
        "answered_at": None if answered is None else to_datetime(answered),
        "ended_at": None if ended is None else to_datetime(ended),
        "duration_s": 0.0 if answered is None or ended is None else ended - answered,
        "carrier_call_sid": call.leg.carrier_call_sid,
        "engine_call_id": call.session.engine_call_id,
    }
