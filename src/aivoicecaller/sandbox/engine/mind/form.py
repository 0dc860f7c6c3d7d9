"""A tool whose parameters are being asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from . import lines
from .model import Tool
from .slots import noun_for, value_for


@dataclass(slots=True)
class Form:
    tool: Tool
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    asked: tuple[str, ...] = ()
    """The parameters the caller was last asked for."""

    def fill(self, text: str, today: date) -> bool:
        """Take from `text` what it holds; whether it held anything."""
        before = len(self.values)
        for name, schema in self.tool.properties.items():
            alone = self.asked == (name,)
            value = value_for(name, schema, text, today, asked=alone) if name not in self.values else None
            if value is not None:
                self.values[name] = value
        return len(self.values) > before

    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in self.tool.required if name not in self.values)

    def wants_yes_or_no(self) -> bool:
        return len(self.asked) == 1 and self.tool.properties[self.asked[0]].get("type") == "boolean"

    def question(self, *, understood: bool) -> str:
        """Ask for what is missing. `understood`: the caller's last words were of use."""
        self.asked = self.missing()
        nouns = [noun_for(name, self.tool.properties[name]) for name in self.asked]
        return lines.ask_for(nouns, understood=understood)


def with_any_words(tool: Tool, values: dict[str, Any], words: str) -> dict[str, Any]:
    """`values` and something that fits the schema for each required parameter that has none."""
    filled = dict(values)
    for name in tool.required:
        schema = tool.properties[name]
        if name in filled:
            continue
        if "enum" in schema:
            filled[name] = schema["enum"][0]
        else:
            fitting: dict[str, Any] = {"integer": 0, "number": 0, "boolean": True, "array": [], "object": {}}
            filled[name] = fitting.get(str(schema.get("type")), words or lines.NOT_SAID)
    return json.loads(json.dumps(filled))
