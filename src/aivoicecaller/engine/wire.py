"""What is said to the Realtime API. Field names of OpenAI are spelt here and in `translate`, nowhere else.

Source: OpenAI's guides "Realtime API with SIP" and "Realtime conversations" and the types of SDK 3.54, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..agents.model import AgentConfig, SemanticTurnDetection, ServerTurnDetection, ToolSpec

Json: TypeAlias = dict[str, Any]

VAD_NUMBERS = frozenset({"threshold", "prefix_padding_ms", "silence_duration_ms"})
CUSTOM_VOICE = "voice_"
"""How ids of a customer's own voices begin; the names of built-in voices do not."""
LIVE_FIELDS = ("instructions", "output_modalities", "tools", "tool_choice", "max_output_tokens", "reasoning")


@dataclass(frozen=True, slots=True)
class PreparedSession:
    """A client secret: OpenAI has checked the session it was minted for."""

    value: str
    """The secret itself. Never logged, never stored."""
    expires_at: int
    """Seconds since 1970 UTC."""
    session_id: str


def session_object(config: AgentConfig, instructions: str, tools: Sequence[ToolSpec]) -> Json:
    """The session for a client secret and for accept, which take the same object.

    It names no audio format: over SIP the codec is negotiated in the call, and a format set here ends in silence.
    `instructions` are the agent's with its variables filled in. A field that is not set keeps OpenAI's default.
    """
    listening: Json = {"turn_detection": _turn_detection(config.turn_detection)}
    if config.transcription is not None:
        listening["transcription"] = config.transcription.model_dump(exclude_none=True)
    if config.noise_reduction is not None:
        listening["noise_reduction"] = {"type": config.noise_reduction}
    voice = {"id": config.voice} if config.voice.startswith(CUSTOM_VOICE) else config.voice
    session: Json = {
        "type": "realtime",
        "model": config.model,
        "instructions": instructions,
        "output_modalities": ["audio"],
        "audio": {"input": listening, "output": {"voice": voice, "speed": config.speed}},
        "tools": [_function(tool) for tool in tools],
        "tool_choice": "auto",
    }
    if config.reasoning_effort is not None:
        session["reasoning"] = {"effort": config.reasoning_effort}
    if config.max_output_tokens is not None:
        session["max_output_tokens"] = config.max_output_tokens
    return session


def without_vad_numbers(session: Json) -> Json | None:
    """The same session without the numbers of `server_vad`, which accept has refused on SIP; None if it has none."""
    audio = session["audio"]
    detection: Json = audio["input"]["turn_detection"]
    kept = {name: value for name, value in detection.items() if name not in VAD_NUMBERS}
    if len(kept) == len(detection):
        return None
    return {**session, "audio": {**audio, "input": {**audio["input"], "turn_detection": kept}}}


def session_update(session: Json) -> Json:
    """The first message on a sideband: its `session.updated` says that the session listens to us.

    It repeats what accept has set and may be changed live. Model and voice may not. Nothing of `audio` is sent: accept
    has set it, perhaps without the numbers of `server_vad`, and sending those again on SIP would be an error.
    """
    live = {name: session[name] for name in LIVE_FIELDS if name in session}
    return {"type": "session.update", "session": {"type": "realtime", **live}}


def response_create(words: str = "", hint: str = "") -> Json:
    """Let the model speak: exact `words`, or about a `hint`, or, with neither, as the conversation asks.

    Instructions of a response replace the session's for that response. What we ask to be said is a sentence, so no
    tool may be called instead.
    """
    if not (words or hint):
        return {"type": "response.create"}
    instructions = f'Say exactly: "{words}"' if words else hint
    return {"type": "response.create", "response": {"instructions": instructions, "tool_choice": "none"}}


def function_output(tool_call_id: str, output: str) -> Json:
    """The result of a tool. It makes no response by itself: send `response_create` after the last of a batch."""
    item = {"type": "function_call_output", "call_id": tool_call_id, "output": output}
    return {"type": "conversation.item.create", "item": item}


def keys_pressed(keys: str) -> Json:
    """Keys of the caller's keypad as a message of the caller: the model is not told of them otherwise."""
    content = [{"type": "input_text", "text": f"(The caller pressed keys on the telephone: {keys})"}]
    return {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}}


def _turn_detection(detection: SemanticTurnDetection | ServerTurnDetection) -> Json:
    # Only numbers that somebody chose: SIP refuses the others even at their default values.
    return detection.model_dump(exclude_none=True)


def _function(tool: ToolSpec) -> Json:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
