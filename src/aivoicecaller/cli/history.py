"""Calls of the record, printed. The record is read directly, so no server has to run."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..phone import Number
from ..settings import Settings
from ..store import Store, open_store
from ..web import shapes
from .places import DataFolder, read_json
from .sandbox_process import SandboxState, ask_sandbox
from .talk import Printer, summary
from .words import plain


def print_calls(settings: Settings, limit: int, as_json: bool, out: Console) -> None:
    """Errors: StoreError."""
    calls = asyncio.run(_page(settings, limit))
    if as_json:
        out.print_json(json.dumps({"calls": calls}), ensure_ascii=True)
        return
    if not calls:
        out.print("No calls yet. Place one: aivoicecaller call +12025550100 --follow", highlight=False)
        return
    lines = [("when", "id", "to", "agent", "outcome", "length")]
    for call in calls:
        outcome = call["outcome"]
        lines.append(
            (
                datetime.fromisoformat(call["started_at"]).astimezone().strftime("%Y-%m-%d %H:%M"),
                call["id"],
                plain(_readable(call["to"])),
                plain(call["agent"]["name"]),
                outcome["kind"] if outcome else call["status"],
                f"{call['duration_s']:.0f} s",
            )
        )
    # Not a rich table: it would shorten the ids where the terminal is narrow, and ids are there to be copied.
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        out.print(text, style="dim" if line is lines[0] else None, highlight=False, markup=False)


def print_call(settings: Settings, call_id: str, as_json: bool, out: Console) -> bool:
    """False when there is no such call. Errors: StoreError."""
    call = asyncio.run(_detail(settings, call_id))
    if call is None:
        return False
    if as_json:
        out.print_json(json.dumps(call), ensure_ascii=True)
    else:
        Printer(out, call_id, words=True).detail(call)
        out.print(summary(call), highlight=False, markup=False)
    return True


def print_sandbox(folder: DataFolder, as_json: bool, out: Console) -> bool:
    """False when no sandbox runs."""
    found = read_json(folder.sandbox_state)
    state = asyncio.run(ask_sandbox(SandboxState(**found), "GET", "/sandbox/state")) if found else None
    if state is None:
        return False
    if as_json:
        out.print_json(json.dumps(state), ensure_ascii=True)
        return True
    table = Table(box=None, pad_edge=False)
    for title in ("number", "name", "what happens"):
        table.add_column(title)
    for person in state["people"]:
        table.add_row(*(Text(plain(person[key])) for key in ("number", "name", "description")))
    out.print(table)
    return True


def _readable(number: str) -> str:
    return Number(number).for_people() if number.startswith("+") else number


async def _open(settings: Settings) -> Store:
    store = await open_store(settings.record or DataFolder(settings.data_dir).database)
    await store.migrate()
    return store


async def _page(settings: Settings, limit: int) -> list[dict[str, Any]]:
    async with await _open(settings) as store:
        rows, _ = await store.calls.page(limit)
    now = datetime.now(UTC)
    return [shapes.call_summary(row, now).model_dump(mode="json", by_alias=True) for row in rows]


async def _detail(settings: Settings, call_id: str) -> dict[str, Any] | None:
    async with await _open(settings) as store:
        detail = await store.calls.detail(call_id)
    if detail is None:
        return None
    return shapes.call_detail(detail, datetime.now(UTC)).model_dump(mode="json", by_alias=True)
