"""The session is exactly what the API takes, and no more."""

from __future__ import annotations

from typing import Any

from openai.types.realtime import RealtimeSessionCreateRequestParam
from pydantic import TypeAdapter

from aivoicecaller.agents.model import AgentConfig, ServerTurnDetection, ToolSpec, Transcription
from aivoicecaller.engine.wire import (
    function_output,
    response_create,
    session_object,
    session_update,
    without_vad_numbers,
)

PARAMETERS = {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]}
BOOK = ToolSpec(name="book_appointment", description="Books.", parameters=PARAMETERS)
CONFIG = AgentConfig(instructions="unused", noise_reduction="far_field", max_output_tokens=900)
NUMBERS = ServerTurnDetection(threshold=0.6, silence_duration_ms=350)


def keys(value: Any) -> set[str]:
    """All keys at any depth."""
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in keys(inner)}
    if isinstance(value, list):
        return {key for inner in value for key in keys(inner)}
    return set()


def test_a_session_has_every_field_and_no_audio_format():
    session = session_object(CONFIG, "You are Ava.", [BOOK])

    assert session == {
        "type": "realtime",
        "model": "gpt-realtime-2.1",
        "instructions": "You are Ava.",
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "turn_detection": {"type": "semantic_vad", "eagerness": "auto"},
                "transcription": {"model": "gpt-realtime-whisper"},
                "noise_reduction": {"type": "far_field"},
            },
            "output": {"voice": "marin", "speed": 1.0},
        },
        "tools": [{"type": "function", "name": "book_appointment", "description": "Books.", "parameters": PARAMETERS}],
        "tool_choice": "auto",
        "reasoning": {"effort": "low"},
        "max_output_tokens": 900,
    }
    assert "format" not in keys(session)


def test_what_an_agent_leaves_open_is_left_to_the_engine():
    bare = AgentConfig(instructions="", transcription=None, reasoning_effort=None)

    session = session_object(bare, "You are Ava.", [])

    assert session["audio"]["input"] == {"turn_detection": {"type": "semantic_vad", "eagerness": "auto"}}
    assert {"reasoning", "max_output_tokens"}.isdisjoint(session)


def test_the_sdk_takes_every_field_of_a_session():
    config = AgentConfig(
        instructions="",
        turn_detection=NUMBERS,
        noise_reduction="near_field",
        transcription=Transcription(language="de"),
    )
    session = session_object(config, "Du bist Ava.", [BOOK])

    accepted = TypeAdapter[Any](RealtimeSessionCreateRequestParam).validate_python(session)

    assert keys(accepted) >= keys({name: value for name, value in session.items() if name != "tools"})


def test_a_voice_of_the_customer_is_named_by_id():
    session = session_object(AgentConfig(instructions="", voice="voice_1234"), "", [])

    assert session["audio"]["output"]["voice"] == {"id": "voice_1234"}


def test_vad_numbers_are_sent_only_when_set_and_can_be_left_out():
    plain = session_object(AgentConfig(instructions="", turn_detection=ServerTurnDetection()), "", [])
    tuned = session_object(AgentConfig(instructions="", turn_detection=NUMBERS), "", [])

    assert plain["audio"]["input"]["turn_detection"] == {"type": "server_vad"}
    assert tuned["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.6,
        "silence_duration_ms": 350,
    }
    assert without_vad_numbers(plain) is None
    assert without_vad_numbers(tuned) == plain


def test_an_update_changes_nothing_that_may_not_change_live():
    update = session_update(session_object(CONFIG, "You are Ava.", [BOOK]))

    assert update["type"] == "session.update"
    assert update["session"]["type"] == "realtime"
    assert update["session"]["instructions"] == "You are Ava."
    assert {"model", "audio"}.isdisjoint(update["session"])


def test_a_response_says_exact_words_or_follows_a_hint_or_the_conversation():
    assert response_create("Hello, “you”.") == {
        "type": "response.create",
        "response": {"instructions": 'Say exactly: "Hello, “you”."', "tool_choice": "none"},
    }
    assert response_create(hint="Say goodbye.") == {
        "type": "response.create",
        "response": {"instructions": "Say goodbye.", "tool_choice": "none"},
    }
    assert response_create() == {"type": "response.create"}


def test_a_tool_result_becomes_an_item():
    assert function_output("call_1", '{"ok": true}') == {
        "type": "conversation.item.create",
        "item": {"type": "function_call_output", "call_id": "call_1", "output": '{"ok": true}'},
    }
