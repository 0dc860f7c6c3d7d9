"""What a response costs in tokens: every response bills the whole conversation again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from .conversation import ASSISTANT_AUDIO_MS_PER_TOKEN, Conversation, text_tokens
from .session import Session

_CACHE_BLOCK: Final = 64
"""Prefixes are cached in whole blocks of this many tokens."""
REQUESTS_PER_MINUTE: Final = 200
TOKENS_PER_MINUTE: Final = 40_000
"""The first tier of gpt-realtime-2.1, 2026-11."""


@dataclass(frozen=True, slots=True)
class InputTokens:
    """What a response reads before it begins."""

    text: int
    audio: int
    cached_text: int
    cached_audio: int


class Meter:
    """Counts the tokens of a session's responses."""

    def __init__(self) -> None:
        self._last = InputTokens(0, 0, 0, 0)

    def read(self, session: Session, conversation: Conversation) -> InputTokens:
        """The input of a response made now. What the response before it read is cached."""
        tools = orjson.dumps(session.tools).decode() if session.tools else ""
        entries = conversation.entries()
        text = text_tokens(session.instructions) + text_tokens(tools)
        text += sum(text_tokens(entry.texts()) for entry in entries)
        audio = sum(entry.audio_tokens() for entry in entries)
        self._last = InputTokens(
            text,
            audio,
            cached_text=min(self._last.text, text) // _CACHE_BLOCK * _CACHE_BLOCK,
            cached_audio=min(self._last.audio, audio) // _CACHE_BLOCK * _CACHE_BLOCK,
        )
        return self._last


def usage(read: InputTokens, output_text: str, output_ms: int) -> dict[str, Any]:
    """The `usage` of a response that made `output_text` (transcript, text, arguments) and `output_ms` of speech."""
    out_text, out_audio = text_tokens(output_text), audio_tokens(output_ms)
    return {
        "total_tokens": read.text + read.audio + out_text + out_audio,
        "input_tokens": read.text + read.audio,
        "output_tokens": out_text + out_audio,
        "input_token_details": {
            "text_tokens": read.text,
            "audio_tokens": read.audio,
            "image_tokens": 0,
            "cached_tokens": read.cached_text + read.cached_audio,
            "cached_tokens_details": {
                "text_tokens": read.cached_text,
                "audio_tokens": read.cached_audio,
                "image_tokens": 0,
            },
        },
        "output_token_details": {"text_tokens": out_text, "audio_tokens": out_audio},
    }


def audio_tokens(output_ms: int) -> int:
    """Tokens of speech made by the model."""
    return -(-output_ms // ASSISTANT_AUDIO_MS_PER_TOKEN)


def rate_limits(total_tokens: int) -> list[dict[str, Any]]:
    """What `rate_limits.updated` says after a response of `total_tokens`."""
    left = max(0, TOKENS_PER_MINUTE - total_tokens)
    return [
        {
            "name": "requests",
            "limit": REQUESTS_PER_MINUTE,
            "remaining": REQUESTS_PER_MINUTE - 1,
            "reset_seconds": round(60 / REQUESTS_PER_MINUTE, 3),
        },
        {
            "name": "tokens",
            "limit": TOKENS_PER_MINUTE,
            "remaining": left,
            "reset_seconds": round((TOKENS_PER_MINUTE - left) * 60 / TOKENS_PER_MINUTE, 3),
        },
    ]
