"""Talks over real audio: the SDK steers, a scripted caller speaks, and every event keeps to the published shapes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from aivoicecaller.sandbox import dsp, trunk
from aivoicecaller.sandbox.speech import Speech

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPECIFICATION = Path(__file__).parents[4] / "shared" / "specs" / "openai_realtime_openapi.json"

BOOK = {
    "type": "function",
    "name": "book_appointment",
    "description": "Books an appointment.",
    "parameters": {
        "type": "object",
        "properties": {"day": {"type": "string"}, "time": {"type": "string"}, "name": {"type": "string"}},
        "required": ["day", "time"],
    },
}
END = {"type": "function", "name": "end_call", "description": "Ends the call.", "parameters": {"type": "object"}}
AUDIO = {
    "input": {
        "turn_detection": {"type": "semantic_vad"},
        "transcription": {"model": "gpt-realtime-whisper"},
    },
    "output": {"voice": "marin"},
}
TRANSCRIBED = "conversation.item.input_audio_transcription.completed"
GREETING = 'Say exactly: "Hello, this is Ava. How can I help you?"'


def stopped(desk: Any, number: int):
    """The `number`th sound has been heard to its end."""
    return lambda: len(desk.all("output_audio_buffer.stopped")) >= number


def level_at(line: Any, start_ms: int, end_ms: int) -> float:
    return dsp.level_db(dsp.mulaw_decode(bytes(line.heard[start_ms * 8 : end_ms * 8])))


async def greeted(make_call, **session: Any):
    """A call whose greeting is over."""
    call = await make_call(**{"audio": AUDIO, **session})
    await call.desk.send("response.create", response={"instructions": GREETING})
    await call.line.wait(stopped(call.desk, 1))
    return call


@pytest.fixture(scope="module")
def check_events():
    """Returns a function that holds server events against the published description."""
    if not SPECIFICATION.exists():
        pytest.skip("The published API description does not lie beside the repository.")
    document = json.loads(SPECIFICATION.read_text())
    schemas = document["components"]["schemas"]
    validators = {}
    for reference in schemas["RealtimeServerEvent"]["anyOf"]:
        name = reference["$ref"].rsplit("/", 1)[1]
        kind = schemas[name]["properties"]["type"]
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        validators[kind.get("const") or kind["enum"][0]] = jsonschema.Draft202012Validator(schema)

    def check(events: list[dict[str, Any]]) -> None:
        for event in events:
            # The description does not say which fields may be null; the service sends nulls.
            validators[event["type"]].validate(without_nulls(event))

    return check


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


async def test_a_whole_talk(make_call, check_events):
    """Greeting, wish, day and time, tool, confirmation, goodbye."""
    call = await greeted(make_call, instructions="You are Ava.", tools=[BOOK, END])
    desk, line = call.desk, call.line
    await line.say("Hello, this is Amelia Hart. I would like to book an appointment, please.")
    await line.wait(stopped(desk, 2))
    await line.say("Next Tuesday at three in the afternoon, please.")
    await line.wait(lambda: len(desk.all("response.done")) == 3)
    [asked] = desk.all("response.function_call_arguments.done")
    output = {"type": "function_call_output", "call_id": asked["call_id"], "output": '{"message": "It is the 24th."}'}
    await desk.send("conversation.item.create", item=output)
    await desk.send("response.create")
    await line.wait(stopped(desk, 3))
    await line.say("No, thank you. That is all.")
    await line.wait(stopped(desk, 4))
    await line.quiet(1000)
    assert desk.agent_said() == [
        "Hello, this is Ava. How can I help you?",
        "Sure. Please tell me the day and the time.",
        "It is the 24th. Is there anything else I can do for you?",
        "Thank you for calling. Goodbye.",
    ]
    assert desk.caller_said() == [
        "Hello, this is Amelia Hart. I would like to book an appointment, please.",
        "Next Tuesday at three in the afternoon, please.",
        "No, thank you. That is all.",
    ]
    assert {event["source"] for event in desk.all(TRANSCRIBED)} == {"scripted"}
    first, last = desk.all("response.function_call_arguments.done")
    assert (first["name"], json.loads(first["arguments"])) == (
        "book_appointment",
        {"day": "Next Tuesday", "time": "three in the afternoon", "name": "Amelia Hart"},
    )
    assert last["name"] == "end_call"
    assert 15_000 < line.ms < 40_000
    assert not desk.all("error")
    assert not [kind for kind in desk.types() if kind == "response.output_audio.delta"]
    check_events(desk.raw)


async def test_the_order_of_a_spoken_response(make_call):
    desk = (await greeted(make_call)).desk
    once = list(dict.fromkeys(desk.types()))
    assert once == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "output_audio_buffer.started",
        "response.output_audio_transcript.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
        "output_audio_buffer.stopped",
    ]
    deltas = [event["delta"] for event in desk.all("response.output_audio_transcript.delta")]
    assert "".join(deltas) == desk.agent_said()[0]
    assert len(deltas) == 9
    [added] = desk.all("response.output_item.added")
    assert added["item"]["content"] == [], "an event shows its moment, not what came later"


async def test_the_order_of_a_callers_turn(make_call):
    call = await greeted(make_call)
    before = len(call.desk.raw)
    await call.line.say("Good morning.")
    await call.line.wait(lambda: call.desk.all(TRANSCRIBED))
    kinds = list(dict.fromkeys(call.desk.types()[before:]))
    assert kinds[:6] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    assert kinds.index(TRANSCRIBED) > kinds.index("response.created"), "recognition is slower than the reply"
    started, ended = (call.desk.all(f"input_audio_buffer.speech_{edge}")[-1] for edge in ("started", "stopped"))
    assert 600 < ended["audio_end_ms"] - started["audio_start_ms"] < 2500
    assert started["item_id"] == ended["item_id"] == call.desk.all(TRANSCRIBED)[0]["item_id"]


async def test_speech_is_on_the_line_when_the_events_say_so(make_call):
    call = await make_call(audio=AUDIO)
    await call.line.quiet(200)
    await call.desk.send("response.create", response={"instructions": GREETING})
    await call.line.wait(lambda: call.desk.all("output_audio_buffer.started"))
    began = call.line.ms
    await call.line.wait(stopped(call.desk, 1))
    ended = call.line.ms
    await call.line.quiet(500)
    assert level_at(call.line, 0, 200) < -70
    assert level_at(call.line, began, ended) > -30
    assert level_at(call.line, ended + 40, ended + 500) < -70


async def test_usage_grows_with_the_talk_and_what_was_read_is_cached(make_call):
    call = await greeted(make_call, instructions="You are Ava. " * 30, tools=[END])
    await call.line.say("Goodbye.")
    await call.line.wait(lambda: len(call.desk.all("response.done")) == 2)
    usages = [event["response"]["usage"] for event in call.desk.all("response.done")]
    for usage in usages:
        details, spoken = usage["input_token_details"], usage["output_token_details"]
        assert usage["input_tokens"] == details["text_tokens"] + details["audio_tokens"]
        assert usage["output_tokens"] == spoken["text_tokens"] + spoken["audio_tokens"]
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    first, second = usages
    assert 95 < first["input_tokens"] < 150, "390 characters of instructions, and the tool"
    assert first["input_token_details"]["cached_tokens"] == 0
    assert second["input_token_details"]["cached_tokens"] == 64
    # The greeting takes about two and a half seconds, at a token each 50 ms; it is read as input next time.
    assert 35 < first["output_token_details"]["audio_tokens"] < 70
    heard = second["input_token_details"]["audio_tokens"] - first["output_token_details"]["audio_tokens"]
    assert 3 < heard < 12, "the caller's word takes half a second, at a token each 100 ms"


async def test_barge_in_silences_the_agent_at_once(make_call, check_events):
    call = await make_call(audio=AUDIO)
    desk, line = call.desk, call.line
    long = "I will now tell you about everything we do, beginning with the history of the house. " * 3
    await desk.send("response.create", response={"instructions": f'Say exactly: "{long.strip()}"'})
    await line.wait(lambda: len(desk.all("response.output_audio_transcript.delta")) >= 6)
    began = line.ms
    await line.say("Sorry to interrupt you.")
    await line.wait(lambda: desk.all("response.done"))
    [started] = desk.all("input_audio_buffer.speech_started")
    [cleared] = desk.all("output_audio_buffer.cleared")
    [truncated] = desk.all("conversation.item.truncated")
    done = desk.all("response.done")[0]["response"]
    assert started["audio_start_ms"] <= began + 200
    assert cleared["response_id"] == done["id"]
    assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "turn_detected")
    assert done["output"][0]["status"] == "incomplete"
    heard = desk.agent_said()[0]
    assert long.startswith(heard.strip())
    assert 6 <= len(heard.split()) < 12
    assert began - 500 < truncated["audio_end_ms"] < began + 300
    assert level_at(line, began + 300, began + 900) < -70, "no sound after the barge-in"
    assert not desk.all("output_audio_buffer.stopped")
    await desk.send("conversation.item.retrieve", item_id=truncated["item_id"])
    item = (await desk.event("conversation.item.retrieved"))["item"]
    assert item["content"][0]["transcript"] == heard
    check_events(desk.raw)


async def test_the_agent_talks_on_when_interrupting_is_off(make_call):
    turn_detection = {"type": "server_vad", "interrupt_response": False, "create_response": False}
    call = await make_call(audio={"input": {"turn_detection": turn_detection}})
    await call.desk.send("response.create", response={"instructions": GREETING})
    await call.line.wait(lambda: call.desk.all("output_audio_buffer.started"))
    await call.line.say("Sorry.")
    await call.line.wait(stopped(call.desk, 1))
    assert call.desk.all("input_audio_buffer.speech_started")
    assert [event["response"]["status"] for event in call.desk.all("response.done")] == ["completed"]
    await call.line.wait(lambda: call.desk.all("input_audio_buffer.committed"))
    await call.line.quiet(1000)
    assert len(call.desk.all("response.created")) == 1, "nor does it answer by itself"


async def test_a_second_response_is_refused_while_one_is_active(make_call):
    call = await make_call(audio=AUDIO)
    await call.desk.send("response.create", response={"instructions": GREETING})
    await call.desk.send("response.create", event_id="evt_second")
    error = (await call.desk.event("error"))["error"]
    assert (error["code"], error["event_id"]) == ("conversation_already_has_active_response", "evt_second")
    await call.line.wait(lambda: call.desk.all("response.done"))
    await call.desk.send("response.create")
    await call.desk.event("response.created", 2)


async def test_cancel_lets_what_was_made_be_heard_and_clear_drops_it(make_call):
    call = await make_call(audio=AUDIO)
    desk, line = call.desk, call.line
    await desk.send("response.create", response={"instructions": GREETING})
    await line.wait(lambda: desk.all("output_audio_buffer.started"))
    await desk.send("response.cancel")
    done = (await desk.event("response.done"))["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "client_cancelled")
    await line.quiet(200)
    assert level_at(line, line.ms - 200, line.ms) > -40
    await desk.send("output_audio_buffer.clear")
    await desk.event("output_audio_buffer.cleared")
    await line.quiet(400)
    assert level_at(line, line.ms - 300, line.ms) < -70
    assert not desk.all("output_audio_buffer.stopped")


async def test_unknown_speech_is_never_given_words(make_call):
    call = await greeted(make_call)
    await call.line.say("Nobody will ever know what I said.", told=False)
    failed = "conversation.item.input_audio_transcription.failed"
    await call.line.wait(lambda: call.desk.all(failed) and stopped(call.desk, 2)())
    assert "does not recognise speech" in call.desk.all(failed)[0]["error"]["message"]
    assert call.desk.caller_said() == []
    assert "cannot turn sound into words" in call.desk.agent_said()[1]


async def test_without_transcription_there_is_none(make_call):
    call = await greeted(make_call, audio={"output": {"voice": "cedar"}})
    await call.line.say("Who are you?")
    await call.line.wait(stopped(call.desk, 2))
    assert not [kind for kind in call.desk.types() if "transcription" in kind]
    assert "stand-in" in call.desk.agent_said()[1]


async def test_noise_is_not_speech(make_call):
    call = await greeted(make_call)
    noise = np.random.default_rng(7).normal(0, 32768 * 10 ** (-44 / 20), 16000).astype(np.int16)
    for frame in dsp.mulaw_frames(noise):
        await call.line.frame(frame)
    assert not call.desk.all("input_audio_buffer.speech_started")


async def test_keys_are_told_and_repeated_when_asked(make_call):
    call = await greeted(make_call)
    for digit in "12#":
        await call.line.send(trunk.Dtmf(digit))
    await call.line.quiet(100)
    pressed = [await call.desk.event("input_audio_buffer.dtmf_event_received", number) for number in (1, 2, 3)]
    assert [event["event"] for event in pressed] == ["1", "2", "#"]
    assert "event_id" not in pressed[0]
    await call.desk.send("response.create")
    await call.line.wait(stopped(call.desk, 2))
    assert call.desk.agent_said()[1].startswith("You pressed 1, 2, hash.")


async def test_a_pause_within_a_sentence_keeps_the_turn_with_semantic_vad(make_call):
    call = await greeted(make_call)
    await call.line.say("I would like to come,")
    await call.line.quiet(1500)
    assert not call.desk.all("input_audio_buffer.speech_stopped")
    await call.line.say("but not today.")
    await call.line.wait(lambda: call.desk.caller_said())
    assert call.desk.caller_said() == ["I would like to come, but not today."]


async def test_silence_alone_ends_the_turn_with_server_vad(make_call):
    audio = {**AUDIO, "input": {**AUDIO["input"], "turn_detection": {"type": "server_vad"}}}
    call = await greeted(make_call, audio=audio)
    await call.line.say("I would like to come,")
    spoken = call.line.ms
    await call.line.wait(lambda: call.desk.all("input_audio_buffer.speech_stopped"))
    ended = call.desk.all("input_audio_buffer.speech_stopped")[0]["audio_end_ms"]
    assert 300 < ended - spoken < 700


async def test_an_idle_caller_is_spoken_to(make_call, check_events):
    call = await greeted(make_call)
    turn_detection = {"type": "server_vad", "idle_timeout_ms": 5000}
    await call.desk.send(
        "session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": turn_detection}}}
    )
    await call.desk.event("session.updated")
    await call.line.wait(stopped(call.desk, 2))
    [triggered] = call.desk.all("input_audio_buffer.timeout_triggered")
    assert 4900 < triggered["audio_end_ms"] - triggered["audio_start_ms"] < 5200
    assert call.desk.agent_said()[1] == "Are you still there?"
    check_events(call.desk.raw)


async def test_a_turn_can_be_taken_by_hand(make_call):
    call = await make_call(audio={"input": {"turn_detection": None, "transcription": {"model": "gpt-transcribe"}}})
    await call.line.say("Who are you?")
    await call.line.quiet(200)
    assert call.desk.types() == []
    await call.desk.send("input_audio_buffer.commit")
    await call.desk.event("input_audio_buffer.committed")
    await call.line.wait(lambda: call.desk.caller_said())
    assert call.desk.caller_said() == ["Who are you?"]
    await call.desk.send("response.create")
    await call.line.wait(stopped(call.desk, 1))
    assert "stand-in" in call.desk.agent_said()[0]


async def test_text_is_written_and_not_spoken(make_call, check_events):
    call = await make_call(output_modalities=["text"])
    await call.desk.send("response.create", response={"instructions": GREETING})
    await call.line.wait(lambda: call.desk.all("response.done"))
    assert call.desk.all("response.output_text.done")[0]["text"] == "Hello, this is Ava. How can I help you?"
    await call.line.quiet(1000)
    assert level_at(call.line, 0, call.line.ms) < -70
    check_events(call.desk.raw)


async def test_few_tokens_make_a_short_answer(make_call):
    call = await make_call(max_output_tokens=20)
    await call.desk.send("response.create", response={"instructions": GREETING})
    await call.line.wait(stopped(call.desk, 1))
    done = call.desk.all("response.done")[0]["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("incomplete", "max_output_tokens")
    assert done["usage"]["output_tokens"] <= 20
    assert "Hello, this is Ava. How can I help you?".startswith(call.desk.agent_said()[0].strip())


@pytest.mark.parametrize("choice", ["required", {"type": "function", "name": "note"}])
async def test_a_tool_can_be_demanded(make_call, choice):
    note = {
        "type": "function",
        "name": "note",
        "parameters": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
    }
    call = await make_call(tools=[note], tool_choice=choice)
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "The sky is blue."}]}
    await call.desk.send("conversation.item.create", item=item)
    await call.desk.send("response.create")
    await call.line.wait(lambda: call.desk.all("response.done"))
    [asked] = call.desk.all("response.function_call_arguments.done")
    assert json.loads(asked["arguments"]) == {"text": "The sky is blue."}


async def test_no_tool_is_called_when_none_may_be(make_call):
    call = await make_call(tools=[END], tool_choice="none")
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Goodbye."}]}
    await call.desk.send("conversation.item.create", item=item)
    await call.desk.send("response.create")
    await call.line.wait(stopped(call.desk, 1))
    assert not call.desk.all("response.function_call_arguments.done")


async def test_a_response_beside_the_conversation_leaves_no_trace(make_call):
    call = await make_call(audio=AUDIO)
    desk = call.desk
    await desk.send("response.create", response={"instructions": GREETING})
    aside = {"conversation": "none", "output_modalities": ["text"], "metadata": {"for": "summary"}}
    await desk.send("response.create", response=aside)
    await call.line.wait(lambda: len(desk.all("response.done")) == 2)
    written, spoken = (event["response"] for event in desk.all("response.done"))
    assert (written["conversation_id"], written["metadata"]) == (None, {"for": "summary"})
    assert written["output"][0]["id"] not in [event["item"]["id"] for event in desk.all("conversation.item.added")]
    assert spoken["status"] == "completed"


async def test_the_call_goes_on_without_a_sideband(make_call, attach):
    call = await greeted(make_call)
    await call.desk.connection.close()
    await call.line.say("Who are you?")
    asked = call.line.ms
    await call.line.quiet(3000)
    assert level_at(call.line, asked + 500, asked + 3000) > -30, "it answers by itself"
    again = await attach(call.sandbox, call.id)
    await call.line.say("Goodbye.")
    await call.line.wait(lambda: again.agent_said())


async def test_the_voice_is_fixed_once_it_was_heard(make_call):
    call = await make_call(audio=AUDIO)
    change = {"type": "realtime", "audio": {"output": {"voice": "cedar"}}}
    await call.desk.send("session.update", session=change)
    assert (await call.desk.event("session.updated"))["session"]["audio"]["output"]["voice"] == "cedar"
    await call.desk.send("response.create", response={"instructions": GREETING})
    await call.line.wait(stopped(call.desk, 1))
    change["audio"]["output"]["voice"] = "marin"
    await call.desk.send("session.update", session=change)
    assert (await call.desk.event("error"))["error"]["code"] == "cannot_update_voice"


async def test_voices_and_paces_are_heard(make_call):
    lengths = {}
    for speed in (0.8, 1.4):
        call = await make_call(audio={"output": {"speed": speed}})
        await call.desk.send("response.create", response={"instructions": GREETING})
        await call.line.wait(stopped(call.desk, 1))
        lengths[speed] = call.desk.all("response.done")[0]["response"]["usage"]["output_token_details"]["audio_tokens"]
    assert lengths[0.8] > 1.4 * lengths[1.4]


async def test_an_audio_format_over_sip_leaves_the_line_silent(make_call):
    call = await make_call(audio={"output": {"format": {"type": "audio/pcmu"}}})
    await call.desk.send("response.create", response={"instructions": GREETING})
    await call.line.wait(stopped(call.desk, 1))
    assert level_at(call.line, 0, call.line.ms) < -70


async def test_a_session_ends_after_its_longest_time(make_sandbox, make_call):
    brief = await make_sandbox(longest_ms=2000)
    call = await make_call(on=brief)
    await call.line.quiet(1980)
    assert brief.engine.live_calls() == 1
    await call.line.send_raw(trunk.SILENCE)
    await call.line.message(trunk.Bye)
    await brief.until(lambda: call.desk.ended is not None)
    assert call.desk.all("error")[0]["error"]["code"] == "session_expired"
    assert brief.engine.live_calls() == 0


async def test_what_is_no_frame_ends_the_call(make_call):
    call = await make_call()
    await call.line.send_raw(b"\xff" * 100)
    await call.sandbox.until(lambda: call.sandbox.engine.live_calls() == 0)


async def test_many_calls_talk_at_once(make_call):
    calls = [await make_call(audio=AUDIO) for _ in range(4)]

    async def talk(call: Any) -> list[str]:
        await call.desk.send("response.create", response={"instructions": GREETING})
        await call.line.wait(stopped(call.desk, 1))
        await call.line.say("Are you a robot?")
        await call.line.wait(stopped(call.desk, 2))
        return call.desk.agent_said()

    said = await asyncio.gather(*(talk(call) for call in calls))
    assert all(one == said[0] for one in said)
    assert "no person" in said[0][1]


async def test_without_a_voice_a_response_fails_and_says_why(make_sandbox, make_call, tmp_path):
    worker = tmp_path / "worker.py"
    worker.write_text("")
    mute = Speech(worker=worker)
    call = await make_call(on=await make_sandbox(speech=mute))
    await call.desk.send("response.create", response={"instructions": GREETING})
    await call.line.wait(lambda: call.desk.all("response.done"))
    done = call.desk.all("response.done")[0]["response"]
    assert done["status"] == "failed"
    assert done["status_details"]["error"]["code"] == "speech_failed"
    await call.desk.send("response.create")
    await call.desk.event("response.created", 2)
    await mute.close()


async def test_closing_the_engine_hangs_up(make_sandbox, make_call):
    sandbox = await make_sandbox()
    call = await make_call(on=sandbox)
    await sandbox.engine.close()
    await call.line.message(trunk.Bye)
    await sandbox.until(lambda: call.desk.ended is not None)
    assert sandbox.engine.live_calls() == 0
