"""Calls: admitted, found, paged, recovered and read with all that hangs on them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from aivoicecaller.agents.model import AgentVersion
from aivoicecaller.calls.commands import AcceptSession, CreateResponse, HangUpSession
from aivoicecaller.calls.events import LegEnd, LegEnded, Started
from aivoicecaller.calls.model import Call, Leg, LegState, Session, SessionState
from aivoicecaller.calls.outcome import Blame, Outcome, OutcomeKind
from aivoicecaller.calls.transcript import Role, Source, TranscriptItem
from aivoicecaller.clock import ManualClock, to_datetime
from aivoicecaller.ids import new_id
from aivoicecaller.store import Store, open_store
from aivoicecaller.store.errors import TooManyLiveCalls
from aivoicecaller.store.steps import StepRecord
from aivoicecaller.store.tool_calls import ToolCall
from aivoicecaller.store.transcripts import Gap

from .conftest import MakeCall, new_call, new_row

CAP = 10


def ended(call: Call) -> Call:
    return replace(
        call,
        leg=Leg(LegState.ENDED, call.leg.carrier_call_sid),
        outcome=Outcome(OutcomeKind.BUSY, Blame.CALLEE, "The line was busy."),
        ended_at=1_795_000_100.0,
    )


async def test_a_call_is_read_back_as_it_was_written(store: Store, agent: AgentVersion, clock: ManualClock) -> None:
    clock.advance(0.123456)
    call = new_call()
    row = await store.calls.create(new_row(call, agent, clock))
    assert row == await store.calls.get(call.id)
    assert row.call == call
    assert row.id == call.id
    assert (row.revision, row.from_number, row.to_number) == (0, "+12025550199", "+12025550100")
    assert (row.agent_id, row.agent_name, row.agent_version) == (agent.agent_id, "demo", 1)
    assert (row.sandbox, row.variables, row.duration_s) == (True, {"name": "Ada"}, 0.0)
    assert row.started_at == to_datetime(clock.now())
    assert row.started_at.utcoffset() is not None
    assert row.started_at.microsecond == 123456
    assert (row.answered_at, row.ended_at) == (None, None)


async def test_a_refused_call_is_ended_from_the_first(store: Store, make_call: MakeCall) -> None:
    row = await make_call(ended(new_call()))
    assert row.call.status == "ended"
    assert row.ended_at == to_datetime(1_795_000_100.0)
    assert await store.calls.count_live() == 0


async def test_what_is_not_there_is_none(store: Store) -> None:
    call_id = new_id("call")
    assert await store.calls.get(call_id) is None
    assert await store.calls.by_carrier_sid("CA1") is None
    assert await store.calls.by_engine_id("rtc_1") is None
    assert await store.calls.detail(call_id) is None
    assert await store.calls.events(call_id) == []
    assert await store.calls.last_event_at(call_id) is None


async def test_a_call_is_found_by_the_providers_ids(store: Store, make_call: MakeCall) -> None:
    await make_call()
    call = replace(new_call(), leg=Leg(LegState.ANSWERED, "CA1"), session=Session(SessionState.TALKING, "rtc_1"))
    row = await make_call(call)
    assert await store.calls.by_carrier_sid("CA1") == row
    assert await store.calls.by_engine_id("rtc_1") == row
    assert await store.calls.by_carrier_sid("CA2") is None


async def test_the_cap_holds_however_many_ask_at_once(
    store: Store, address: str | Path, agent: AgentVersion, clock: ManualClock
) -> None:
    """Two processes' worth of askers: neither sees what the other has not committed."""
    async with await open_store(address) as other:
        results = await asyncio.gather(
            *(
                each.calls.create(new_row(new_call(), agent, clock), max_live=CAP)
                for each in (store, other)
                for _ in range(100)
            ),
            return_exceptions=True,
        )
    refused = [result for result in results if isinstance(result, TooManyLiveCalls)]
    assert len(results) - len(refused) == CAP == await store.calls.count_live()
    assert len(refused) == 190
    assert refused[0].cap == CAP


async def test_a_call_that_ends_makes_room(store: Store, make_call: MakeCall) -> None:
    row = await make_call(max_live=1)
    with pytest.raises(TooManyLiveCalls):
        await make_call(max_live=1)
    await store.calls.record_step(ended(row.call), 0, facts=[], commands=[], at=1.0)
    await make_call(max_live=1)


@pytest.mark.parametrize("limit", [1, 3, 7, 8])
async def test_pages_give_every_call_once_newest_first(store: Store, make_call: MakeCall, limit: int) -> None:
    rows = [await make_call(ended(new_call()) if number % 3 == 0 else None) for number in range(7)]
    newest_first = sorted(rows, key=lambda row: row.id, reverse=True)
    for live, wanted in (
        (None, newest_first),
        (True, [row for row in newest_first if not row.call.ended]),
        (False, [row for row in newest_first if row.call.ended]),
    ):
        read, cursor = await store.calls.page(limit, live=live)
        while cursor is not None:
            more, cursor = await store.calls.page(limit, cursor, live)
            assert 0 < len(more) <= limit
            read += more
        assert read == wanted


async def test_pages_stay_in_place_while_calls_are_added(store: Store, make_call: MakeCall) -> None:
    # Ids sort by the millisecond they were made in, so make them in order here.
    rows = [await make_call(replace(new_call(), id=f"call_{number:032x}")) for number in range(1, 7)]
    first, cursor = await store.calls.page(3)
    await make_call(replace(new_call(), id=f"call_{99:032x}"))
    second, _ = await store.calls.page(3, cursor)
    assert [row.id for row in first + second] == [row.id for row in reversed(rows)]


async def test_live_calls_come_with_what_is_still_to_be_done(store: Store, make_call: MakeCall) -> None:
    over, first, second = [await make_call() for _ in range(3)]
    await store.calls.record_step(ended(over.call), 0, facts=[], commands=[], at=1.0)
    record = await store.calls.record_step(
        first.call, 0, facts=[(1.0, Started())], commands=[AcceptSession("rtc_1"), CreateResponse("Hello.")], at=1.0
    )
    assert isinstance(record, StepRecord)
    await store.calls.record_step(first.call, 1, facts=[], commands=[], at=2.0, done=record.command_ids[:1])
    rows = await store.calls.live()
    assert [row.id for row in rows] == sorted([first.id, second.id])
    undone = {row.id: [(each.id, each.command) for each in row.undone] for row in rows}
    assert undone == {first.id: [(record.command_ids[1], CreateResponse("Hello."))], second.id: []}


async def test_an_ended_call_with_work_left_is_unfinished(store: Store, make_call: MakeCall) -> None:
    talking, ending, over = [await make_call() for _ in range(3)]
    record = await store.calls.record_step(
        ended(ending.call),
        0,
        facts=[(1.0, LegEnded("CA1", LegEnd.COMPLETED))],
        commands=[HangUpSession("rtc_1")],
        at=1.0,
    )
    await store.calls.record_step(ended(over.call), 0, facts=[], commands=[], at=1.0)
    assert isinstance(record, StepRecord)
    rows = {row.id: row for row in await store.calls.unfinished()}
    assert set(rows) == {talking.id, ending.id}
    assert [each.command for each in rows[ending.id].undone] == [HangUpSession("rtc_1")]

    await store.calls.commands_done(record.command_ids, 2.0)
    assert [row.id for row in await store.calls.unfinished()] == [talking.id]


async def test_the_last_event_dates_when_somebody_listened(store: Store, make_call: MakeCall) -> None:
    row = await make_call()
    await store.calls.record_step(row.call, 0, facts=[(10.5, Started())], commands=[], at=11.0)
    assert await store.calls.last_event_at(row.id) == to_datetime(10.5)
    await store.calls.record_step(row.call, 1, facts=[], commands=[CreateResponse()], at=12.0)
    assert await store.calls.last_event_at(row.id) == to_datetime(12.0)


async def test_carrier_ids_since_a_time(store: Store, make_call: MakeCall, clock: ManualClock) -> None:
    def dialled(sid: str) -> Call:
        return replace(new_call(), leg=Leg(LegState.RINGING, sid))

    await make_call(dialled("CA1"))
    clock.advance(10)
    since = clock.now()
    await make_call(dialled("CA2"))
    await make_call()
    clock.advance(10)
    await make_call(dialled("CA3"))
    assert await store.calls.carrier_sids_since(since) == {"CA2", "CA3"}


async def test_detail_is_all_that_hangs_on_a_call(store: Store, make_call: MakeCall, clock: ManualClock) -> None:
    row, other = await make_call(), await make_call()
    items = [
        TranscriptItem("item_1", Role.AGENT, "Hello.", 0, True, False, Source.GENERATED),
        TranscriptItem("item_2", Role.CALLER, "Hi, it is", 1200, False, True, Source.SCRIPTED),
    ]
    for call_id in (row.id, other.id):
        await store.transcripts.save(call_id, list(enumerate(items)))
        await store.tool_calls.start(call_id, "call_1", "book_appointment", {"day": "Monday"}, 3000)
        await store.transcripts.open_gap(call_id, 5000)
    recording = await store.recordings.expect(row.id, clock.now())

    detail = await store.calls.detail(row.id)
    assert detail is not None
    assert detail.row == row
    assert detail.transcript == items
    assert detail.tool_calls == [ToolCall("call_1", "book_appointment", {"day": "Monday"}, 3000)]
    assert detail.gaps == [Gap(5000, None)]
    assert (detail.recordings, detail.recording_state) == ([recording], "expected")
    empty = await store.calls.detail(other.id)
    assert empty is not None
    assert empty.recording_state == "none"


@asynccontextmanager
async def planned(store: Store) -> AsyncGenerator[list[str]]:
    """How SQLite goes about each statement run inside: the steps of all plans."""
    asked: list[tuple[str, Any]] = []

    def note(_db: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    steps: list[str] = []
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield steps
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert asked
    for statement, parameters in asked:
        plan = await store.database.read(
            lambda db, s=statement, p=parameters: db.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", p).all()
        )
        steps += [str(row[-1]) for row in plan]


async def test_questions_asked_often_do_not_read_the_whole_history(sqlite_address: Path) -> None:
    async with await open_store(sqlite_address) as store:
        async with planned(store) as steps:
            await store.calls.count_live()
            await store.calls.live()
            await store.calls.unfinished()
            await store.calls.by_carrier_sid("CA1")
            await store.calls.by_engine_id("rtc_1")
            await store.calls.carrier_sids_since(1.0)
            await store.recordings.awaited()
        assert [step for step in steps if step.startswith("SCAN") and "USING" not in step] == []
        assert [step for step in steps if "calls USING" in step]


async def test_a_page_is_read_in_its_order(sqlite_address: Path) -> None:
    async with await open_store(sqlite_address) as store:
        async with planned(store) as steps:
            await store.calls.page(50)
            await store.calls.page(50, "call_9")
            await store.calls.page(50, "call_9", live=True)
        assert [step for step in steps if "TEMP B-TREE" in step] == []
        assert any("ix_calls_live" in step for step in steps)
