"""The shapes of the API, for the dashboard, the command line and anybody else.

Times are UTC in ISO 8601, numbers E.164, durations seconds unless the name says otherwise.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

CallStatus = Literal["queued", "dialing", "ringing", "answered", "ended"]
OutcomeKind = Literal["completed", "busy", "no_answer", "voicemail", "canceled", "failed", "refused"]
Blame = Literal["caller", "callee", "carrier", "engine", "us", "unknown"]
Role = Literal["agent", "caller"]
Source = Literal["recognised", "generated", "scripted"]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class NewCall(Shape):
    """An outgoing call somebody asks for."""

    agent: str = Field(description="Id or name of the agent that will speak.", examples=["demo"], max_length=100)
    to: str = Field(
        description="Number to ring: E.164 (`+12025550100`), or any national form together with `country`.",
        examples=["+12025550100"],
        max_length=64,
    )
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = Field(
        default=None, description="Two-letter country that a national form of `to` belongs to."
    )
    variables: dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=2000)]] = Field(
        default_factory=dict, max_length=50, description="Values for the agent's `{{variables}}`."
    )


class Outcome(Shape):
    """How a call ended, and whose doing it was."""

    kind: OutcomeKind
    blame: Blame
    detail: str = Field(description="One sentence for people.")


class AgentReference(Shape):
    id: str
    name: str
    version: int


class CallSummary(Shape):
    """One line of the history."""

    id: str
    direction: Literal["outbound", "inbound"]
    from_: str = Field(alias="from")
    to: str
    agent: AgentReference
    status: CallStatus
    outcome: Outcome | None
    sandbox: bool = Field(description="Whether the carrier or the engine was the offline stand-in.")
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    duration_s: float = Field(description="Seconds from answer to end, or to now while it lasts. 0 if never answered.")


class TranscriptItem(Shape):
    """One thing said, in speaking order."""

    id: str
    role: Role
    text: str
    at_ms: int = Field(description="Milliseconds from the answer to the first sound of it.")
    final: bool = Field(description="False while it is still being spoken.")
    interrupted: bool = Field(description="True when the other side cut it off.")
    source: Source = Field(description="`scripted`: words of a sandbox person, not recognised speech.")


class ToolCall(Shape):
    id: str
    name: str
    arguments: dict[str, Any]
    output: str | None = Field(description="What the agent was told; null while the tool runs.")
    status: Literal["running", "done", "failed"]
    at_ms: int
    duration_ms: int | None


class Recording(Shape):
    id: str
    url: str = Field(description="Our own address, behind the log-in; supports range requests.")
    channels: int = Field(description="2: the first is the caller's, the second the agent's.")
    duration_s: float


class Gap(Shape):
    """A stretch in which we did not hear the talk, for instance while the server restarted."""

    from_ms: int
    to_ms: int | None


class CallDetail(CallSummary):
    transcript: list[TranscriptItem]
    tool_calls: list[ToolCall]
    recordings: list[Recording]
    gaps: list[Gap]
    recording_state: Literal["none", "expected", "ready", "unavailable"]


class CallPage(Shape):
    calls: list[CallSummary]
    next: str | None = Field(description="Pass as `cursor` to read on; null at the end.")


class CallEvent(Shape):
    """One entry of what the call's machine saw (`fact`) or ordered (`command`)."""

    seq: int
    at: datetime
    kind: Literal["fact", "command", "oddity"]
    name: str
    detail: dict[str, Any]


class CallEvents(Shape):
    events: list[CallEvent]


class Agent(Shape):
    id: str
    name: str
    version: int
    description: str
    instructions: str
    greeting: str
    model: str
    voice: str
    tools: list[str]


class AgentList(Shape):
    agents: list[Agent]


class Person(Shape):
    """Somebody in the sandbox who can be called."""

    number: str
    name: str
    description: str


class ProviderState(Shape):
    name: Literal["carrier", "engine"]
    mode: Literal["sandbox", "real", "missing"]
    summary: str = Field(description="One sentence for people.")
    missing: list[str] = Field(description="Names of settings that still need a value.")


class Status(Shape):
    """What this installation is and whether it can place a call now."""

    version: str
    sandbox: bool
    can_call: bool
    from_number: str | None
    default_country: str
    providers: list[ProviderState]
    people: list[Person] = Field(description="Sandbox people to call; empty outside the sandbox.")


class Login(Shape):
    name: str
    expires_at: datetime


class NewLogin(Shape):
    """Log in with the password from ADMIN_PASSWORD."""

    password: str = Field(max_length=1000)


class FieldFault(Shape):
    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details: the one shape of every error."""

    type: str = Field(description="A stable address of the kind of problem, such as `/problems/number-invalid`.")
    title: str
    status: int
    detail: str = Field(description="What is wrong and what to do, for people.")
    call_id: str | None = None
    errors: list[FieldFault] = Field(default_factory=list[FieldFault], description="Faults by field of the request.")
