"""The newest live messages, numbered, so that a reader who was away for a moment can catch up."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    kind: str
    data: dict[str, Any]


class History:
    """A ring of at most `capacity` messages. Their ids rise by one, beginning after `after`.

    By default that is the milliseconds since 1970: a process would have to send more than 1000 messages a second all
    its life for its ids to reach those of the next process, and be taken for them.
    """

    def __init__(self, capacity: int = 2000, after: int | None = None) -> None:
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._last = time.time_ns() // 1_000_000 if after is None else after

    def append(self, kind: str, data: dict[str, Any]) -> int:
        self._last += 1
        self._entries.append(Entry(self._last, kind, data))
        return self._last

    def since(self, last_id: int) -> list[Entry] | None:
        """What came after `last_id`; None when that is not known (any more) and the reader must read anew."""
        newer = self._last - last_id
        if newer < 0 or newer > len(self._entries):
            return None
        return list(islice(self._entries, len(self._entries) - newer, None))

    def clear(self) -> None:
        """Forget everything, because something was missed: whoever comes back must read anew."""
        self._entries.clear()
        self._last += 1
