"""What it costs to supervise live calls: processor time for a minute of a call, and memory for a call.

Every call talks turn after turn (`turn.py`) at the same even rate, out of step with the others. The messages are the
same bytes for both servers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from . import turn
from .figures import Figure, Load, Target
from .provider import Line, Provider
from .sides import BOTH, Name, Side, started

MEMORY_TARGET_MB = 0.25


@dataclass(frozen=True, slots=True)
class Extent:
    live: tuple[int, ...] = (50, 200)
    """Calls that live at once."""
    seconds: float = 15.0
    """How long they talk while the processor's time is taken."""
    rounds: int = 3


@dataclass(frozen=True, slots=True)
class Cost:
    cpu_s: float
    """For a minute of a call."""
    memory_mb: float
    """For a call: what the process grew by from none to all of them."""


async def measure(provider: Provider, extent: Extent) -> list[Figure]:
    figures: list[Figure] = []
    for live in extent.live:
        load = Load()
        costs: dict[Name, list[Cost]] = {"bare": [], "ours": []}
        for _ in range(extent.rounds):
            for name in BOTH:
                async with started(name, provider) as side:
                    costs[name].append(await _round(side, live, extent.seconds, load))
        bare, ours = ([cost.cpu_s for cost in costs[name]] for name in BOTH)
        name = f"processor for a call-minute, {live} live"
        figures.append(Figure(name, "CPU s", ours, bare, Target(ratio=1.0), str(load)))
        bare, ours = ([cost.memory_mb for cost in costs[name]] for name in BOTH)
        name = f"memory for a call, {live} live"
        figures.append(Figure(name, "MB", ours, bare, Target(absolute=MEMORY_TARGET_MB)))
    return figures


async def _round(side: Side, live: int, seconds: float, load: Load) -> Cost:
    empty = await side.report()
    lines = await side.talking(live)
    # One turn is not counted: the first words of a call make what the later ones use.
    await _talk(lines, 0, 1, speed=4)
    before = await side.report()
    load.begin()
    talked_s = await _talk(lines, 1, 1 + max(1, round(seconds * turn.RATE / len(turn.turn(0)))))
    load.end()
    after = await side.report()
    assert after.live == live, f"{live - after.live} calls were lost."
    return Cost(
        cpu_s=(after.cpu_s - before.cpu_s) / (live * talked_s / 60),
        memory_mb=(after.rss_bytes - empty.rss_bytes) / live / 1e6,
    )


async def _talk(lines: Sequence[Line], first: int, end: int, speed: float = 1.0) -> float:
    """Send the turns from `first` up to `end` on every line, out of step with each other; the seconds it took."""
    messages = [message for number in range(first, end) for message in turn.turn(number)]
    pause_s = 1 / turn.RATE / speed
    begin = time.perf_counter()
    # One task walks around all lines: a task for each would cost more than the sending.
    for place, message in enumerate(messages):
        for number, line in enumerate(lines):
            due = begin + (place + number / len(lines)) * pause_s
            wait_s = due - time.perf_counter()
            if wait_s > 0.001:
                await asyncio.sleep(wait_s)
            await line.send(message)
    return time.perf_counter() - begin
