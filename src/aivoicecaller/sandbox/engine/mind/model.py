"""What goes into the mind and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the session offers."""

    name: str
    description: str
    parameters: dict[str, Any]
    """JSON Schema of an object."""

    @property
    def properties(self) -> dict[str, dict[str, Any]]:
        return self.parameters.get("properties") or {}

    @property
    def required(self) -> list[str]:
        required: list[str] = self.parameters.get("required") or []
        return [name for name in required if name in self.properties]


@dataclass(frozen=True, slots=True)
class Request:
    """What a response is asked to be."""

    instructions: str
    """The session's."""
    hint: str | None
    """Instructions given with this response alone."""
    tools: Sequence[Tool]
    forced_tool: str | None = None
    """A tool that must be called, by name; "" means any, None means no force."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say, and then which tools to call. Both may be missing, not both at once."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()


# What the mind has learnt since it last replied.


@dataclass(frozen=True, slots=True)
class Said:
    """The caller said, or somebody wrote on the caller's side, `text`; empty when the sound had no known words."""

    text: str


@dataclass(frozen=True, slots=True)
class Noted:
    """The application wrote `text` into the conversation as the system, such as "The caller pressed 1, 2."."""

    text: str


@dataclass(frozen=True, slots=True)
class Pressed:
    digit: str


@dataclass(frozen=True, slots=True)
class ToolAnswered:
    name: str
    output: str


News = Said | Noted | Pressed | ToolAnswered
