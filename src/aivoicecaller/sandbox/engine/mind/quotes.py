"""Finding the words that instructions ask to be said exactly."""

from __future__ import annotations

import re
from typing import Final

_QUOTED: Final = r'(?:"(?P<straight>(?:[^"\\]|\\.){1,2000})"|“(?P<curly>[^”]{1,2000})”)'
_EXACTLY: Final = re.compile(
    r"\b(?:say|speak|read(?: out)?|repeat|use)\b[^\n\"“”.]{0,60}?\b(?:exactly|verbatim|word for word|literally)\b"
    rf"[^\n\"“”.]{{0,60}}?\s*{_QUOTED}",
    re.IGNORECASE,
)
_GREETING: Final = re.compile(
    r"\b(?:greet\w*|welcome|begin|start|open(?:ing)?|answer the (?:call|phone)|first (?:words?|sentence|message|say))\b"
    rf"[^\n\"“”]{{0,120}}?\s*{_QUOTED}",
    re.IGNORECASE,
)
_SAY: Final = re.compile(rf"\bsay(?:ing)?\b[^\n\"“”]{{0,40}}?\s*{_QUOTED}", re.IGNORECASE)
_ANY: Final = re.compile(_QUOTED)


def _first(text: str, patterns: tuple[re.Pattern[str], ...]) -> str | None:
    for pattern in patterns:
        found = pattern.search(text)
        if found:
            words = found.group("straight") or found.group("curly")
            return re.sub(r"\\(.)", r"\1", words).strip()
    return None


def greeting_in(instructions: str) -> str | None:
    """The greeting that a session's instructions quote, or None."""
    return _first(instructions, (_GREETING, _EXACTLY))


def words_in(hint: str) -> str | None:
    """The words that one response's instructions quote, or None."""
    return _first(hint, (_EXACTLY, _GREETING, _SAY, _ANY))
