"""Names on the bus: where the web role and the supervisor role meet."""

from __future__ import annotations

NEWS = "news"
"""Subject: what watchers see, `{"kind", "call_id", ...}`."""
NEW_CALLS = "calls.new"
"""Queue: calls to be begun, `{"call_id"}`."""
UNCLAIMED_SESSIONS = "engine.unclaimed"
"""Queue: engine sessions offered for no live call of ours, to be rejected, `{"engine_call_id"}`."""


def requests_of(call_id: str) -> str:
    """Subject on which the owner of a call takes facts, `{"name", "detail", "inbox_id"}`, and wishes, `{"request"}`."""
    return f"call.{call_id}"
