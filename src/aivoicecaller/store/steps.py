"""One step of a call, written down: the hot path of the record.

One transaction of as few statements as can be: the call's row (which checks the revision and numbers the events), its
events (commands among them), and where given the provider's message that caused the step and the commands performed
before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, update

from ..calls.commands import Command, NoteOddity
from ..calls.events import Event
from ..calls.model import Call
from ..clock import Instant, to_datetime
from .call_tables import CallTable, EventTable, repeated
from .codec import encode
from .errors import Superseded
from .inbox import take


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step that was written."""

    revision: int
    """The revision the next step must name."""
    command_ids: tuple[str, ...]
    """`<call_id>:<seq>` for each command of the step, in their order. An oddity has one too; nobody performs it."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The provider's message was taken in before. Nothing was written."""

    inbox_id: str


@dataclass(frozen=True, slots=True)
class Step:
    call: Call
    """As the step left it."""
    revision: int
    """As it was loaded."""
    facts: Sequence[tuple[Instant, Event]]
    commands: Sequence[Command]
    at: datetime
    """When the commands were given."""
    done: Sequence[str] = ()
    """Ids of commands of this call that have been performed meanwhile."""
    inbox_id: str | None = None


# Statements are made once: making one costs as much as running it.
_ADVANCE = (
    update(CallTable)
    .where(CallTable.id == bindparam("call_id"), CallTable.revision == bindparam("held"))
    .values(revision=CallTable.revision + 1, last_seq=CallTable.last_seq + bindparam("events"))
    .returning(CallTable.last_seq)
)
_ADD_EVENTS = insert(EventTable)
_MARK_DONE = update(EventTable).where(EventTable.call_id == bindparam("of_call"), EventTable.seq == bindparam("number"))


def write_step(db: Connection, step: Step) -> StepRecord | Duplicate:
    """Errors: Superseded."""
    call = step.call
    if step.inbox_id is not None and not take(db, step.inbox_id, step.at):
        return Duplicate(step.inbox_id)
    count = len(step.facts) + len(step.commands)
    last_seq = db.execute(
        _ADVANCE,
        {"call_id": call.id, "held": step.revision, "events": count, "state": call, **repeated(call)},
    ).scalar_one_or_none()
    if last_seq is None:
        raise Superseded(call.id, step.revision)
    first_command = last_seq - len(step.commands) + 1
    if count:
        _add_events(db, step, first_command)
    mark_done(db, step.done, step.at)
    return StepRecord(
        step.revision + 1, tuple(f"{call.id}:{seq}" for seq, _ in enumerate(step.commands, first_command))
    )


def mark_done(db: Connection, command_ids: Sequence[str], at: datetime) -> None:
    if not command_ids:
        return
    rows: list[dict[str, object]] = []
    for command_id in command_ids:
        call_id, _, number = command_id.rpartition(":")
        rows.append({"of_call": call_id, "number": int(number), "done_at": at})
    db.execute(_MARK_DONE, rows)


def _add_events(db: Connection, step: Step, first_command: int) -> None:
    rows: list[dict[str, object]] = []

    def add(seq: int, at: datetime, kind: str, value: Event | Command) -> None:
        name, detail = encode(value)
        rows.append({"call_id": step.call.id, "seq": seq, "at": at, "kind": kind, "name": name, "detail": detail})

    for seq, (at, fact) in enumerate(step.facts, first_command - len(step.facts)):
        add(seq, to_datetime(at), "fact", fact)
    for seq, order in enumerate(step.commands, first_command):
        add(seq, step.at, "oddity" if isinstance(order, NoteOddity) else "command", order)
    db.execute(_ADD_EVENTS, rows)
