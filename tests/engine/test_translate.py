"""Recorded traffic becomes exactly these facts, and nothing that arrives makes the reader raise."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aivoicecaller.calls.events import (
    CallerSpeechStarted,
    CallerSpeechStopped,
    PlaybackStarted,
    PlaybackStopped,
    ResponseFinished,
    ResponseRejected,
    ResponseStarted,
    SessionConfigured,
    ToolRequest,
)
from aivoicecaller.calls.transcript import (
    ItemAdded,
    Role,
    Source,
    SpeechCut,
    SpeechHeard,
    Transcript,
    WordsFinal,
    WordsHeard,
    WordsLost,
)
from aivoicecaller.engine.translate import Facts, facts, read

from ..wire import messages

STORIES = ("openai/sideband_greeting", "openai/sideband_tool_round", "openai/sideband_barge_in")
RECORDED = [message for story in STORIES for message in messages(story)]
TRANSCRIPT_FACTS = (ItemAdded, SpeechHeard, WordsHeard, WordsFinal, WordsLost, SpeechCut)


def told(story: str) -> Facts:
    return tuple(fact for message in messages(story) for fact in facts(message))


def response_done(status: str, output: list[dict[str, Any]], details: dict[str, Any] | None = None) -> dict[str, Any]:
    response = {"id": "resp_1", "status": status, "status_details": details, "output": output}
    return {"type": "response.done", "event_id": "event_1", "response": response}


def test_a_greeting():
    assert told("openai/sideband_greeting") == (
        SessionConfigured(),
        ResponseStarted("resp_greet"),
        ItemAdded("item_greet", Role.AGENT, None),
        WordsHeard("item_greet", Role.AGENT, "Hello", Source.GENERATED),
        WordsHeard("item_greet", Role.AGENT, " there", Source.GENERATED),
        WordsHeard("item_greet", Role.AGENT, ".", Source.GENERATED),
        PlaybackStarted("resp_greet"),
        WordsFinal("item_greet", Role.AGENT, "Hello there.", Source.GENERATED),
        ResponseFinished("resp_greet", spoke=True),
        PlaybackStopped("resp_greet"),
    )


def test_a_caller_who_makes_the_agent_use_a_tool():
    request = ToolRequest("call_9ghqokxJmZFwiAM0", "book_appointment", '{  \n  "day": "Tuesday" \n} \n')

    assert told("openai/sideband_tool_round") == (
        CallerSpeechStarted(),
        SpeechHeard("item_caller", 4128),
        CallerSpeechStopped(),
        ItemAdded("item_caller", Role.CALLER, "item_greet"),
        ResponseStarted("resp_tool"),
        WordsHeard("item_caller", Role.CALLER, "Tuesday", Source.RECOGNISED),
        ItemAdded("item_call", None, "item_caller"),
        WordsFinal("item_caller", Role.CALLER, "Tuesday, please.", Source.RECOGNISED),
        ResponseFinished("resp_tool", spoke=False, tool_requests=(request,)),
        ItemAdded("item_output", None, "item_call"),
    )


def test_a_caller_who_interrupts():
    assert told("openai/sideband_barge_in") == (
        ResponseStarted("resp_cut"),
        ItemAdded("item_cut", Role.AGENT, "item_output"),
        WordsHeard("item_cut", Role.AGENT, "We", Source.GENERATED),
        WordsHeard("item_cut", Role.AGENT, " have", Source.GENERATED),
        PlaybackStarted("resp_cut"),
        CallerSpeechStarted(),
        SpeechHeard("item_barge", 9088),
        PlaybackStopped("resp_cut"),
        SpeechCut("item_cut"),
        WordsFinal("item_cut", Role.AGENT, "We have", Source.GENERATED),
        ResponseFinished("resp_cut", spoke=True),
        SpeechCut("item_cut"),
    )


def test_the_whole_talk_reads_in_speaking_order():
    transcript = Transcript()
    for story in STORIES:
        for fact in told(story):
            if isinstance(fact, TRANSCRIPT_FACTS):
                transcript.apply(fact, now_ms=1000)

    assert [(item.role, item.text, item.interrupted) for item in transcript.items] == [
        (Role.AGENT, "Hello there.", False),
        (Role.CALLER, "Tuesday, please.", False),
        (Role.AGENT, "We have", True),
    ]


def test_words_of_a_scripted_person_are_marked():
    message = {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "item_1",
        "transcript": "Yes.",
        "source": "scripted",
    }

    assert facts(message) == (WordsFinal("item_1", Role.CALLER, "Yes.", Source.SCRIPTED),)


def test_words_that_could_not_be_written_down():
    message = {
        "type": "conversation.item.input_audio_transcription.failed",
        "item_id": "item_1",
        "error": {"type": "server_error", "code": None, "message": "No access for key sk-proj-abcdef123."},
    }

    assert facts(message) == (WordsLost("item_1", "No access for key <secret>."),)


def test_only_a_completed_tool_call_is_trusted():
    call = {"id": "item_1", "type": "function_call", "call_id": "call_1", "name": "end_call", "arguments": '{"rea'}
    cut, whole = {**call, "status": "incomplete"}, {**call, "status": "completed", "arguments": "{}"}

    assert facts(response_done("cancelled", [cut])) == (ResponseFinished("resp_1", spoke=False),)
    assert facts(response_done("completed", [whole])) == (
        ResponseFinished("resp_1", spoke=False, tool_requests=(ToolRequest("call_1", "end_call", "{}"),)),
    )


@pytest.mark.parametrize(
    ("status", "details", "failure"),
    [
        ("failed", {"type": "failed", "error": {"code": "server_error", "message": "The model fell over."}}, None),
        ("failed", {"type": "failed", "error": {"code": "rate_limit_exceeded"}}, "rate_limit_exceeded"),
        ("failed", None, "no reason given"),
        ("incomplete", {"type": "incomplete", "reason": "content_filter"}, "content_filter"),
        ("cancelled", {"type": "cancelled", "reason": "turn_detected"}, ""),
        ("completed", None, ""),
    ],
)
def test_why_a_response_failed(status: str, details: dict[str, Any] | None, failure: str | None):
    expected = "The model fell over." if failure is None else failure

    assert facts(response_done(status, [], details)) == (ResponseFinished("resp_1", spoke=False, failure=expected),)


def test_a_response_cut_short_after_it_spoke_has_not_failed():
    spoken = {"id": "item_1", "type": "message", "status": "incomplete", "content": [{"type": "output_audio"}]}

    told = facts(response_done("incomplete", [spoken], {"reason": "max_output_tokens"}))

    assert told == (ResponseFinished("resp_1", spoke=True),)


def test_errors_are_no_facts_but_for_the_one_that_says_busy():
    busy = {
        "type": "error",
        "error": {"type": "invalid_request_error", "code": "conversation_already_has_active_response"},
    }

    assert facts(busy) == (ResponseRejected(),)
    assert facts({"type": "error", "error": {"code": "invalid_value", "message": "No."}}) == ()


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"null", b"{", b"\xff", b'{"type": 5}', b'{"type": "new.thing"}', b"[" * 9000]
)
def test_what_is_no_message_holds_no_facts(data: bytes):
    assert read(data) == ()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_a_message_with_anything_in_any_place_never_raises(data: st.DataObject):
    message: Any = orjson.loads(orjson.dumps(data.draw(st.sampled_from(RECORDED))))
    place = message
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner: Any = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            if isinstance(place, dict) and data.draw(st.booleans()):
                del place[key]
            else:
                place[key] = data.draw(anything)
            break
        place = inner

    for fact in facts(message):
        ids = [getattr(fact, name) for name in ("response_id", "item_id") if hasattr(fact, name)]
        assert all(isinstance(value, str) for value in ids)


@given(st.binary(max_size=200))
def test_any_bytes_never_raise(data: bytes):
    assert isinstance(read(data), tuple)
