"""A call at the terminal: what happens, line by line, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from .words import plain

STYLES = {"agent": "bold cyan", "caller": "bold yellow"}


class Printer:
    """Prints the talk of one call as it happens: an item when it is final, a status when it changes."""

    def __init__(self, console: Console, call_id: str, *, words: bool) -> None:
        self._console = console
        self._call_id = call_id
        self._words = words
        self._said: set[str] = set()
        self._status = ""
        self._tools: set[tuple[str, str]] = set()

    def detail(self, call: dict[str, Any]) -> None:
        """All of a call that was not printed yet."""
        self.status(call)
        for item in call["transcript"]:
            self.item(item)
        for tool in call["tool_calls"]:
            self.tool(tool)

    def news(self, kind: str, data: dict[str, Any]) -> None:
        if data.get("call_id") == self._call_id:
            if kind == "call.transcript.updated":
                self.item(data["item"])
            elif kind == "call.tool.called":
                self.tool(data["tool_call"])
        elif data.get("call", {}).get("id") == self._call_id:
            self.status(data["call"])

    def status(self, call: dict[str, Any]) -> None:
        if call["status"] == self._status:
            return
        self._status = call["status"]
        self._line((clock_of(call), "dim"), " ", (call["status"], "bold"))

    def item(self, item: dict[str, Any]) -> None:
        if not self._words or not item["final"] or item["id"] in self._said:
            return
        self._said.add(item["id"])
        marks = (" (scripted)" if item["source"] == "scripted" else "") + (" (cut off)" if item["interrupted"] else "")
        role = (f"{item['role']:>6}", STYLES[item["role"]])
        self._line((place(item["at_ms"]), "dim"), " ", role, "  ", item["text"], (marks, "dim"))

    def tool(self, tool: dict[str, Any]) -> None:
        if not self._words or (tool["id"], tool["status"]) in self._tools:
            return
        self._tools.add((tool["id"], tool["status"]))
        if tool["status"] == "running":
            given = ", ".join(f"{name}={value!r}" for name, value in tool["arguments"].items() if value is not None)
            line = f"{tool['name']}({given})"
        else:
            line = f"{tool['name']}: {tool['output'] or ''}"
        self._line((f"{place(tool['at_ms'])}   tool", "dim"), "  ", (line, "magenta"))

    def _line(self, *parts: str | tuple[str, str]) -> None:
        """Words, or words and their style. They are never read as markup: callers, providers and models wrote them."""
        line = Text()
        for part in parts:
            words, style = (part, "") if isinstance(part, str) else part
            line.append(plain(words), style)
        self._console.print(line, highlight=False)


def summary(call: dict[str, Any]) -> str:
    """How a call ended, in a line for a terminal; to be printed without markup."""
    outcome = call["outcome"]
    if outcome is None:
        return plain(f"{call['to']}: {call['status']}")
    return plain(f"{call['to']}: {outcome['kind']}, {outcome['detail']} ({call['duration_s']:.0f} s)")


def place(at_ms: int) -> str:
    seconds = at_ms // 1000
    return f"{seconds // 60:02}:{seconds % 60:02}"


def clock_of(call: dict[str, Any]) -> str:
    moment = call["ended_at"] or call["answered_at"] or call["started_at"]
    return datetime.fromisoformat(moment).astimezone().strftime("%H:%M:%S")
