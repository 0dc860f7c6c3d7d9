"""Timers in media time: they stand still while no audio flows, and run fast when it does."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count


class MediaTimers:
    """`now_ms` is the caller's audio received so far, in milliseconds."""

    def __init__(self) -> None:
        self.now_ms = 0
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()

    def after(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Do `action` when `delay_ms` more have passed; at the next frame for 0."""
        heapq.heappush(self._due, (self.now_ms + delay_ms, next(self._order), action))

    def advance(self, by_ms: int) -> None:
        """Let time pass and do what is due."""
        self.now_ms += by_ms
        while self._due and self._due[0][0] <= self.now_ms:
            heapq.heappop(self._due)[2]()
