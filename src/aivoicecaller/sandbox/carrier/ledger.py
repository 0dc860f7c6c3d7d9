"""What the carrier did, in order: for tests, and for people who wonder what happened. It holds no secret."""

from __future__ import annotations

from collections import deque
from typing import Any, Final
from urllib.parse import urlsplit

from aivoicecaller.clock import Clock

CAPACITY: Final = 10_000


class Ledger:
    """A bounded list of entries; each has `n`, `at` (ISO 8601, the sandbox's clock), `kind` and its own facts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[dict[str, Any]] = deque(maxlen=CAPACITY)
        self._count = 0

    def note(self, kind: str, **facts: Any) -> None:
        """Write an entry; facts that are None are left out."""
        self._count += 1
        known = {name: value for name, value in facts.items() if value is not None}
        self._entries.append({"n": self._count, "at": self._clock.utc().isoformat(), "kind": kind, **known})

    def entries(self, after: int = 0) -> list[dict[str, Any]]:
        """The entries numbered above `after`."""
        return [entry for entry in self._entries if entry["n"] > after]


def public_part(url: str) -> str:
    """Scheme, host and path of `url`: query strings carry secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
