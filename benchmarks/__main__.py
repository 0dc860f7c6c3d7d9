"""`python -m benchmarks [webhook] [tool] [supervision] [start] [--quick]`: measure, and print ratios.

Both servers are measured in turns in one run; the median of the rounds counts. See docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from . import machine, starting, supervision, tool_round, webhook
from .figures import Figure
from .provider import Provider

RESULTS = Path(__file__).parent / "results"

Measure = Callable[[Provider, bool], Awaitable[list[Figure]]]


async def _webhook(provider: Provider, quick: bool) -> list[Figure]:
    return await webhook.measure(provider, webhook.Extent(calls=(20, 50), rounds=1) if quick else webhook.Extent())


async def _tool(provider: Provider, quick: bool) -> list[Figure]:
    return await tool_round.measure(provider, tool_round.Extent(tools=30, rounds=1) if quick else tool_round.Extent())


async def _supervision(provider: Provider, quick: bool) -> list[Figure]:
    extent = supervision.Extent(live=(20,), seconds=3, rounds=1) if quick else supervision.Extent()
    return await supervision.measure(provider, extent)


async def _start(provider: Provider, quick: bool) -> list[Figure]:
    return [] if quick else await asyncio.to_thread(starting.measure)


BENCHMARKS: dict[str, Measure] = {
    "webhook": _webhook,
    "tool": _tool,
    "supervision": _supervision,
    "start": _start,
}


async def run(names: list[str], quick: bool) -> list[Figure]:
    figures: list[Figure] = []
    for name in names:
        async with Provider() as provider:
            figures += await BENCHMARKS[name](provider, quick)
    return figures


def table(figures: list[Figure]) -> Table:
    shown = Table(box=None, pad_edge=False)
    for title in ("figure", "unit", "ours", "bare", "ratio", "target", "load maker"):
        shown.add_column(
            title, no_wrap=title != "load maker", justify="left" if title in ("figure", "unit") else "right"
        )
    for figure in figures:
        limit = figure.target.ratio if figure.target.ratio is not None else figure.target.absolute
        met = {True: " met", False: " NOT met", None: ""}[figure.met]
        shown.add_row(
            figure.name,
            figure.unit,
            f"{statistics.median(figure.ours):.3g}",
            f"{statistics.median(figure.bare):.3g}" if figure.bare else "",
            f"{figure.ratio:.2f}" if figure.ratio is not None else "",
            f"{limit:g}{met}" if limit is not None else "",
            figure.load,
        )
    return shown


def document(figures: list[Figure], state: dict[str, object]) -> dict[str, object]:
    return {
        "machine": state,
        "figures": [
            {
                "name": figure.name,
                "unit": figure.unit,
                "ours": list(figure.ours),
                "bare": list(figure.bare),
                "ratio": figure.ratio,
                "met": figure.met,
                "load": figure.load,
            }
            for figure in figures
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure against a bare handler and print ratios.")
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="which; all when none is named")
    parser.add_argument("--quick", action="store_true", help="few rounds: shows that it runs, not how fast")
    given = parser.parse_args()
    state = machine.state()
    figures = asyncio.run(run(given.names or list(BENCHMARKS), given.quick))
    console = Console(width=140)
    console.print(table(figures))
    if not given.quick:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{date.today().isoformat()}.json"
        path.write_bytes(orjson.dumps(document(figures, state), option=orjson.OPT_INDENT_2) + b"\n")
        console.print(f"Written to {path}.")


if __name__ == "__main__":
    main()
