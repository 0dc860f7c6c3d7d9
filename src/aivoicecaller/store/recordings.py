"""Recordings of calls: what the carrier made, where its audio is asked for, and whether it is there yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, ForeignKey, Index, Text, bindparam, insert, literal_column, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from ..clock import Instant, to_datetime
from ..ids import new_id
from .base import Base, Key, Utc
from .call_tables import CallTable
from .database import Database

RecordingState = Literal["expected", "ready", "unavailable"]


@dataclass(frozen=True, slots=True)
class Recording:
    id: str
    call_id: str
    carrier_recording_sid: str | None
    """None until the carrier has told of it."""
    channels: int
    """2: the first is the caller's, the second the agent's."""
    duration_s: float
    state: RecordingState


@dataclass(frozen=True, slots=True)
class AwaitedRecording:
    """A call that has ended and whose recording is still to come."""

    call_id: str
    carrier_call_sid: str
    ended_at: datetime


_EXPECTED = text("state = 'expected'")


class RecordingTable(Base):
    __tablename__ = "recordings"

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    call_id: Mapped[str] = mapped_column(Key, ForeignKey("calls.id", ondelete="CASCADE"), index=True)
    carrier_recording_sid: Mapped[str | None] = mapped_column(Key, unique=True)
    channels: Mapped[int]
    duration_s: Mapped[float]
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)

    __table_args__ = (
        # Few are expected among very many that are there.
        Index("ix_recordings_expected", "call_id", sqlite_where=_EXPECTED, postgresql_where=_EXPECTED),
    )


_STILL_EXPECTED = RecordingTable.state == literal_column("'expected'")
_ORDER: tuple[RecordingState, ...] = ("ready", "expected", "unavailable")
_COLUMNS = (
    RecordingTable.id,
    RecordingTable.call_id,
    RecordingTable.carrier_recording_sid,
    RecordingTable.channels,
    RecordingTable.duration_s,
    RecordingTable.state,
)
_OF_CALL = select(*_COLUMNS).where(RecordingTable.call_id == bindparam("of_call")).order_by(RecordingTable.id)

_AWAITED = (
    select(CallTable.id, CallTable.carrier_call_sid, CallTable.ended_at)
    .join(RecordingTable, RecordingTable.call_id == CallTable.id)
    .where(_STILL_EXPECTED, CallTable.ended_at.is_not(None), CallTable.carrier_call_sid.is_not(None))
    .order_by(CallTable.id)
)


class Recordings:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def expect(self, call_id: str, now: Instant) -> Recording:
        """The call is being recorded; the carrier will tell when it is ready. Once said is enough."""

        def change(db: Connection) -> Recording:
            _hold(db, call_id)
            known = read_recordings(db, call_id)
            return known[0] if known else _add(db, call_id, to_datetime(now))

        return await self._database.write(change)

    async def ready(
        self, call_id: str, carrier_recording_sid: str, channels: int, duration_s: float, now: Instant
    ) -> Recording:
        """The carrier has the recording. Told twice, it is the same one; it takes the place of one expected."""

        def change(db: Connection) -> Recording:
            _hold(db, call_id)
            known = read_recordings(db, call_id)
            same = [each for each in known if each.carrier_recording_sid == carrier_recording_sid]
            expected = [each for each in known if each.carrier_recording_sid is None]
            row = (same or expected or [_add(db, call_id, to_datetime(now))])[0]
            return _set(
                db,
                row.id,
                carrier_recording_sid=carrier_recording_sid,
                channels=channels,
                duration_s=duration_s,
                state="ready",
            )

        return await self._database.write(change)

    async def unavailable(self, call_id: str) -> None:
        """No recording will come where one was expected."""
        lost = (
            update(RecordingTable)
            .where(RecordingTable.call_id == call_id, RecordingTable.state == "expected")
            .values(state="unavailable")
        )
        await self._database.write(lambda db: db.execute(lost))

    async def expected(self, call_id: str) -> bool:
        """Whether one is still to come."""
        known = await self._database.read(lambda db: read_recordings(db, call_id))
        return any(recording.state == "expected" for recording in known)

    async def awaited(self) -> list[AwaitedRecording]:
        """All that are still to come, of calls that have ended."""

        def query(db: Connection) -> list[AwaitedRecording]:
            return [AwaitedRecording(*row) for row in db.execute(_AWAITED)]

        return await self._database.read(query)

    async def get(self, recording_id: str) -> Recording | None:
        def query(db: Connection) -> Recording | None:
            row = db.execute(select(*_COLUMNS).where(RecordingTable.id == recording_id)).mappings().one_or_none()
            return None if row is None else Recording(**row)

        return await self._database.read(query)


def read_recordings(db: Connection, call_id: str) -> list[Recording]:
    return [Recording(**row) for row in db.execute(_OF_CALL, {"of_call": call_id}).mappings()]


def state_of(recordings: Sequence[Recording]) -> RecordingState | Literal["none"]:
    """What can be said of all recordings of a call: one that is ready outshines one that is lost."""
    states: list[RecordingState] = [recording.state for recording in recordings]
    return min(states, key=_ORDER.index) if states else "none"


def _hold(db: Connection, call_id: str) -> None:
    # Callbacks come twice at once; each sees what the other wrote.
    db.execute(select(CallTable.id).where(CallTable.id == call_id).with_for_update())


def _add(db: Connection, call_id: str, at: datetime) -> Recording:
    recording = Recording(new_id("rec"), call_id, None, channels=0, duration_s=0.0, state="expected")
    db.execute(
        insert(RecordingTable),
        {
            "id": recording.id,
            "call_id": call_id,
            "carrier_recording_sid": None,
            "channels": recording.channels,
            "duration_s": recording.duration_s,
            "state": recording.state,
            "created_at": at,
        },
    )
    return recording


def _set(db: Connection, recording_id: str, **values: object) -> Recording:
    row = db.execute(
        update(RecordingTable).where(RecordingTable.id == recording_id).values(**values).returning(*_COLUMNS)
    )
    return Recording(**row.mappings().one())
