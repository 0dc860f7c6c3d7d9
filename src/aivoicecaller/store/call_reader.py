"""Calls as they are read: one by its ids, the live ones, pages of the history, and all that hangs on one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import pydantic_core
from sqlalchemy import CompoundSelect, Connection, Select, bindparam, func, literal_column, select

from ..calls.commands import Command
from ..calls.model import Call
from ..calls.transcript import TranscriptItem
from ..clock import Instant, to_datetime
from .agents import AgentTable
from .call_tables import CallTable, EventTable
from .codec import decode_command
from .database import Database
from .recordings import Recording, RecordingState, read_recordings, state_of
from .tool_calls import ToolCall, read_tool_calls
from .transcripts import Gap, read_gaps, read_items


@dataclass(frozen=True, slots=True)
class UndoneCommand:
    """An order that was given and may not have been performed."""

    id: str
    command: Command


@dataclass(frozen=True, slots=True)
class CallRow:
    call: Call
    revision: int
    """What the next `record_step` must name."""
    from_number: str
    to_number: str
    agent_id: str
    agent_name: str
    agent_version: int
    sandbox: bool
    variables: dict[str, str]
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    duration_s: float
    """From answer to end; 0 while it lasts, and if it was never answered."""
    undone: tuple[UndoneCommand, ...] = ()
    """Filled by `live` and `unfinished` only."""

    @property
    def id(self) -> str:
        return self.call.id


@dataclass(frozen=True, slots=True)
class CallDetail:
    row: CallRow
    transcript: list[TranscriptItem]
    tool_calls: list[ToolCall]
    recordings: list[Recording]
    recording_state: RecordingState | Literal["none"]
    gaps: list[Gap]


@dataclass(frozen=True, slots=True)
class EventRow:
    seq: int
    at: datetime
    kind: Literal["fact", "command", "oddity"]
    name: str
    detail: dict[str, Any]


# Words are spelt out here, so that a plan made before the parameters are known may use the indexes of few rows.
_LIVE = CallTable.status != literal_column("'ended'")
_ENDED = CallTable.status == literal_column("'ended'")
_ROWS = select(
    CallTable.state,
    CallTable.revision,
    CallTable.from_number,
    CallTable.to_number,
    CallTable.agent_id,
    AgentTable.name,
    CallTable.agent_version,
    CallTable.sandbox,
    CallTable.variables,
    CallTable.started_at,
    CallTable.answered_at,
    CallTable.ended_at,
    CallTable.duration_s,
).join(AgentTable, AgentTable.id == CallTable.agent_id)
# A statement made once is also fitted to its result once; made anew each time it takes twice as long.
BY_ID = _ROWS.where(CallTable.id == bindparam("wanted"))
# A provider's id is one call's; were it ever given twice, the newer call is meant.
_BY_CARRIER_SID = _ROWS.where(CallTable.carrier_call_sid == bindparam("wanted")).order_by(CallTable.id.desc()).limit(1)
_BY_ENGINE_ID = _ROWS.where(CallTable.engine_call_id == bindparam("wanted")).order_by(CallTable.id.desc()).limit(1)
_EVENTS = (
    select(EventTable.seq, EventTable.at, EventTable.kind, EventTable.name, EventTable.detail)
    .where(EventTable.call_id == bindparam("of_call"))
    .order_by(EventTable.seq)
)
COUNT_LIVE = select(func.count()).select_from(CallTable).where(_LIVE)
_IS_UNDONE = (EventTable.kind == literal_column("'command'")) & EventTable.done_at.is_(None)
_UNDONE = (
    select(EventTable.call_id, EventTable.seq, EventTable.name, EventTable.detail)
    .where(_IS_UNDONE)
    .order_by(EventTable.call_id, EventTable.seq)
)


class CallReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, call_id: str) -> CallRow | None:
        return await self._find(BY_ID, call_id)

    async def by_carrier_sid(self, carrier_call_sid: str) -> CallRow | None:
        return await self._find(_BY_CARRIER_SID, carrier_call_sid)

    async def by_engine_id(self, engine_call_id: str) -> CallRow | None:
        return await self._find(_BY_ENGINE_ID, engine_call_id)

    async def live(self) -> list[CallRow]:
        """Every call that has not ended, oldest first, with its undone commands."""
        return await self._database.read(lambda db: _with_commands(db, select(CallTable.id).where(_LIVE)))

    async def unfinished(self) -> list[CallRow]:
        """What a new process must take up: every live call, and ended ones with commands still to be performed."""
        owed = select(EventTable.call_id).where(_IS_UNDONE)
        ids = select(CallTable.id).where(_LIVE).union(owed)
        return await self._database.read(lambda db: _with_commands(db, ids))

    async def count_live(self) -> int:
        return await self._database.read(lambda db: db.execute(COUNT_LIVE).scalar_one())

    async def page(
        self, limit: int, cursor: str | None = None, live: bool | None = None
    ) -> tuple[list[CallRow], str | None]:
        """Up to `limit` calls, newest first, and the cursor to read on with (None at the end).

        `live` True or False keeps to calls that live, or have ended.
        """
        query = _ROWS.order_by(CallTable.id.desc()).limit(limit + 1)
        if live is not None:
            query = query.where(_LIVE if live else _ENDED)
        if cursor is not None:
            query = query.where(CallTable.id < cursor)
        rows = await self._database.read(lambda db: [CallRow(*row) for row in db.execute(query)])
        more = len(rows) > limit
        return rows[:limit], rows[limit - 1].id if more else None

    async def detail(self, call_id: str) -> CallDetail | None:
        """A call with all that hangs on it, as of one moment."""

        def query(db: Connection) -> CallDetail | None:
            row = read_one(db, BY_ID, call_id)
            if row is None:
                return None
            recordings = read_recordings(db, call_id)
            return CallDetail(
                row=row,
                transcript=read_items(db, call_id),
                tool_calls=read_tool_calls(db, call_id),
                recordings=recordings,
                recording_state=state_of(recordings),
                gaps=read_gaps(db, call_id),
            )

        return await self._database.read(query)

    async def events(self, call_id: str) -> list[EventRow]:
        """What the machine saw and ordered, in its order."""

        def query(db: Connection) -> list[EventRow]:
            return [
                EventRow(row.seq, row.at, row.kind, row.name, pydantic_core.from_json(row.detail))
                for row in db.execute(_EVENTS, {"of_call": call_id})
            ]

        return await self._database.read(query)

    async def last_event_at(self, call_id: str) -> datetime | None:
        """When the call's machine last saw or ordered something; None before that."""
        newest = select(EventTable.at).where(EventTable.call_id == call_id).order_by(EventTable.seq.desc()).limit(1)
        return await self._database.read(lambda db: db.execute(newest).scalar_one_or_none())

    async def carrier_sids_since(self, started_at: Instant) -> set[str]:
        """The carrier's ids of all calls that began then or later."""
        given = select(CallTable.carrier_call_sid).where(
            CallTable.started_at >= to_datetime(started_at), CallTable.carrier_call_sid.is_not(None)
        )
        return await self._database.read(lambda db: {sid for sid in db.execute(given).scalars() if sid is not None})

    async def _find(self, query: Select[*tuple[Any, ...]], wanted: str) -> CallRow | None:
        return await self._database.read(lambda db: read_one(db, query, wanted))


def read_one(db: Connection, query: Select[*tuple[Any, ...]], wanted: str) -> CallRow | None:
    row = db.execute(query, {"wanted": wanted}).one_or_none()
    return None if row is None else CallRow(*row)


def _with_commands(db: Connection, ids: Select[str] | CompoundSelect[str]) -> list[CallRow]:
    rows = [CallRow(*row) for row in db.execute(_ROWS.where(CallTable.id.in_(ids)).order_by(CallTable.id))]
    undone: dict[str, list[UndoneCommand]] = {row.id: [] for row in rows}
    for call_id, seq, name, detail in db.execute(_UNDONE):
        if call_id in undone:
            undone[call_id].append(UndoneCommand(f"{call_id}:{seq}", decode_command(name, detail)))
    return [replace(row, undone=tuple(undone[row.id])) for row in rows]
