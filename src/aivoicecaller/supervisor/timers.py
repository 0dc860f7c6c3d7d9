"""The one timer of a call: it is set to the deadline that passes first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..calls.events import DeadlineKind
from ..clock import Clock, Instant


class DeadlineTimer:
    """Tells `passed` once when the deadline it was set to is due."""

    def __init__(self, clock: Clock, passed: Callable[[DeadlineKind], None]) -> None:
        self._clock = clock
        self._passed = passed
        self._pending: tuple[DeadlineKind, Instant] | None = None
        self._handle: asyncio.TimerHandle | None = None

    def set(self, pending: tuple[DeadlineKind, Instant] | None) -> None:
        if pending == self._pending and self._handle is not None:
            return
        self.stop()
        self._pending = pending
        if pending is not None:
            wait_s = self._clock.real_seconds(pending[1] - self._clock.now())
            self._handle = asyncio.get_running_loop().call_later(wait_s, self._ring)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _ring(self) -> None:
        assert self._pending is not None
        kind, at = self._pending
        self._handle = None
        if self._clock.now() < at:
            # The loop may wake a moment early by our clock; a deadline not yet due would be ignored.
            self.set(self._pending)
            return
        self._passed(kind)
