"""What the caller hears: sounds in a row, one frame at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aivoicecaller.sandbox.trunk import FRAME_MS, SILENCE


@dataclass(slots=True, eq=False)
class Sound:
    """The speech of one item."""

    response_id: str
    item_id: str
    frames: Sequence[bytes]
    played: int = 0
    """Frames the caller has heard."""

    @property
    def played_ms(self) -> int:
        return self.played * FRAME_MS

    @property
    def duration_ms(self) -> int:
        return len(self.frames) * FRAME_MS


class Playback:
    def __init__(self, on_started: Callable[[Sound], None], on_stopped: Callable[[Sound], None]) -> None:
        self._queue: deque[Sound] = deque()
        self._on_started = on_started
        self._on_stopped = on_stopped

    @property
    def is_idle(self) -> bool:
        return not self._queue

    def add(self, sound: Sound) -> None:
        """Play `sound`, which has a frame at least, after those that wait already."""
        self._queue.append(sound)

    def next_frame(self) -> bytes:
        if not self._queue:
            return SILENCE
        sound = self._queue[0]
        if not sound.played:
            self._on_started(sound)
        frame = sound.frames[sound.played]
        sound.played += 1
        if sound.played == len(sound.frames):
            self._queue.popleft()
            self._on_stopped(sound)
        return frame

    def clear(self) -> list[Sound]:
        """Drop everything at once; the sounds that were not played to their end, in order."""
        dropped = list(self._queue)
        self._queue.clear()
        return dropped
