"""From a function call sent to its output received, for a tool that does nothing.

Ours is asked for the demo's `book_appointment`, which checks two arguments and makes a sentence of them; it notes the
call of the tool in the record before it runs, and its answer after it. The bare handler answers a constant.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from . import turn
from .figures import Figure, Load, Target, percentile
from .provider import PATIENCE_S, Line, Provider
from .sides import BOTH, Name, Side, started


@dataclass(frozen=True, slots=True)
class Extent:
    lines: int = 10
    """Calls that live at once; one after the other calls its tool."""
    tools: int = 150
    """Tools that are called in a round."""
    rounds: int = 5


async def measure(provider: Provider, extent: Extent) -> list[Figure]:
    load = Load()
    waits: dict[Name, list[list[float]]] = {"bare": [], "ours": []}
    for _ in range(extent.rounds):
        for name in BOTH:
            async with started(name, provider) as side:
                waits[name].append(await _round(side, extent, load))
    figures: list[Figure] = []
    for part, words in ((0.5, "p50"), (0.99, "p99")):
        bare, ours = ([percentile(waits_ms, part) for waits_ms in waits[name]] for name in BOTH)
        # The target is for the usual case; of so few the slowest hundredth is the machine's.
        target = Target(ratio=2.0) if part == 0.5 else Target()
        figures.append(Figure(f"function call to output, {words}", "ms", ours, bare, target, str(load)))
    return figures


async def _round(side: Side, extent: Extent, load: Load) -> list[float]:
    """Milliseconds for each call of a tool."""
    lines = await side.talking(extent.lines)
    load.begin()
    waits_ms = [await _call_tool(lines[number % len(lines)], number) for number in range(extent.tools)]
    load.end()
    return waits_ms


async def _call_tool(line: Line, number: int) -> float:
    begins, ends = turn.tool_request(f"resp_tool_{number}", f"call_{number:016d}")
    line.tool_answered = asyncio.get_running_loop().create_future()
    await line.send(begins)
    # A response takes a while; its beginning is dealt with long before its end comes.
    await asyncio.sleep(0.02)
    sent_at = time.perf_counter()
    await line.send(ends)
    answered_at = await asyncio.wait_for(line.tool_answered, PATIENCE_S)
    return (answered_at - sent_at) * 1000
