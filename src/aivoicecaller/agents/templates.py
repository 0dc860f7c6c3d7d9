"""`{{variables}}` in an agent's words. Plain substitution in one pass: a value is never read as a template."""

from __future__ import annotations

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,63})\s*\}\}")


class VariablesMissing(ValueError):
    """The text names variables that have no value."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(f"No value was given for {', '.join(names)}.")


def variables_of(*texts: str) -> tuple[str, ...]:
    """The names used in the texts, each once, in the order they appear."""
    return tuple(dict.fromkeys(name for text in texts for name in _VARIABLE.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with each `{{name}}` replaced. Errors: VariablesMissing with all names that lack a value."""
    missing = tuple(name for name in variables_of(text) if name not in values)
    if missing:
        raise VariablesMissing(missing)
    return _VARIABLE.sub(lambda match: values[match.group(1)], text)
