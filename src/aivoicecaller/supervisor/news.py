"""News of calls for whoever watches. Losing one loses no fact: the store is the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..bus.base import Bus
from ..calls.transcript import TranscriptItem
from ..store.recordings import Recording
from ..store.tool_calls import ToolCall
from ..topics import NEWS

_TOOL_FIELDS = ("name", "arguments", "output", "status", "at_ms", "duration_ms")


@dataclass(frozen=True, slots=True)
class News:
    """What one call tells its watchers. Kinds are dotted and in the past tense."""

    bus: Bus
    call_id: str

    def changed(self, kind: str) -> None:
        """The call itself changed; watchers read its row."""
        self._publish(f"call.{kind}", {})

    def words(self, item: TranscriptItem, delta: str) -> None:
        self._publish(
            "call.transcript.delta",
            {
                "item_id": item.item_id,
                "role": str(item.role),
                "delta": delta,
                "at_ms": item.at_ms,
                "source": str(item.source),
            },
        )

    def item(self, item: TranscriptItem, position: int) -> None:
        self._publish("call.transcript.updated", {"item": item_shape(item), "position": position})

    def tool(self, tool_call: ToolCall) -> None:
        shape = {"id": tool_call.tool_call_id, **{name: getattr(tool_call, name) for name in _TOOL_FIELDS}}
        self._publish("call.tool.called", {"tool_call": shape})

    def gap(self, from_ms: int, to_ms: int | None) -> None:
        self._publish("call.gap", {"gap": {"from_ms": from_ms, "to_ms": to_ms}})

    def recording(self, recording: Recording) -> None:
        self._publish(
            "call.recording.ready",
            {
                "recording": {
                    "id": recording.id,
                    "url": f"/api/recordings/{recording.id}",
                    "channels": recording.channels,
                    "duration_s": recording.duration_s,
                }
            },
        )

    def _publish(self, kind: str, data: dict[str, Any]) -> None:
        self.bus.publish(NEWS, {"kind": kind, "call_id": self.call_id, **data})


def item_shape(item: TranscriptItem) -> dict[str, Any]:
    return {
        "id": item.item_id,
        "role": str(item.role),
        "text": item.text,
        "at_ms": item.at_ms,
        "final": item.final,
        "interrupted": item.interrupted,
        "source": str(item.source),
    }
