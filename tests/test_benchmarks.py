"""The benchmarks run and count what they say. Nothing is asserted about time."""

from __future__ import annotations

from benchmarks import tool_round, webhook
from benchmarks.__main__ import document, table
from benchmarks.figures import Figure, Target, percentile
from benchmarks.provider import Provider


async def test_a_short_round_of_both_servers_gives_a_figure_of_each():
    async with Provider() as provider:
        figures = await webhook.measure(provider, webhook.Extent(rates=(50.0,), calls=(4,), rounds=1))
        figures += await tool_round.measure(provider, tool_round.Extent(lines=1, tools=2, rounds=1))
    assert [figure.name for figure in figures] == [
        "webhook to accept, 50 calls/s, p50",
        "webhook to accept, 50 calls/s, p99",
        "function call to output, p50",
        "function call to output, p99",
    ]
    assert all(len(figure.ours) == len(figure.bare) == 1 and figure.ratio > 0 for figure in figures)
    assert len(table(figures).rows) == len(document(figures, {})["figures"]) == 4


def test_the_median_of_the_rounds_counts_and_a_target_is_held_against_it():
    figure = Figure("x", "ms", ours=[2, 9, 3], bare=[2, 3, 2], target=Target(ratio=1.5))
    assert figure.ratio == 1.5
    assert figure.met
    assert Figure("x", "MB", ours=[0.3], target=Target(absolute=0.25)).met is False
    assert Figure("x", "s", ours=[1]).met is None
    assert percentile([3, 1, 2], 0.5) == 2
