"""One turn of a talk as a sideband tells it: the caller asks, the agent answers at length, all of it is heard.

The order, the fields and their sizes are those of recorded traffic (tests/wire/openai/sideband_*.jsonl). At `RATE`
messages a second a turn lasts about ten seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson

RATE = 16
"""Messages a second of one call: the rate at which the targets are set."""

QUESTION = "Could I come in on Friday at three, or is there anything free before that?"
ANSWER = (
    "Of course, let me have a look at the diary for you. On Friday at three we have nothing left, I am afraid, but "
    "there is a place on Thursday at a quarter past four, and another one on Friday morning at half past nine. If you "
    "would rather keep to the afternoon, the Monday after is still quite open, from two until about five. It would be "
    "with the same dentist whom you saw the last time, and it should not take longer than thirty minutes. Please bring "
    "your card along, and call us before the evening of the day before if something comes up. Which of these would "
    "suit you best, and may I have your name for it, please?"
)
"""What a record of a turn must hold."""

Event = dict[str, Any]


@cache
def turn(number: int) -> tuple[bytes, ...]:
    """The messages of the turn with this number in its call; ids differ from turn to turn as they do in life."""
    return tuple(
        orjson.dumps({"type": event.pop("type"), "event_id": f"event_E6mH{number:04d}{place:04d}", **event})
        for place, event in enumerate(_events(number))
    )


def _events(number: int) -> Iterator[Event]:
    caller, agent, response = f"item_caller_{number:04d}", f"item_agent_{number:04d}", f"resp_{number:04d}"
    before = f"item_agent_{number - 1:04d}" if number else None
    of_item = {"response_id": response, "item_id": agent, "output_index": 0, "content_index": 0}
    heard = {"id": caller, "type": "message", "status": "completed", "role": "user"}
    heard["content"] = [{"type": "input_audio", "transcript": None}]
    saying = {"id": agent, "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    said = {**saying, "status": "completed", "content": [{"type": "output_audio", "transcript": ANSWER}]}

    yield {"type": "input_audio_buffer.speech_started", "audio_start_ms": 4128, "item_id": caller}
    yield {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 7536, "item_id": caller}
    yield {"type": "input_audio_buffer.committed", "previous_item_id": before, "item_id": caller}
    yield {"type": "conversation.item.added", "previous_item_id": before, "item": heard}
    yield {"type": "conversation.item.done", "previous_item_id": before, "item": heard}
    yield {"type": "response.created", "response": _response(response, "in_progress", [])}
    yield {"type": "response.output_item.added", "response_id": response, "output_index": 0, "item": saying}
    yield {"type": "conversation.item.added", "previous_item_id": caller, "item": saying}
    yield {"type": "response.content_part.added", **of_item, "part": {"type": "audio", "transcript": ""}}
    caller_words = [
        {
            "type": "conversation.item.input_audio_transcription.delta",
            "item_id": caller,
            "content_index": 0,
            "delta": _spaced(word, place),
            "obfuscation": "pCqTs9LjW2",
        }
        for place, word in enumerate(QUESTION.split())
    ]
    agent_words = [
        {
            "type": "response.output_audio_transcript.delta",
            **of_item,
            "delta": _spaced(word, place),
            "obfuscation": "Ms39ljI9LTa",
        }
        for place, word in enumerate(ANSWER.split())
    ]
    yield from agent_words[:3]
    yield {"type": "output_audio_buffer.started", "response_id": response}
    # The caller's words are written down while the agent already speaks.
    for place, word in enumerate(agent_words[3:]):
        if place < len(caller_words):
            yield caller_words[place]
        elif place == len(caller_words):
            yield {
                "type": "conversation.item.input_audio_transcription.completed",
                "item_id": caller,
                "content_index": 0,
                "transcript": QUESTION,
                "usage": {"type": "duration", "seconds": 4},
            }
        yield word
    yield {"type": "response.output_audio.done", **of_item}
    yield {"type": "response.output_audio_transcript.done", **of_item, "transcript": ANSWER}
    yield {"type": "response.content_part.done", **of_item, "part": {"type": "audio", "transcript": ANSWER}}
    yield {"type": "conversation.item.done", "previous_item_id": caller, "item": said}
    yield {"type": "response.output_item.done", "response_id": response, "output_index": 0, "item": said}
    yield {"type": "response.done", "response": _response(response, "completed", [said])}
    limits = [{"name": "tokens", "limit": 15000000, "remaining": 14999361, "reset_seconds": 0.002}]
    yield {"type": "rate_limits.updated", "rate_limits": limits}
    yield {"type": "output_audio_buffer.stopped", "response_id": response}


def _spaced(word: str, place: int) -> str:
    return f" {word}" if place else word


def short_response(response_id: str) -> tuple[bytes, ...]:
    """A response of one sentence, from its beginning until it was heard: the greeting, or what follows a tool."""
    item_id = f"item_of_{response_id}"
    item = {"id": item_id, "type": "message", "status": "completed", "role": "assistant"}
    item["content"] = [{"type": "output_audio", "transcript": "How can I help you?"}]
    events: tuple[Event, ...] = (
        {"type": "response.created", "response": _response(response_id, "in_progress", [])},
        {"type": "output_audio_buffer.started", "response_id": response_id},
        {"type": "response.done", "response": _response(response_id, "completed", [item])},
        {"type": "output_audio_buffer.stopped", "response_id": response_id},
    )
    return tuple(map(orjson.dumps, events))


def tool_request(response_id: str, tool_call_id: str) -> tuple[bytes, bytes]:
    """The beginning and the end of a response that asks for a tool: `response.created`, `response.done`."""
    item = {
        "id": f"item_of_{response_id}",
        "type": "function_call",
        "status": "completed",
        "name": "book_appointment",
        "call_id": tool_call_id,
        "arguments": '{"day": "Friday", "time": "half past nine"}',
    }
    return (
        orjson.dumps({"type": "response.created", "response": _response(response_id, "in_progress", [])}),
        orjson.dumps({"type": "response.done", "response": _response(response_id, "completed", [item])}),
    )


def _response(response_id: str, status: str, output: list[Event]) -> Event:
    usage = {
        "total_tokens": 812,
        "input_tokens": 640,
        "output_tokens": 172,
        "input_token_details": {"text_tokens": 410, "audio_tokens": 230, "cached_tokens": 384},
        "output_token_details": {"text_tokens": 41, "audio_tokens": 131},
    }
    return {
        "object": "realtime.response",
        "id": response_id,
        "status": status,
        "status_details": None,
        "output": output,
        "conversation_id": "conv_0001",
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin"}},
        "usage": usage if output else None,
        "metadata": None,
    }
