"""One clock for everything that waits or dates. `now` never goes back while the process lives."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

Instant = float
"""Seconds since 1970-01-01 UTC by a Clock; comparable across restarts."""


class Clock:
    """Wall time at the start, monotonic from then on, and `speed` times as fast as the world.

    A speed above 1 lets a whole call run in a second or two: deadlines, dates and durations all shrink
    alike. Signatures of providers are not checked against it; they use the world's time.
    """

    def __init__(self, speed: float = 1.0, since: Instant | None = None) -> None:
        """`since`: the moment at which a fast clock was right; processes that share it agree on the time."""
        if speed <= 0:
            raise ValueError("A clock's speed must be above 0.")
        self.speed = speed
        now = time.time()
        self._epoch = now if since is None else since + (now - since) * speed
        self._start = time.monotonic()

    def now(self) -> Instant:
        """Seconds since 1970 UTC."""
        return self._epoch + (time.monotonic() - self._start) * self.speed

    def utc(self) -> datetime:
        return to_datetime(self.now())

    def real_seconds(self, seconds: float) -> float:
        """Seconds of the world that pass while this clock advances by `seconds`."""
        return max(0.0, seconds) / self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.real_seconds(seconds))


class ManualClock(Clock):
    """A clock that stands still until a test moves it."""

    def __init__(self, start: Instant = 1_795_000_000.0) -> None:
        super().__init__()
        self._now = start

    def now(self) -> Instant:
        return self._now

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("A clock does not go back.")
        self._now += seconds


def to_datetime(at: Instant) -> datetime:
    return datetime.fromtimestamp(at, UTC)
