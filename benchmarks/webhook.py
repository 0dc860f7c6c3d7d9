"""From the first byte of a webhook sent to accept received.

The caller hears ringing for as long. Calls arrive at random moments (a Poisson stream), the same for both servers; each
is accepted, watched and greeted, and all live on until the round ends.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from itertools import accumulate

from .figures import Figure, Load, Target, percentile
from .provider import PATIENCE_S, Provider
from .sides import BOTH, Name, Side, started


@dataclass(frozen=True, slots=True)
class Extent:
    rates: tuple[float, ...] = (10.0, 50.0)
    """Calls a second."""
    calls: tuple[int, ...] = (60, 200)
    """Calls of a round, for each rate. They must be announced within 15 s of being answered."""
    rounds: int = 5


async def measure(provider: Provider, extent: Extent) -> list[Figure]:
    figures: list[Figure] = []
    for rate, calls in zip(extent.rates, extent.calls, strict=True):
        load = Load()
        waits: dict[Name, list[list[float]]] = {"bare": [], "ours": []}
        for number in range(extent.rounds):
            for name in BOTH:
                async with started(name, provider) as side:
                    waits[name].append(await _round(side, rate, calls, number, load))
        for part, words in ((0.5, "p50"), (0.99, "p99")):
            bare, ours = ([percentile(waits_ms, part) for waits_ms in waits[name]] for name in BOTH)
            name = f"webhook to accept, {rate:g} calls/s, {words}"
            figures.append(Figure(name, "ms", ours, bare, Target(ratio=1.0), str(load)))
    return figures


async def _round(side: Side, rate: float, calls: int, number: int, load: Load) -> list[float]:
    """Milliseconds for each call."""
    arrivals = random.Random(number)
    lines = await side.offers(calls)
    load.begin()
    begin = time.perf_counter() + 0.2
    moments = accumulate(arrivals.expovariate(rate) for _ in lines)
    await asyncio.gather(
        *(
            side.provider.announce(line, side.webhook_url, begin + moment)
            for line, moment in zip(lines, moments, strict=True)
        )
    )
    async with asyncio.timeout(PATIENCE_S):
        accepted = [await line.accepted for line in lines]
        for line in lines:
            await line.greeted
    load.end()
    return [(at - line.announced_at) * 1000 for at, line in zip(accepted, lines, strict=True)]
