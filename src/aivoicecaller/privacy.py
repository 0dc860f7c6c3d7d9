"""What must not reach a log: phone numbers, names, spoken words and secrets are wrapped before they are logged."""

from __future__ import annotations

import re
from typing import Any


class Private:
    """A personal value. It prints as its kind and length, never as itself."""

    __slots__ = ("_value", "kind")

    def __init__(self, value: str, kind: str = "text") -> None:
        self._value = value
        self.kind = kind

    def reveal(self) -> str:
        return self._value

    def __str__(self) -> str:
        return f"<{self.kind}:{len(self._value)}>"

    __repr__ = __str__


def masked_number(number: str) -> str:
    """A number for a log: the country part and the last two digits, `+1…00`."""
    digits = re.sub(r"\D", "", number)
    return f"+{digits[:1]}…{digits[-2:]}" if len(digits) >= 4 else "…"


_NUMBER = re.compile(r"(?<![\w.-])\+\d{7,15}(?!\d)")
_SECRET = re.compile(r"\b(?:sk-[\w-]{6,}|ek_[\w-]{6,}|whsec_[\w+/=-]{6,})")


def scrub(value: Any) -> Any:
    """`value` with anything in its strings that looks like a number or a secret masked; the last net, not the first."""
    if isinstance(value, str):
        return _SECRET.sub("<secret>", _NUMBER.sub(lambda match: masked_number(match.group()), value))
    if isinstance(value, dict):
        return {key: scrub(inner) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, (list, tuple)):
        return [scrub(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    return value
