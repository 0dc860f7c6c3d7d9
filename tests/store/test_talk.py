"""What was said and done in a call: transcript, gaps, tool calls, recordings."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from aivoicecaller.calls.commands import RunTool
from aivoicecaller.calls.events import DialUncertain, ToolRequest
from aivoicecaller.calls.model import Leg, LegState
from aivoicecaller.calls.outcome import Blame, Outcome, OutcomeKind
from aivoicecaller.calls.transcript import Role, Source, TranscriptItem
from aivoicecaller.clock import ManualClock, to_datetime
from aivoicecaller.store import Store
from aivoicecaller.store.recordings import AwaitedRecording
from aivoicecaller.store.tool_calls import ToolCall
from aivoicecaller.store.transcripts import Gap

from .conftest import MakeCall, new_call


def said(item_id: str, text: str, **more: object) -> TranscriptItem:
    return replace(TranscriptItem(item_id, Role.AGENT, text), **more)  # type: ignore[arg-type]


async def test_an_item_is_saved_over_what_was_saved_of_it(store: Store, make_call: MakeCall) -> None:
    row = await make_call()
    await store.transcripts.save(row.id, [(0, said("a", "Hel"))])
    whole = said("a", "Hello, „Grüße“ 🙂", at_ms=40, final=True, interrupted=True, source=Source.SCRIPTED)
    await store.transcripts.save(row.id, [(0, whole)])
    assert await store.transcripts.items(row.id) == [whole]


async def test_items_are_read_in_speaking_order(store: Store, make_call: MakeCall) -> None:
    row, other = await make_call(), await make_call()
    await store.transcripts.save(row.id, [(0, said("a", "One.")), (1, said("c", "Three."))])
    await store.transcripts.save(row.id, [(1, said("b", "Two.")), (2, said("c", "Three."))])
    await store.transcripts.save(other.id, [(0, said("a", "Another call."))])
    await store.transcripts.save(row.id, [])
    assert [item.text for item in await store.transcripts.items(row.id)] == ["One.", "Two.", "Three."]


HOSTILE = "half \ud83d a character, \0 nothing, \u202e turned, '; DROP TABLE calls; -- 🙂"
TAMED = "half ? a character, \ufffd nothing, \u202e turned, '; DROP TABLE calls; -- 🙂"


async def test_text_that_is_no_text_is_written_all_the_same(store: Store, make_call: MakeCall) -> None:
    """A model or a caller's network may send anything; the call must not break on it."""
    row = await make_call()
    outcome = Outcome(OutcomeKind.FAILED, Blame.ENGINE, HOSTILE)
    request = ToolRequest("call_1", HOSTILE, HOSTILE)
    await store.calls.record_step(
        replace(row.call, outcome=outcome),
        0,
        facts=[(1.0, DialUncertain(HOSTILE))],
        commands=[RunTool(request)],
        at=1.0,
    )
    await store.transcripts.save(row.id, [(0, said("a", HOSTILE))])
    await store.tool_calls.start(row.id, "call_1", HOSTILE, {"note": HOSTILE}, 0)
    await store.tool_calls.finish(row.id, "call_1", "done", HOSTILE, 1)

    detail = await store.calls.detail(row.id)
    assert detail is not None
    assert detail.transcript[0].text == TAMED
    assert (detail.tool_calls[0].name, detail.tool_calls[0].output) == (TAMED, TAMED)
    # JSON has a way to write NUL.
    in_json = TAMED.replace("\ufffd", "\0")
    assert detail.tool_calls[0].arguments == {"note": in_json}
    assert detail.row.call.outcome == replace(outcome, detail=in_json)
    [live] = await store.calls.live()
    assert live.undone[0].command == RunTool(ToolRequest("call_1", in_json, in_json))


async def test_a_gap_is_open_until_it_is_closed(store: Store, make_call: MakeCall) -> None:
    row = await make_call()

    async def gaps() -> list[Gap]:
        detail = await store.calls.detail(row.id)
        assert detail is not None
        return detail.gaps

    await store.transcripts.close_gap(row.id, 500)
    assert await gaps() == []
    await store.transcripts.open_gap(row.id, 1000)
    await store.transcripts.open_gap(row.id, 1500)
    assert await gaps() == [Gap(1000, None)]
    await store.transcripts.close_gap(row.id, 2000)
    await store.transcripts.open_gap(row.id, 9000)
    await store.transcripts.close_gap(row.id, 9900)
    assert await gaps() == [Gap(1000, 2000), Gap(9000, 9900)]


async def test_a_tool_call_starts_once_and_its_first_answer_stays(store: Store, make_call: MakeCall) -> None:
    row = await make_call()
    arguments = {"day": "Montag", "persons": 2, "notes": [None, True, 1.5]}
    starts = await asyncio.gather(
        *(store.tool_calls.start(row.id, "call_1", "book_appointment", arguments, 3000) for _ in range(5))
    )
    assert sorted(starts) == [False] * 4 + [True]
    assert await store.tool_calls.get(row.id, "call_1") == ToolCall("call_1", "book_appointment", arguments, 3000)

    assert await store.tool_calls.finish(row.id, "call_1", "done", "Booked.", 120)
    assert not await store.tool_calls.finish(row.id, "call_1", "failed", "Lost.", 999)
    assert not await store.tool_calls.finish(row.id, "call_2", "done", "Nobody asked.", 1)
    assert await store.tool_calls.get(row.id, "call_1") == ToolCall(
        "call_1", "book_appointment", arguments, 3000, "done", "Booked.", 120
    )
    assert await store.tool_calls.get(row.id, "call_2") is None


async def test_a_recording_told_of_twice_at_once_is_one(store: Store, make_call: MakeCall, clock: ManualClock) -> None:
    row = await make_call()
    told = await asyncio.gather(*(store.recordings.ready(row.id, "RE1", 2, 12.5, clock.now()) for _ in range(6)))
    assert len(set(told)) == 1
    assert (told[0].state, told[0].channels, told[0].duration_s) == ("ready", 2, 12.5)
    assert await store.recordings.get(told[0].id) == told[0]
    assert await store.recordings.get("rec_1") is None


async def test_a_recording_takes_the_place_of_the_one_expected(
    store: Store, make_call: MakeCall, clock: ManualClock
) -> None:
    row = await make_call()
    expected = await store.recordings.expect(row.id, clock.now())
    assert await store.recordings.expect(row.id, clock.now()) == expected
    assert await store.recordings.expected(row.id)
    ready = await store.recordings.ready(row.id, "RE1", 2, 12.5, clock.now())
    assert ready.id == expected.id
    assert not await store.recordings.expected(row.id)
    another = await store.recordings.ready(row.id, "RE2", 1, 3.0, clock.now())
    assert another.id != ready.id
    assert await store.recordings.expect(row.id, clock.now()) in (ready, another)


async def test_a_recording_that_was_given_up_may_still_come(
    store: Store, make_call: MakeCall, clock: ManualClock
) -> None:
    row = await make_call()
    expected = await store.recordings.expect(row.id, clock.now())
    await store.recordings.unavailable(row.id)
    detail = await store.calls.detail(row.id)
    assert detail is not None
    assert detail.recording_state == "unavailable"
    ready = await store.recordings.ready(row.id, "RE1", 2, 12.5, clock.now())
    assert ready.id == expected.id
    await store.recordings.unavailable(row.id)
    detail = await store.calls.detail(row.id)
    assert detail is not None
    assert detail.recording_state == "ready"


async def test_recordings_of_ended_calls_are_awaited(store: Store, make_call: MakeCall, clock: ManualClock) -> None:
    over = replace(new_call(), leg=Leg(LegState.ENDED, "CA1"), ended_at=clock.now())
    waiting, done, live = await make_call(over), await make_call(replace(over, id=new_call().id)), await make_call()
    for row in (waiting, done, live):
        await store.recordings.expect(row.id, clock.now())
    await store.recordings.ready(done.id, "RE1", 2, 1.0, clock.now())
    assert await store.recordings.awaited() == [AwaitedRecording(waiting.id, "CA1", to_datetime(clock.now()))]
