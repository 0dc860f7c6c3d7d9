"""The session: what was asked for, merged over the service's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final, cast

from aivoicecaller.ids import new_id

from .errors import ApiError
from .fields import DEFAULT_MODEL

_INSTRUCTIONS: Final = "You are a helpful assistant on the telephone. Speak naturally and keep answers short."
_VAD_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "server_vad": {
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        # As documented. Recordings of July 2026 show 200, which would cut a person off at every comma.
        "silence_duration_ms": 500,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {"eagerness": "auto", "create_response": True, "interrupt_response": True},
}
_DEFAULTS: Final[Mapping[str, Any]] = {
    "type": "realtime",
    "object": "realtime.session",
    "model": DEFAULT_MODEL,
    "output_modalities": ["audio"],
    "instructions": _INSTRUCTIONS,
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "include": None,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": {"type": "server_vad", **_VAD_DEFAULTS["server_vad"]},
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0},
    },
}


class Session:
    """The effective session of one call or client secret. Shapes: the API's session object, checked before."""

    def __init__(self, asked: Mapping[str, Any], expires_at: int = 0) -> None:
        self._values: dict[str, Any] = deepcopy(dict(_DEFAULTS))
        self._values |= {"id": new_id("sess"), "expires_at": expires_at}
        self._merge(asked)

    def update(self, changes: Mapping[str, Any], *, has_spoken: bool) -> None:
        """Apply a session.update. Raises ApiError for what is fixed: the model, and a voice once heard."""
        if changes.get("model", self.model) != self.model:
            raise ApiError("The model of a session cannot be changed.", code="invalid_value", param="session.model")
        voice = changes.get("audio", {}).get("output", {}).get("voice", self.voice)
        if has_spoken and voice != self.voice:
            raise ApiError(
                "Cannot update a conversation's voice if assistant audio is present.",
                code="cannot_update_voice",
                param="session.audio.output.voice",
            )
        self._merge(changes)

    def _merge(self, changes: Mapping[str, Any]) -> None:
        """Fields that are sent replace what was there, null switches off; `audio` is merged two levels deep."""
        for name, value in changes.items():
            if name != "audio":
                self._values[name] = deepcopy(value)
        for direction, parts in changes.get("audio", {}).items():
            current = cast("dict[str, Any]", self._values["audio"][direction])
            for name, value in parts.items():
                match name, value:
                    case "turn_detection", {"type": kind}:
                        current[name] = {"type": kind, **_VAD_DEFAULTS[kind], **value}
                    case "turn_detection", dict():
                        current[name] = {"type": "server_vad", **_VAD_DEFAULTS["server_vad"], **value}
                    case "noise_reduction", dict():
                        # Documented: `strength` stays as it is when left out.
                        current[name] = {**(current[name] or {}), **value}
                    case _:
                        current[name] = deepcopy(value)

    def as_sent(self) -> dict[str, Any]:
        """The session as the API shows it."""
        return deepcopy(self._values)

    @property
    def model(self) -> str:
        return self._values["model"]

    @property
    def instructions(self) -> str:
        return self._values["instructions"]

    @property
    def tools(self) -> list[dict[str, Any]]:
        return self._values["tools"]

    @property
    def tool_choice(self) -> str | dict[str, Any]:
        return self._values["tool_choice"]

    @property
    def output_modalities(self) -> list[str]:
        return self._values["output_modalities"]

    @property
    def max_output_tokens(self) -> int | str:
        return self._values["max_output_tokens"]

    @property
    def turn_detection(self) -> dict[str, Any] | None:
        return self._values["audio"]["input"]["turn_detection"]

    @property
    def transcription(self) -> dict[str, Any] | None:
        return self._values["audio"]["input"]["transcription"]

    @property
    def output(self) -> dict[str, Any]:
        """`format`, `voice` and `speed`."""
        return self._values["audio"]["output"]

    @property
    def voice(self) -> Any:
        """A name, or `{"id": ...}`."""
        return self._values["audio"]["output"]["voice"]
