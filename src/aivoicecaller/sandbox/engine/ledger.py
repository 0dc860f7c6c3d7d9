"""What the engine saw, for tests and for the curious. It holds no secret and no word of a talk."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Final

_LONGEST: Final = 10_000


class Ledger:
    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=_LONGEST)

    def note(self, kind: str, **facts: Any) -> None:
        """Write down that `kind` happened now, at seconds of the world since 1970."""
        self._entries.append({"at": time.time(), "kind": kind, **facts})

    def entries(self) -> list[dict[str, Any]]:
        return list(self._entries)
