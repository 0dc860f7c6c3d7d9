"""The engine's messages into facts: one small function per type, in one table. What the table lacks is no fact.

Source: recorded traffic of a sideband and the event types of SDK 3.54, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import orjson
import structlog

from ..calls.events import (
    CallerSpeechStarted,
    CallerSpeechStopped,
    Event,
    KeyPressed,
    PlaybackStarted,
    PlaybackStopped,
    ResponseFinished,
    ResponseRejected,
    ResponseStarted,
    SessionConfigured,
    ToolRequest,
)
from ..calls.transcript import (
    ItemAdded,
    Role,
    Source,
    SpeechCut,
    SpeechHeard,
    TranscriptFact,
    WordsFinal,
    WordsHeard,
    WordsLost,
)
from ..privacy import scrub
from .wire import Json

Facts = tuple[Event | TranscriptFact, ...]

_log = structlog.get_logger(__name__)
_ROLES = {"assistant": Role.AGENT, "user": Role.CALLER}


def read(data: bytes) -> Facts:
    """The facts in one message as it came over the wire. It never raises."""
    try:
        message = orjson.loads(data)
    except orjson.JSONDecodeError:
        _log.debug("< message is not JSON", size=len(data))
        return ()
    return facts(cast(Json, message)) if isinstance(message, dict) else ()


def facts(message: Json) -> Facts:
    """The facts in one message: none when we do not use its type, or when it lacks what its type needs."""
    kind = message.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        return ()
    try:
        return reader(message)
    except (LookupError, TypeError, AttributeError, ArithmeticError, ValueError):
        _log.debug("< malformed message", type=kind)
        return ()


def _session_updated(_message: Json) -> Facts:
    return (SessionConfigured(),)


def _error(message: Json) -> Facts:
    error = message["error"]
    if error.get("code") == "conversation_already_has_active_response":
        return (ResponseRejected(),)
    _log.warning("< error", code=error.get("code"), message=scrub(str(error.get("message"))))
    return ()


def _response_created(message: Json) -> Facts:
    return (ResponseStarted(_text(message["response"], "id")),)


def _response_done(message: Json) -> Facts:
    response = message["response"]
    status = response["status"]
    items: list[Json] = response.get("output") or []
    spoken = [item for item in items if item.get("type") == "message" and item.get("content")]
    tools = tuple(
        ToolRequest(_text(item, "call_id"), _text(item, "name"), _text(item, "arguments"))
        for item in items
        # An interruption may cut a tool call off in the middle of its arguments.
        if item.get("type") == "function_call" and item.get("status") == "completed"
    )
    failure = ""
    if status == "failed" or (status == "incomplete" and not spoken and not tools):
        failure = _why(response.get("status_details") or {})
    finished = ResponseFinished(_text(response, "id"), bool(spoken), tools, failure)
    cut = (
        SpeechCut(_text(item, "id")) for item in spoken if status == "cancelled" and item.get("status") == "incomplete"
    )
    return (finished, *cut)


def _playback_started(message: Json) -> Facts:
    return (PlaybackStarted(_text(message, "response_id")),)


def _playback_stopped(message: Json) -> Facts:
    return (PlaybackStopped(_text(message, "response_id")),)


def _speech_started(message: Json) -> Facts:
    return (CallerSpeechStarted(), SpeechHeard(_text(message, "item_id"), _milliseconds(message, "audio_start_ms")))


def _speech_stopped(_message: Json) -> Facts:
    return (CallerSpeechStopped(),)


def _key_pressed(message: Json) -> Facts:
    return (KeyPressed(_text(message, "event")),)


def _item_added(message: Json) -> Facts:
    item = message["item"]
    previous = message.get("previous_item_id")
    role = _ROLES.get(item.get("role")) if item["type"] == "message" else None
    return (ItemAdded(_text(item, "id"), role, previous if isinstance(previous, str) else None),)


def _item_truncated(message: Json) -> Facts:
    return (SpeechCut(_text(message, "item_id")),)


def _caller_delta(message: Json) -> Facts:
    return (WordsHeard(_text(message, "item_id"), Role.CALLER, _text(message, "delta"), _source(message)),)


def _caller_words(message: Json) -> Facts:
    words = _text(message, "transcript").strip()
    return (WordsFinal(_text(message, "item_id"), Role.CALLER, words, _source(message)),)


def _caller_words_lost(message: Json) -> Facts:
    error: Json = message.get("error") or {}
    return (WordsLost(_text(message, "item_id"), scrub(str(error.get("message") or error.get("code") or ""))),)


def _agent_delta(message: Json) -> Facts:
    return (WordsHeard(_text(message, "item_id"), Role.AGENT, _text(message, "delta"), Source.GENERATED),)


def _agent_speech(message: Json) -> Facts:
    return (WordsFinal(_text(message, "item_id"), Role.AGENT, _text(message, "transcript"), Source.GENERATED),)


def _agent_text(message: Json) -> Facts:
    return (WordsFinal(_text(message, "item_id"), Role.AGENT, _text(message, "text"), Source.GENERATED),)


_READERS: dict[str, Callable[[Json], Facts]] = {
    "session.updated": _session_updated,
    "error": _error,
    "response.created": _response_created,
    "response.done": _response_done,
    "output_audio_buffer.started": _playback_started,
    "output_audio_buffer.stopped": _playback_stopped,
    "output_audio_buffer.cleared": _playback_stopped,
    "input_audio_buffer.speech_started": _speech_started,
    "input_audio_buffer.speech_stopped": _speech_stopped,
    "input_audio_buffer.dtmf_event_received": _key_pressed,
    "conversation.item.added": _item_added,
    "conversation.item.truncated": _item_truncated,
    "conversation.item.input_audio_transcription.delta": _caller_delta,
    "conversation.item.input_audio_transcription.completed": _caller_words,
    "conversation.item.input_audio_transcription.failed": _caller_words_lost,
    "response.output_audio_transcript.delta": _agent_delta,
    "response.output_audio_transcript.done": _agent_speech,
    "response.output_text.delta": _agent_delta,
    "response.output_text.done": _agent_text,
}


def _source(message: Json) -> Source:
    # OpenAI has no such field. The sandbox marks the words of its scripted people with it: nobody recognised them.
    return Source.SCRIPTED if message.get("source") == Source.SCRIPTED else Source.RECOGNISED


def _why(details: Json) -> str:
    error: Json = details.get("error") or {}
    return scrub(str(error.get("message") or error.get("code") or details.get("reason") or "no reason given"))


def _text(message: Json, key: str) -> str:
    value: Any = message[key]
    if not isinstance(value, str):
        raise TypeError(key)
    return value


def _milliseconds(message: Json, key: str) -> int:
    value: Any = message[key]
    if not isinstance(value, int | float):
        raise TypeError(key)
    return int(value)
