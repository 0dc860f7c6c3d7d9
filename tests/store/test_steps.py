"""The hot path: one step of a call, written whole or not at all."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from aivoicecaller.agents.model import AgentVersion
from aivoicecaller.calls.commands import AcceptSession, AttachSideband, CreateResponse, NoteOddity, RunTool
from aivoicecaller.calls.events import (
    CallerSpeechStarted,
    DialAccepted,
    LegAnswered,
    SessionOffered,
    ToolRequest,
)
from aivoicecaller.calls.model import Call, Leg, LegState, Session, SessionState
from aivoicecaller.calls.outcome import Blame, Outcome, OutcomeKind
from aivoicecaller.clock import ManualClock, to_datetime
from aivoicecaller.store import Store, open_store
from aivoicecaller.store.calls import UndoneCommand
from aivoicecaller.store.errors import Superseded
from aivoicecaller.store.inbox import inbox_id
from aivoicecaller.store.steps import Duplicate, StepRecord

from .conftest import MakeCall, new_call, new_row

OFFER = (1.0, SessionOffered("rtc_1"))
TOOL = ToolRequest("call_1", "book_appointment", '{"day": "Monday"}')


async def step(store: Store, call: Call, revision: int, **given: Any) -> StepRecord:
    record = await store.calls.record_step(
        call,
        revision,
        **{"facts": [(1_795_000_000.0, CallerSpeechStarted())], "commands": [], "at": 1_795_000_000.0} | given,
    )
    assert isinstance(record, StepRecord)
    return record


async def test_a_step_is_all_of_the_call_its_events_and_its_commands(store: Store, make_call: MakeCall) -> None:
    row = await make_call()
    at = 1_795_000_001.234567
    answered = replace(
        row.call,
        leg=Leg(LegState.ANSWERED, "CA1"),
        session=Session(SessionState.ACCEPTING, "rtc_1"),
        answered_at=at,
    )
    commands = [AcceptSession("rtc_1"), NoteOddity("LegRinging after LegAnswered"), RunTool(TOOL)]

    record = await step(
        store,
        answered,
        0,
        facts=[(at - 1, LegAnswered("CA1")), (at, SessionOffered("rtc_1"))],
        commands=commands,
        at=at,
    )

    assert record == StepRecord(1, (f"{row.id}:3", f"{row.id}:4", f"{row.id}:5"))
    saved = await store.calls.get(row.id)
    assert saved is not None
    assert saved.call == answered
    assert (saved.revision, saved.answered_at, saved.ended_at) == (1, to_datetime(at), None)
    events = await store.calls.events(row.id)
    assert [(each.seq, each.kind, each.name) for each in events] == [
        (1, "fact", "LegAnswered"),
        (2, "fact", "SessionOffered"),
        (3, "command", "AcceptSession"),
        (4, "oddity", "NoteOddity"),
        (5, "command", "RunTool"),
    ]
    assert events[4].detail == {
        "request": {"tool_call_id": "call_1", "name": "book_appointment", "arguments": '{"day": "Monday"}'}
    }
    assert [each.at for each in events] == [to_datetime(at - 1), *[to_datetime(at)] * 4]


async def test_events_are_numbered_on_through_all_steps(store: Store, make_call: MakeCall) -> None:
    row = await make_call()
    for revision in range(3):
        await step(store, row.call, revision, commands=[CreateResponse()])
    assert [each.seq for each in await store.calls.events(row.id)] == [1, 2, 3, 4, 5, 6]


async def test_a_step_without_events_still_moves_the_revision(store: Store, make_call: MakeCall) -> None:
    row = await make_call()
    assert await step(store, row.call, 0, facts=[]) == StepRecord(1, ())
    assert await store.calls.events(row.id) == []


async def test_the_end_is_written_with_outcome_and_duration(store: Store, make_call: MakeCall) -> None:
    row = await make_call()
    ended = replace(
        row.call,
        leg=Leg(LegState.ENDED, "CA1"),
        answered_at=100.25,
        ended_at=142.75,
        outcome=Outcome(OutcomeKind.COMPLETED, Blame.CALLEE, "The person hung up."),
    )
    await step(store, ended, 0)
    saved = await store.calls.get(row.id)
    assert saved is not None
    assert saved.call.outcome == Outcome(OutcomeKind.COMPLETED, Blame.CALLEE, "The person hung up.")
    assert (saved.duration_s, saved.answered_at, saved.ended_at) == (42.5, to_datetime(100.25), to_datetime(142.75))


async def test_an_old_revision_is_refused_and_writes_nothing(store: Store, make_call: MakeCall) -> None:
    row = await make_call()
    first = await step(store, row.call, 0, commands=[AcceptSession("rtc_1")])
    with pytest.raises(Superseded) as refused:
        await step(
            store,
            replace(row.call, leg=Leg(LegState.RINGING, "CA9")),
            0,
            facts=[(2.0, DialAccepted("CA9"))],
            commands=[CreateResponse()],
            done=first.command_ids,
            inbox_id=inbox_id("twilio", "SM1"),
        )
    assert (refused.value.call_id, refused.value.revision) == (row.id, 0)
    [saved] = await store.calls.live()
    assert saved.call == row.call
    assert [each.name for each in await store.calls.events(row.id)] == ["CallerSpeechStarted", "AcceptSession"]
    assert saved.undone == (UndoneCommand(first.command_ids[0], AcceptSession("rtc_1")),)
    assert not await store.inbox.has(inbox_id("twilio", "SM1"))


async def test_a_call_that_does_not_exist_cannot_be_stepped(store: Store) -> None:
    with pytest.raises(Superseded):
        await step(store, new_call(), 0)


async def test_of_many_who_hold_one_revision_one_wins(store: Store, make_call: MakeCall) -> None:
    row = await make_call()
    results = await asyncio.gather(
        *(step(store, row.call, 0, commands=[CreateResponse()]) for _ in range(20)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, StepRecord) for result in results) == 1
    assert sum(isinstance(result, Superseded) for result in results) == 19
    assert len(await store.calls.events(row.id)) == 2


async def test_steps_of_many_calls_at_once_do_not_mix(store: Store, make_call: MakeCall) -> None:
    rows = [await make_call() for _ in range(8)]

    async def live(call: Call) -> None:
        for revision in range(10):
            await step(store, call, revision, commands=[AcceptSession(call.id)])

    await asyncio.gather(*(live(row.call) for row in rows))
    for row in rows:
        events = await store.calls.events(row.id)
        assert [each.seq for each in events] == list(range(1, 21))
        assert {each.detail["engine_call_id"] for each in events if each.kind == "command"} == {row.id}


async def test_a_providers_message_counts_once(store: Store, make_call: MakeCall) -> None:
    row = await make_call()
    message = inbox_id("openai", "wh_1")
    first = await store.calls.record_step(
        row.call, 0, facts=[OFFER], commands=[AcceptSession("rtc_1")], at=1.0, inbox_id=message
    )
    again = await store.calls.record_step(
        row.call, 1, facts=[OFFER], commands=[AcceptSession("rtc_1")], at=2.0, inbox_id=message
    )
    assert isinstance(first, StepRecord)
    assert again == Duplicate(message)
    saved = await store.calls.get(row.id)
    assert saved is not None
    assert saved.revision == 1
    assert len(await store.calls.events(row.id)) == 2


async def test_a_message_that_arrives_twice_at_once_counts_once(store: Store, make_call: MakeCall) -> None:
    rows = [await make_call() for _ in range(6)]
    message = inbox_id("openai", "wh_1")
    results = await asyncio.gather(
        *(store.calls.record_step(row.call, 0, facts=[OFFER], commands=[], at=1.0, inbox_id=message) for row in rows)
    )
    assert sorted(type(result).__name__ for result in results) == ["Duplicate"] * 5 + ["StepRecord"]


async def test_commands_wait_until_they_are_done(store: Store, make_call: MakeCall) -> None:
    row = await make_call()
    first = await step(store, row.call, 0, commands=[AcceptSession("rtc_1"), AttachSideband("rtc_1")])
    second = await step(store, row.call, 1, commands=[RunTool(TOOL)], done=first.command_ids[:1])
    [saved] = await store.calls.live()
    assert [each.command for each in saved.undone] == [AttachSideband("rtc_1"), RunTool(TOOL)]

    await store.calls.commands_done([*first.command_ids, *second.command_ids], 3.0)
    [saved] = await store.calls.live()
    assert saved.undone == ()


async def test_a_step_costs_few_statements(store: Store, make_call: MakeCall) -> None:
    row = await make_call()
    with counted() as statements:
        record = await step(store, row.call, 0)
    assert len(statements) == 2
    with counted() as statements:
        await step(store, row.call, record.revision, commands=[CreateResponse(), RunTool(TOOL)])
    assert len(statements) == 2
    with counted() as statements:
        done = (f"{row.id}:3", f"{row.id}:4")
        await step(store, row.call, 2, commands=[CreateResponse()], done=done, inbox_id=inbox_id("openai", "wh_1"))
    assert len(statements) == 4


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_db: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


PROCESS = """
import asyncio, sys
from aivoicecaller.calls.commands import CreateResponse
from aivoicecaller.calls.events import CallerSpeechStarted
from aivoicecaller.store import open_store

async def main(address, call_id, steps):
    async with await open_store(address) as store:
        row = await store.calls.get(call_id)
        for revision in range(steps):
            await store.calls.record_step(
                row.call, revision, facts=[(1.0, CallerSpeechStarted())], commands=[CreateResponse()], at=1.0
            )
            print(revision + 1, flush=True)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


async def other_process(address: str | Path, call_id: str, steps: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROCESS, str(address), call_id, str(steps), stdout=asyncio.subprocess.PIPE
    )


async def test_two_processes_share_a_record(store: Store, address: str | Path, make_call: MakeCall) -> None:
    ours, theirs = await make_call(), await make_call()
    process = await other_process(address, theirs.id, 50)
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readline(), 20)
    for revision in range(50):
        await step(store, ours.call, revision)
    await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    assert [row.revision for row in await store.calls.live()] == [50, 50]


async def test_a_step_that_was_answered_survives_a_kill(
    address: str | Path, store: Store, agent: AgentVersion, clock: ManualClock
) -> None:
    row = await store.calls.create(new_row(new_call(), agent, clock))
    process = await other_process(address, row.id, 1_000_000)
    assert process.stdout is not None
    seen = 0
    while seen < 30:
        seen = int(await asyncio.wait_for(process.stdout.readline(), 20))
    process.kill()
    rest = await asyncio.wait_for(process.stdout.read(), 20)
    await process.wait()
    seen = max([seen, *(int(line) for line in rest.splitlines(keepends=True) if line.endswith(b"\n"))])

    async with await open_store(address) as store_after:
        [saved] = await store_after.calls.live()
        events = await store_after.calls.events(row.id)
    # The last one may have been written and its answer lost.
    assert saved.revision in (seen, seen + 1)
    assert [each.seq for each in events] == list(range(1, 2 * saved.revision + 1))
    assert len(saved.undone) == saved.revision
