"""Every field the API takes, as tables: session objects, client secrets, items, and the sideband's client events.

Written after the published OpenAPI description 2.3.0 and the Python SDK 3.54 (read 2026-11-22), with what the
service was seen to refuse. The list of models is open; voices are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from .errors import ApiError, model_not_found
from .rules import (
    AnyRecord,
    Either,
    Flag,
    Kinds,
    ListOf,
    Number,
    OneOf,
    Record,
    Rule,
    Text,
    TextMap,
    missing_parameter,
    nullable,
)

DEFAULT_MODEL: Final = "gpt-realtime-2.1"
MODELS: Final = (
    "gpt-realtime-2.1",
    "gpt-realtime-2.1-mini",
    "gpt-realtime-2",
    "gpt-realtime-1.5",
    "gpt-realtime",
    "gpt-realtime-mini",
    "gpt-realtime-whisper",
)
"""What GET /v1/models lists."""
_GONE: Final = (
    "gpt-4o-realtime-preview",
    "gpt-4o-mini-realtime-preview",
    "gpt-realtime-mini-2025-10-06",
    "gpt-live-",
    "gpt-realtime-translate",
)
"""Beginnings of models that are retired, or that this endpoint never served."""

REALTIME_VOICES: Final = (
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
)

_TEXT: Final = Text()
_FLAG: Final = Flag()
_FUNCTION_NAME: Final = Text(longest=64, pattern="[a-zA-Z0-9_-]+")

# --- parts of a session ------------------------------------------------------------------------------------

_FORMAT = Kinds(
    {
        "audio/pcm": Record({"type": _TEXT, "rate": Number(24000, 24000, whole=True)}),
        "audio/pcmu": Record({"type": _TEXT}),
        "audio/pcma": Record({"type": _TEXT}),
    }
)
_VAD_ANSWERS: Mapping[str, Rule] = {"type": _TEXT, "create_response": _FLAG, "interrupt_response": _FLAG}
_VAD_SILENCE: Mapping[str, Rule] = {
    "silence_duration_ms": Number(0, whole=True),
    "idle_timeout_ms": nullable(Number(5000, 30000, whole=True)),
}
_VAD_SOUND: Mapping[str, Rule] = {"threshold": Number(0, 1), "prefix_padding_ms": Number(0, whole=True)}
_SEMANTIC_VAD = Record({**_VAD_ANSWERS, "eagerness": OneOf(("low", "medium", "high", "auto"))})
_TRANSCRIPTION = Record(
    {
        "model": _TEXT,
        "language": _TEXT,
        "languages": ListOf(_TEXT),
        "keywords": ListOf(_TEXT),
        "prompt": _TEXT,
        "delay": OneOf(("minimal", "low", "medium", "high", "xhigh")),
    }
)
_NOISE_REDUCTION = Record({"type": OneOf(("near_field", "far_field")), "strength": Number(0)})
_VOICE = Either((OneOf(REALTIME_VOICES), Record({"id": _TEXT}, required=("id",))))
_OUTPUT_AUDIO: Mapping[str, Rule] = {"format": _FORMAT, "voice": _VOICE}
_MODALITIES = ListOf(OneOf(("text", "audio")), longest=1)
_TOOL_FILTER = Record({"tool_names": ListOf(_TEXT), "read_only": _FLAG})
_TOOL = Kinds(
    {
        "function": Record(
            {"type": _TEXT, "name": _FUNCTION_NAME, "description": _TEXT, "parameters": AnyRecord()},
            required=("name",),
        ),
        "mcp": Record(
            {
                "type": _TEXT,
                "server_label": _TEXT,
                "server_url": _TEXT,
                "connector_id": _TEXT,
                "tunnel_id": _TEXT,
                "server_description": _TEXT,
                "authorization": _TEXT,
                "headers": nullable(TextMap(100, 200, 10_000)),
                "allowed_tools": nullable(Either((ListOf(_TEXT), _TOOL_FILTER))),
                "allowed_callers": nullable(ListOf(OneOf(("direct", "programmatic")))),
                "require_approval": nullable(
                    Either((OneOf(("always", "never")), Record({"always": _TOOL_FILTER, "never": _TOOL_FILTER})))
                ),
                "defer_loading": _FLAG,
            },
            required=("server_label",),
        ),
    }
)
_TOOL_CHOICE = Either(
    (
        OneOf(("none", "auto", "required")),
        Kinds(
            {
                "function": Record({"type": _TEXT, "name": _TEXT}, required=("name",)),
                "mcp": Record(
                    {"type": _TEXT, "server_label": _TEXT, "name": nullable(_TEXT)}, required=("server_label",)
                ),
            }
        ),
    )
)
_MAX_OUTPUT_TOKENS = Either((Number(1, 4096, whole=True), OneOf(("inf",))))
_REASONING = Record({"effort": OneOf(("minimal", "low", "medium", "high", "xhigh"))})
_PROMPT = nullable(Record({"id": _TEXT, "version": nullable(_TEXT), "variables": AnyRecord()}, required=("id",)))
_TRACING = nullable(
    Either((OneOf(("auto",)), Record({"workflow_name": _TEXT, "group_id": _TEXT, "metadata": AnyRecord()})))
)
_TRUNCATION = Either(
    (
        OneOf(("auto", "disabled")),
        Kinds(
            {
                "retention_ratio": Record(
                    {
                        "type": _TEXT,
                        "retention_ratio": Number(0, 1),
                        "token_limits": Record({"post_instructions": Number(0, whole=True)}),
                    },
                    required=("retention_ratio",),
                )
            }
        ),
    )
)
_INCLUDE = ListOf(OneOf(("item.input_audio_transcription.logprobs",)))


def _session(server_vad: Mapping[str, Rule]) -> Record:
    """A realtime session whose server_vad may carry the fields of `server_vad` besides the usual ones."""
    turn_detection = Kinds(
        {"server_vad": Record({**_VAD_ANSWERS, **server_vad}), "semantic_vad": _SEMANTIC_VAD}, default="server_vad"
    )
    audio = Record(
        {
            "input": Record(
                {
                    "format": _FORMAT,
                    "transcription": nullable(_TRANSCRIPTION),
                    "noise_reduction": nullable(_NOISE_REDUCTION),
                    "turn_detection": nullable(turn_detection),
                }
            ),
            "output": Record({**_OUTPUT_AUDIO, "speed": Number(0.25, 1.5)}),
        }
    )
    return Record(
        {
            "type": _TEXT,
            "model": _TEXT,
            "instructions": _TEXT,
            "output_modalities": _MODALITIES,
            "audio": audio,
            "include": nullable(_INCLUDE),
            "tools": ListOf(_TOOL, longest=128),
            "tool_choice": _TOOL_CHOICE,
            "parallel_tool_calls": _FLAG,
            "reasoning": _REASONING,
            "max_output_tokens": _MAX_OUTPUT_TOKENS,
            "tracing": _TRACING,
            "truncation": _TRUNCATION,
            "prompt": _PROMPT,
        }
    )


_SESSION = Kinds(
    {
        "realtime": _session({**_VAD_SILENCE, **_VAD_SOUND}),
        "transcription": Record(
            {
                "type": _TEXT,
                "audio": Record(
                    {
                        "input": Record(
                            {
                                "format": _FORMAT,
                                "transcription": nullable(_TRANSCRIPTION),
                                "noise_reduction": nullable(_NOISE_REDUCTION),
                                "turn_detection": nullable(Record({**_VAD_ANSWERS, **_VAD_SILENCE, **_VAD_SOUND})),
                            }
                        )
                    }
                ),
                "include": nullable(_INCLUDE),
            }
        ),
    }
)
# Over SIP the service was seen (2025-2026) to refuse server_vad's numbers in accept with `Unknown parameter`, and
# to take only the two about silence in a later session.update.
_ACCEPTED_SESSION = Kinds({"realtime": _session({})})
_UPDATED_SESSION = Kinds({"realtime": _session(_VAD_SILENCE)})

_CLIENT_SECRET = Record(
    {
        "expires_after": Record({"anchor": OneOf(("created_at",)), "seconds": Number(10, 7200, whole=True)}),
        "session": _SESSION,
    }
)

# --- items and responses -----------------------------------------------------------------------------------

_ITEM_FIELDS: Mapping[str, Rule] = {
    "id": Text(longest=64),
    "object": OneOf(("realtime.item",)),
    "type": _TEXT,
    "status": OneOf(("completed", "incomplete", "in_progress")),
}


def _message(parts: Mapping[str, Rule]) -> Record:
    return Record({**_ITEM_FIELDS, "role": _TEXT, "content": ListOf(Kinds(parts))}, required=("content",))


_INPUT_TEXT = Record({"type": _TEXT, "text": _TEXT}, required=("text",))
_ITEM = Kinds(
    {
        "message": Kinds(
            {
                "user": _message(
                    {
                        "input_text": _INPUT_TEXT,
                        "input_audio": Record({"type": _TEXT, "audio": _TEXT, "transcript": nullable(_TEXT)}),
                        "input_image": Record(
                            {"type": _TEXT, "image_url": _TEXT, "detail": OneOf(("auto", "low", "high"))},
                            required=("image_url",),
                        ),
                    }
                ),
                "system": _message({"input_text": _INPUT_TEXT}),
                "assistant": _message({"output_text": _INPUT_TEXT}),
            },
            tag="role",
        ),
        "function_call": Record(
            {**_ITEM_FIELDS, "call_id": _TEXT, "name": _FUNCTION_NAME, "arguments": _TEXT},
            required=("name", "arguments"),
        ),
        "function_call_output": Record(
            {**_ITEM_FIELDS, "call_id": _TEXT, "output": _TEXT}, required=("call_id", "output")
        ),
        "mcp_approval_response": Record(
            {**_ITEM_FIELDS, "approval_request_id": _TEXT, "approve": _FLAG, "reason": nullable(_TEXT)},
            required=("approval_request_id", "approve"),
        ),
        "item_reference": Record({"type": _TEXT, "id": _TEXT}, required=("id",)),
    }
)
_RESPONSE = Record(
    {
        "conversation": OneOf(("auto", "none")),
        "input": ListOf(_ITEM),
        "instructions": _TEXT,
        "output_modalities": _MODALITIES,
        "audio": Record({"output": Record(_OUTPUT_AUDIO)}),
        "tools": ListOf(_TOOL, longest=128),
        "tool_choice": _TOOL_CHOICE,
        "parallel_tool_calls": _FLAG,
        "reasoning": _REASONING,
        "max_output_tokens": _MAX_OUTPUT_TOKENS,
        "metadata": nullable(TextMap(16, 64, 512)),
        "prompt": _PROMPT,
    }
)

# --- the sideband's client events --------------------------------------------------------------------------


def _event(fields: Mapping[str, Rule] | None = None, required: tuple[str, ...] = ()) -> Record:
    return Record({"type": _TEXT, "event_id": Text(longest=512), **(fields or {})}, required)


_MILLISECONDS = Number(0, whole=True)
CLIENT_EVENTS: Final = Kinds(
    {
        "session.update": _event({"session": _UPDATED_SESSION}, required=("session",)),
        "response.create": _event({"response": nullable(_RESPONSE)}),
        "response.cancel": _event({"response_id": _TEXT}),
        "conversation.item.create": _event({"item": _ITEM, "previous_item_id": nullable(_TEXT)}, required=("item",)),
        "conversation.item.retrieve": _event({"item_id": _TEXT}, required=("item_id",)),
        "conversation.item.delete": _event({"item_id": _TEXT}, required=("item_id",)),
        "conversation.item.truncate": _event(
            {"item_id": _TEXT, "content_index": _MILLISECONDS, "audio_end_ms": _MILLISECONDS},
            required=("item_id", "content_index", "audio_end_ms"),
        ),
        "output_audio_buffer.clear": _event(),
        "input_audio_buffer.append": _event({"audio": _TEXT}, required=("audio",)),
        "input_audio_buffer.commit": _event(),
        "input_audio_buffer.clear": _event(),
    }
)


def check_client_secret(body: Any) -> None:
    """Raises ApiError unless `body` may be posted to /v1/realtime/client_secrets."""
    _CLIENT_SECRET.check(body, "")
    _check_meaning(body.get("session", {}))


def check_accepted_session(session: dict[str, Any]) -> None:
    """Raises ApiError unless `session`, which has a `type`, may be the body of an accept."""
    _ACCEPTED_SESSION.check(session, "session")
    _check_meaning(session)


def check_client_event(event: Any) -> None:
    """Raises ApiError unless `event` may be sent on a sideband."""
    CLIENT_EVENTS.check(event, "")
    if event["type"] == "session.update":
        _check_meaning(event["session"])


def _check_meaning(session: Mapping[str, Any]) -> None:
    """What the shape alone does not say: models that are gone, and MCP servers that cannot be reached."""
    model = str(session.get("model", DEFAULT_MODEL))
    if model.startswith(_GONE):
        raise model_not_found(model)
    tools = cast("list[dict[str, Any]]", session.get("tools", []))
    labels = [tool["server_label"] for tool in tools if tool["type"] == "mcp"]
    for index, tool in enumerate(tools):
        path = f"session.tools[{index}]"
        if tool["type"] == "mcp" and not tool.keys() & {"server_url", "connector_id", "tunnel_id"}:
            raise missing_parameter(f"{path}.server_url")
        if tool["type"] == "mcp" and labels.count(tool["server_label"]) > 1:
            raise ApiError(
                f"Duplicate server_label '{tool['server_label']}' in tools.", code="invalid_value", param=path
            )
