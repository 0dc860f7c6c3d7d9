"""Time in the sandbox: one clock that can be sped up while it runs, and one scheduler for the audio of all calls.

A call's audio goes in ticks of 20 ms. One timer serves every call: on each wake-up every call gets the ticks that
are due since it joined, so nothing drifts, and at high speed one wake-up does several ticks. A call that cannot
go on (its far side still owes audio) refuses a tick; its media time then stands still and catches up later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aivoicecaller.clock import Clock
from aivoicecaller.sandbox.trunk import FRAME_MS

MIN_WAKE_S: Final = 0.001
"""The shortest pause between wake-ups, in seconds of the world: event loops do not keep shorter ones."""
MAX_BACKLOG_TICKS: Final = 50
"""A call that is further behind (one second of audio) lets the rest go: the machine was too slow or asleep."""


class SandboxClock(Clock):
    """A clock whose speed may change while it runs; what it has shown stays true."""

    def set_speed(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError("A clock's speed must be above 0.")
        self._epoch, self._start = self.now(), time.monotonic()
        self.speed = speed


@dataclass(slots=True, eq=False)
class Seat:
    """One call's place at the clock."""

    tick: Callable[[], bool]
    """Does 20 ms of the call; False when it cannot go on yet."""
    on_error: Callable[[Exception], None]
    """Told when a tick raised; the call has lost its place then, its neighbours have not."""
    joined_at: float
    ticks: int = 0


class MediaClock:
    """Gives every call its ticks. Speeds above 1 make ticks shorter, not different."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seats: list[Seat] = []
        self._timer: asyncio.TimerHandle | None = None

    def join(self, tick: Callable[[], bool], on_error: Callable[[Exception], None]) -> Seat:
        """Begin to tick a call from now on."""
        seat = Seat(tick, on_error, self._clock.now())
        self._seats.append(seat)
        if self._timer is None:
            self._schedule()
        return seat

    def leave(self, seat: Seat) -> None:
        """Stop ticking; harmless when it has left already."""
        if seat in self._seats:
            self._seats.remove(seat)
        if not self._seats and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        pause = max(MIN_WAKE_S, self._clock.real_seconds(FRAME_MS / 1000))
        self._timer = asyncio.get_running_loop().call_later(pause, self._wake)

    def _wake(self) -> None:
        self._schedule()
        now = self._clock.now()
        for seat in tuple(self._seats):
            self._serve(seat, now)

    def _serve(self, seat: Seat, now: float) -> None:
        due = int((now - seat.joined_at) * 1000 / FRAME_MS) - seat.ticks
        if due > MAX_BACKLOG_TICKS:
            seat.joined_at += (due - MAX_BACKLOG_TICKS) * FRAME_MS / 1000
            due = MAX_BACKLOG_TICKS
        for _ in range(due):
            try:
                if seat not in self._seats or not seat.tick():
                    return
            except Exception as error:
                self.leave(seat)
                seat.on_error(error)
                return
            seat.ticks += 1
