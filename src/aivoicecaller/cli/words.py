"""Words of callers, providers and models, made fit for a terminal."""

from __future__ import annotations

import unicodedata

HARMFUL = frozenset({"Cc", "Cs"})
"""Unicode categories: what steers a terminal (ESC and its like), and halves of characters, which cannot be written."""
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""These turn the direction of what follows, so that a line reads as something else."""


def plain(words: str) -> str:
    """One line of visible characters: no words may move the cursor, clear the screen or fake a line of ours."""
    kept = (
        " " if each.isspace() else each
        for each in words
        if each.isspace() or (each not in TURNS and unicodedata.category(each) not in HARMFUL)
    )
    return "".join(kept)
