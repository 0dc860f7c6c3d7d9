"""What the carrier keeps about calls and recordings, and in which order a call may change."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from aivoicecaller.clock import Instant

Status = Literal["queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"]
Direction = Literal["inbound", "outbound-api", "outbound-dial"]
ProgressEvent = Literal["initiated", "ringing", "answered", "completed"]
Method = Literal["GET", "POST"]

LIFE: Final[Mapping[Status, frozenset[Status]]] = {
    "queued": frozenset({"ringing", "in-progress", "busy", "failed", "no-answer", "canceled"}),
    "ringing": frozenset({"in-progress", "busy", "failed", "no-answer", "canceled"}),
    "in-progress": frozenset({"completed"}),
    "completed": frozenset(),
    "busy": frozenset(),
    "failed": frozenset(),
    "no-answer": frozenset(),
    "canceled": frozenset(),
}
"""Which status may follow which. Final states never change."""

FINAL: Final = frozenset(status for status, following in LIFE.items() if not following)


def new_sid(prefix: str) -> str:
    """An identifier as the carrier makes them: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Callback:
    """Where news is sent, and which news."""

    url: str
    method: Method
    events: frozenset[str]


@dataclass(slots=True)
class Call:
    """One leg: one telephone or one SIP address."""

    sid: str
    to: str
    from_: str
    direction: Direction
    created_at: Instant
    parent_sid: str | None = None
    status: Status = "queued"
    updated_at: Instant = 0.0
    started_at: Instant | None = None
    """When it began to ring."""
    answered_at: Instant | None = None
    ended_at: Instant | None = None
    talked_s: float | None = None
    """Seconds of audio. On a fast clock more time than this passes while programs work; nobody pays for that."""
    answered_by: str | None = None
    queue_time_ms: int = 0
    error: tuple[int, str] | None = None
    """Code and sentence of what went wrong, for the last callback."""
    sip_code: int | None = None
    """The final SIP status that ended or answered it."""
    status_callback: Callback | None = None
    events_sent: int = 0
    """The next SequenceNumber."""

    def move(self, status: Status, at: Instant) -> None:
        """Change the status. Raises ValueError for a change that LIFE does not have."""
        if status not in LIFE[self.status]:
            raise ValueError(f"A call that is {self.status} cannot become {status}.")
        self.status = status
        self.updated_at = at
        if status in FINAL:
            self.ended_at = at
        elif status == "in-progress":
            self.answered_at = at
        if self.started_at is None:
            self.started_at = at

    @property
    def over(self) -> bool:
        return self.status in FINAL

    def duration_s(self) -> int:
        """Seconds from the answer to the end; 0 for a call nobody answered."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return round(self.ended_at - self.answered_at if self.talked_s is None else self.talked_s)


RecordingSource = Literal["DialVerb", "OutboundAPI", "RecordVerb"]
RecordingStatus = Literal["in-progress", "processing", "completed", "absent", "deleted"]


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """How a call is to be recorded and who is told."""

    source: RecordingSource
    channels: int
    callback: Callback | None = None


@dataclass(slots=True)
class Recording:
    sid: str
    call_sid: str
    """The parent leg."""
    plan: RecordingPlan
    started_at: Instant
    updated_at: Instant
    status: RecordingStatus = "in-progress"
    duration_s: int | None = None

    @property
    def ready(self) -> bool:
        return self.status == "completed"


@dataclass(slots=True)
class Registry:
    """Everything the account has, oldest first."""

    calls: dict[str, Call] = field(default_factory=dict[str, Call])
    recordings: dict[str, Recording] = field(default_factory=dict[str, Recording])
