"""What a benchmark brings back: figures of both servers, side by side, with the target they are held to."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Target:
    """The most that ours may be: so many times the bare handler's, or so much."""

    ratio: float | None = None
    absolute: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of interest, measured in some rounds of both servers in turns. The median of the rounds counts."""

    name: str
    unit: str
    ours: Sequence[float]
    """One value for each round."""
    bare: Sequence[float] = ()
    """The same of the bare handler; empty where the comparison has no sense."""
    target: Target = field(default_factory=Target)
    load: str = ""
    """What the stand-in for the providers cost meanwhile."""

    @property
    def ratio(self) -> float | None:
        """Ours to the bare handler's: the median of the rounds' own ratios, each of two neighbours in time."""
        if not self.bare:
            return None
        return statistics.median(ours / bare for ours, bare in zip(self.ours, self.bare, strict=True))

    @property
    def met(self) -> bool | None:
        """None where there is no target."""
        if self.target.ratio is not None and self.ratio is not None:
            return self.ratio <= self.target.ratio
        if self.target.absolute is not None:
            return statistics.median(self.ours) <= self.target.absolute
        return None


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least `part` of all do not exceed."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


class Load:
    """How busy this process was, which makes the load: above 70 % of a core it would be what is measured."""

    LIMIT = 0.7

    def __init__(self) -> None:
        self._shares: list[float] = []
        self._begun = (0.0, 0.0)

    def begin(self) -> None:
        self._begun = (time.perf_counter(), time.process_time())

    def end(self) -> None:
        seconds, cpu_s = time.perf_counter() - self._begun[0], time.process_time() - self._begun[1]
        self._shares.append(cpu_s / seconds)

    def __str__(self) -> str:
        share = max(self._shares)
        warning = "" if share < self.LIMIT else ", too much: do not trust this figure"
        return f"{share:.0%} of a core{warning}"
