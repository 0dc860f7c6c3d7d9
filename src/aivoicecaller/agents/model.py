"""What an agent is: how it speaks, what it may use, and how long it may talk."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SemanticTurnDetection(Part):
    """A model decides whether the caller has finished."""

    type: Literal["semantic_vad"] = "semantic_vad"
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"


class ServerTurnDetection(Part):
    """Silence decides whether the caller has finished. Numbers are left out where None: SIP may refuse them."""

    type: Literal["server_vad"] = "server_vad"
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    prefix_padding_ms: Annotated[int, Field(ge=0, le=10_000)] | None = None
    silence_duration_ms: Annotated[int, Field(ge=0, le=10_000)] | None = None


class Transcription(Part):
    """How the caller's words are written down."""

    model: str = "gpt-realtime-whisper"
    language: str | None = None


class AgentLimits(Part):
    ring_s: Annotated[float, Field(ge=5, le=600)] = 30
    talk_s: Annotated[float, Field(ge=10, le=3540)] = 900
    """Below the engine's 60 minutes, so that the end is ours and polite."""
    silence_s: Annotated[float, Field(ge=3, le=120)] = 12
    silence_prompts: Annotated[int, Field(ge=0, le=5)] = 2


class AgentConfig(Part):
    """One frozen version of an agent. A call keeps the version it began with."""

    instructions: str
    greeting: str = ""
    """Its exact first words; empty lets the engine find them."""
    model: str = "gpt-realtime-2.1"
    voice: str = "marin"
    speed: Annotated[float, Field(ge=0.25, le=1.5)] = 1.0
    turn_detection: Annotated[SemanticTurnDetection | ServerTurnDetection, Field(discriminator="type")] = (
        SemanticTurnDetection()
    )
    noise_reduction: Literal["near_field", "far_field"] | None = None
    transcription: Transcription | None = Transcription()
    tools: tuple[str, ...] = ("end_call",)
    """Names of tools that exist in the tools room."""
    reasoning_effort: Literal["minimal", "low", "medium", "high", "xhigh"] | None = "low"
    max_output_tokens: Annotated[int, Field(ge=1, le=4096)] | None = None
    voicemail: Literal["hang_up", "talk"] = "hang_up"
    record: bool = True
    limits: AgentLimits = AgentLimits()


class AgentVersion(Part):
    """An agent as a call sees it."""

    agent_id: str
    name: str
    description: str
    version: int
    config: AgentConfig


class ToolSpec(Part):
    """A tool as the engine is told of it. `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: dict[str, Any]
