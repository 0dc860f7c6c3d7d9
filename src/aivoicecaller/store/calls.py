"""Calls as they are made and advanced, step by step. How they are read is in `call_reader.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert

from ..calls.commands import Command
from ..calls.events import Event
from ..calls.model import Call
from ..clock import Instant, to_datetime
from .base import hold_lock
from .call_reader import BY_ID, COUNT_LIVE, CallDetail, CallReader, CallRow, EventRow, UndoneCommand, read_one
from .call_tables import CallTable, repeated
from .errors import TooManyLiveCalls
from .steps import Duplicate, Step, StepRecord, mark_done, write_step

__all__ = ["CallDetail", "CallRow", "Calls", "Duplicate", "EventRow", "NewCallRow", "StepRecord", "UndoneCommand"]


@dataclass(frozen=True, slots=True)
class NewCallRow:
    """A call to be written for the first time. Numbers are E.164."""

    call: Call
    from_number: str
    to_number: str
    agent_id: str
    agent_version: int
    sandbox: bool
    started_at: Instant
    variables: dict[str, str] = field(default_factory=dict[str, str])


class Calls(CallReader):
    async def create(self, new: NewCallRow, *, max_live: int | None = None) -> CallRow:
        """Write a new call at revision 0.

        With `max_live` it is admitted only while fewer calls live, however many ask at once.
        Errors: TooManyLiveCalls.
        """

        def change(db: Connection) -> CallRow:
            if max_live is not None:
                hold_lock(db, "admission")
                if db.execute(COUNT_LIVE).scalar_one() >= max_live:
                    raise TooManyLiveCalls(max_live)
            db.execute(insert(CallTable), _first_row(new))
            row = read_one(db, BY_ID, new.call.id)
            assert row is not None
            return row

        return await self._database.write(change)

    async def record_step(
        self,
        call: Call,
        revision: int,
        *,
        facts: Sequence[tuple[Instant, Event]],
        commands: Sequence[Command],
        at: Instant,
        done: Sequence[str] = (),
        inbox_id: str | None = None,
    ) -> StepRecord | Duplicate:
        """Write one step: the call as it left it, what happened and when, and what must be done.

        `done` has the ids of commands performed meanwhile. All of it is written or nothing. With `inbox_id` (see
        `inbox.inbox_id`) a message that was taken in before changes nothing.
        Errors: Superseded, when the call is at another revision than `revision`.
        """
        step = Step(call, revision, facts, commands, to_datetime(at), done, inbox_id)
        return await self._database.write(lambda db: write_step(db, step))

    async def commands_done(self, command_ids: Sequence[str], at: Instant) -> None:
        """Note that commands were performed, when no step follows that could carry it."""
        if command_ids:
            await self._database.write(lambda db: mark_done(db, command_ids, to_datetime(at)))


def _first_row(new: NewCallRow) -> dict[str, Any]:
    return {
        "id": new.call.id,
        "revision": 0,
        "last_seq": 0,
        "state": new.call,
        "direction": new.call.direction,
        "from_number": new.from_number,
        "to_number": new.to_number,
        "agent_id": new.agent_id,
        "agent_version": new.agent_version,
        "sandbox": new.sandbox,
        "variables": new.variables,
        "started_at": to_datetime(new.started_at),
        **repeated(new.call),
    }
