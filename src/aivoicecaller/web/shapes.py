"""Rows of the record as the API shows them."""

from __future__ import annotations

from datetime import datetime

from ..agents.model import AgentVersion
from ..store.calls import CallDetail, CallRow, EventRow
from ..store.recordings import Recording
from .api import schemas as s


def call_summary(row: CallRow, now: datetime) -> s.CallSummary:
    call = row.call
    return s.CallSummary(
        id=row.id,
        direction=call.direction.value,
        **{"from": row.from_number},
        to=row.to_number,
        agent=s.AgentReference(id=row.agent_id, name=row.agent_name, version=row.agent_version),
        status=call.status,  # pyright: ignore[reportArgumentType]
        outcome=outcome(row),
        sandbox=row.sandbox,
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        duration_s=round(_duration_s(row, now), 3),
    )


def call_detail(detail: CallDetail, now: datetime) -> s.CallDetail:
    return s.CallDetail(
        **dict(call_summary(detail.row, now)),
        transcript=[
            s.TranscriptItem(
                id=item.item_id,
                role=item.role.value,
                text=item.text,
                at_ms=item.at_ms,
                final=item.final,
                interrupted=item.interrupted,
                source=item.source.value,
            )
            for item in detail.transcript
        ],
        tool_calls=[
            s.ToolCall(
                id=tool.tool_call_id,
                name=tool.name,
                arguments=tool.arguments,
                output=tool.output,
                status=tool.status,
                at_ms=tool.at_ms,
                duration_ms=tool.duration_ms,
            )
            for tool in detail.tool_calls
        ],
        recordings=[recording(each) for each in detail.recordings if each.state == "ready"],
        gaps=[s.Gap(from_ms=gap.from_ms, to_ms=gap.to_ms) for gap in detail.gaps],
        recording_state=detail.recording_state,
    )


def outcome(row: CallRow) -> s.Outcome | None:
    """Shown once the call has ended: before that it is only what the end will be called."""
    found = row.call.outcome
    if found is None or not row.call.ended:
        return None
    return s.Outcome(kind=found.kind.value, blame=found.blame.value, detail=found.detail)


def recording(row: Recording) -> s.Recording:
    return s.Recording(id=row.id, url=f"/api/recordings/{row.id}", channels=row.channels, duration_s=row.duration_s)


def event(row: EventRow) -> s.CallEvent:
    return s.CallEvent(seq=row.seq, at=row.at, kind=row.kind, name=row.name, detail=row.detail)


def agent(version: AgentVersion) -> s.Agent:
    config = version.config
    return s.Agent(
        id=version.agent_id,
        name=version.name,
        version=version.version,
        description=version.description,
        instructions=config.instructions,
        greeting=config.greeting,
        model=config.model,
        voice=config.voice,
        tools=list(config.tools),
    )


def _duration_s(row: CallRow, now: datetime) -> float:
    if row.answered_at is None:
        return 0.0
    return max(0.0, ((row.ended_at or now) - row.answered_at).total_seconds())
