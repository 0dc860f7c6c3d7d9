"""The sideband by the official SDK: when one may attach, what it may ask, and how it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidMessage, InvalidStatus

from aivoicecaller.sandbox import trunk
from aivoicecaller.sandbox.faults import Fault

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def refused_with(connecting) -> int:
    with pytest.raises(InvalidStatus) as refused:
        await connecting
    return refused.value.response.status_code


async def test_there_is_nothing_to_attach_to_before_accept_and_after_the_end(sandbox, dial, attach):
    line = await dial(sandbox)
    call_id = await sandbox.call_id(line)
    with pytest.raises(InvalidStatus) as refused:
        await attach(sandbox, call_id)
    assert refused.value.response.status_code == 404
    assert b'"call_id_not_found"' in refused.value.response.body
    await sandbox.client.realtime.calls.accept(call_id, type="realtime")
    await attach(sandbox, call_id)
    await line.message(trunk.Answer)
    await line.send(trunk.Bye())
    await sandbox.until(lambda: sandbox.engine.live_calls() == 0)
    assert await refused_with(attach(sandbox, call_id)) == 404


async def test_a_wrong_key_does_not_attach(make_call, attach):
    call = await make_call()
    stranger = replace(call.sandbox, client=call.sandbox.client.with_options(api_key="sk-somebody-elses-key"))
    assert await refused_with(attach(stranger, call.id)) == 401


async def test_nothing_is_said_on_attaching_and_an_update_is_answered_with_everything(make_call):
    call = await make_call(instructions="You are Ava.", audio={"output": {"voice": "marin"}})
    await call.desk.send("session.update", session={"type": "realtime", "audio": {"output": {"speed": 1.2}}})
    updated = await call.desk.event("session.updated")
    assert call.desk.types() == ["session.updated"]
    session = updated["session"]
    assert session["instructions"] == "You are Ava."
    assert session["audio"]["output"]["voice"] == "marin", "what was not sent stays"
    assert session["audio"]["output"]["speed"] == 1.2
    assert session["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 500


async def test_null_switches_off_and_an_object_is_replaced_whole(make_call):
    call = await make_call(
        tools=[{"type": "function", "name": "end_call"}],
        audio={
            "input": {
                "transcription": {"model": "gpt-realtime-whisper"},
                "noise_reduction": {"type": "near_field", "strength": 0.7},
                "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
            }
        },
    )
    change = {
        "transcription": None,
        "noise_reduction": {"type": "far_field"},
        "turn_detection": {"type": "server_vad", "silence_duration_ms": 700},
    }
    await call.desk.send("session.update", session={"type": "realtime", "tools": [], "audio": {"input": change}})
    session = (await call.desk.event("session.updated"))["session"]
    assert session["tools"] == []
    heard = session["audio"]["input"]
    assert heard["transcription"] is None
    assert heard["noise_reduction"] == {"type": "far_field", "strength": 0.7}, "documented: strength stays"
    assert heard["turn_detection"]["silence_duration_ms"] == 700
    assert "eagerness" not in heard["turn_detection"]


REFUSED = [
    ({"type": "session.sing"}, "invalid_value", "type"),
    ({"type": "response.create", "foo": 1}, "unknown_parameter", "foo"),
    ({"type": "session.update", "session": {"instructions": "x"}}, "missing_required_parameter", "session.type"),
    (
        {"type": "session.update", "session": {"type": "realtime", "model": "gpt-realtime-2"}},
        "invalid_value",
        "session.model",
    ),
    (
        {
            "type": "session.update",
            "session": {
                "type": "realtime",
                "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.5}}},
            },
        },
        "unknown_parameter",
        "session.audio.input.turn_detection.threshold",
    ),
    ({"type": "response.cancel"}, "response_cancel_not_active", None),
    ({"type": "conversation.item.retrieve", "item_id": "item_x"}, "item_retrieve_invalid_item_id", "item_id"),
    ({"type": "conversation.item.delete", "item_id": "item_x"}, "item_delete_invalid_item_id", "item_id"),
    ({"type": "input_audio_buffer.append", "audio": "AAAA"}, "invalid_value", "type"),
    ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty", None),
    (
        {"type": "conversation.item.create", "item": {"type": "message", "role": "user"}},
        "missing_required_parameter",
        "item.content",
    ),
    (
        {
            "type": "conversation.item.create",
            "item": {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "audio": "AA"}]},
        },
        "invalid_value",
        "item.content[0].type",
    ),
]


@pytest.mark.parametrize(("event", "code", "param"), REFUSED, ids=lambda value: str(value)[:50])
async def test_a_wrong_event_is_answered_with_an_error_that_names_it(make_call, event, code, param):
    call = await make_call()
    await call.desk.connection.send({**event, "event_id": "evt_mine"})
    error = (await call.desk.event("error"))["error"]
    assert (error["code"], error["param"], error["event_id"]) == (code, param, "evt_mine")
    assert error["type"] == "invalid_request_error"
    await call.desk.send("session.update", session={"type": "realtime"})
    await call.desk.event("session.updated")


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "{}"])
async def test_what_is_no_event_is_answered_with_an_error(make_call, text):
    call = await make_call()
    await call.desk.connection.send_raw(text)
    assert (await call.desk.event("error"))["error"]["event_id"] is None


async def test_items_are_added_in_place_read_back_and_deleted(make_call):
    desk = (await make_call()).desk

    async def add(item_id: str, **where: str) -> dict:
        content = [{"type": "input_text", "text": f"I am {item_id}."}]
        item = {"id": item_id, "type": "message", "role": "user", "content": content}
        await desk.send("conversation.item.create", item=item, **where)
        return await desk.event("conversation.item.done", len(desk.all("conversation.item.done")) + 1)

    assert (await add("a"))["previous_item_id"] is None
    assert (await add("c"))["previous_item_id"] == "a"
    assert (await add("b", previous_item_id="a"))["previous_item_id"] == "a"
    assert (await add("z", previous_item_id="root"))["previous_item_id"] is None
    await desk.send("conversation.item.retrieve", item_id="b")
    assert (await desk.event("conversation.item.retrieved"))["item"]["content"][0]["text"] == "I am b."
    await desk.send("conversation.item.delete", item_id="b")
    assert (await desk.event("conversation.item.deleted"))["item_id"] == "b"
    await desk.send("conversation.item.retrieve", item_id="b")
    await desk.event("error")
    await desk.send("conversation.item.create", item={"id": "a", "type": "message", "role": "user", "content": []})
    assert (await desk.event("error", 2))["error"]["code"] == "item_create_duplicate_item_id"


async def test_the_socket_breaks_off_without_a_word_when_the_caller_hangs_up(make_call):
    call = await make_call()
    await call.line.send(trunk.Bye())
    await call.sandbox.until(lambda: call.desk.ended is not None)
    assert isinstance(call.desk.ended, ConnectionClosedError)
    assert call.desk.ended.rcvd is None, "there was no close frame"
    assert call.desk.raw == [], "and no last event"


async def test_a_second_sideband_takes_the_place_of_the_first(make_call, attach):
    call = await make_call()
    second = await attach(call.sandbox, call.id)
    await call.sandbox.until(lambda: call.desk.ended is not None)
    assert call.desk.ended.rcvd.code == 4000
    await second.send("session.update", session={"type": "realtime"})
    await second.event("session.updated")


async def test_a_lost_sideband_can_be_attached_again_and_nothing_is_repeated(make_call, attach):
    call = await make_call()
    await call.desk.send("conversation.item.create", item=user("Hello."))
    item = (await call.desk.event("conversation.item.done"))["item"]
    await call.desk.connection.close()
    await call.line.quiet(200)
    again = await attach(call.sandbox, call.id)
    await again.send("conversation.item.retrieve", item_id=item["id"])
    assert (await again.event("conversation.item.retrieved"))["item"] == item
    assert again.types() == ["conversation.item.retrieved"]


def user(text: str) -> dict:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


# --- faults ------------------------------------------------------------------------------------------------


async def test_attaching_can_fail_for_a_while(make_call, attach):
    call = await make_call()
    call.sandbox.faults.arm(Fault("engine.sideband.attach", "status", status=404))
    assert await refused_with(attach(call.sandbox, call.id)) == 404
    call.sandbox.faults.arm(Fault("engine.sideband.attach", "close"))
    with pytest.raises((OSError, EOFError, InvalidMessage)):
        await attach(call.sandbox, call.id)
    await attach(call.sandbox, call.id)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("duplicate", ["a", "a", "b", "c"]),
        ("drop", ["b", "c"]),
        ("reorder", ["b", "a", "c"]),
        ("delay", ["b", "c", "a"]),
    ],
)
async def test_events_can_be_lost_doubled_and_out_of_order(make_call, kind, expected):
    call = await make_call()
    desk = call.desk
    for name in "abc":
        await desk.send("conversation.item.create", item={"id": name, **user(name)})
    await desk.event("conversation.item.done", 3)
    call.sandbox.faults.arm(Fault("engine.sideband.event", kind, seconds=10))
    for name in "abc":
        await desk.send("conversation.item.retrieve", item_id=name)
    await call.sandbox.until(lambda: len(desk.all("conversation.item.retrieved")) == len(expected))
    assert [event["item"]["id"] for event in desk.all("conversation.item.retrieved")] == expected


async def test_the_socket_can_be_dropped_at_an_event_and_the_call_goes_on(make_call, attach):
    call = await make_call()
    call.sandbox.faults.arm(Fault("engine.sideband.event", "close"))
    await call.desk.send("session.update", session={"type": "realtime"})
    await call.sandbox.until(lambda: call.desk.ended is not None)
    assert isinstance(call.desk.ended, ConnectionClosedError)
    await call.line.quiet(100)
    await attach(call.sandbox, call.id)
