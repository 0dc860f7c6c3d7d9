"""What a signal does to a command that has something to put in order first."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Generator
from types import FrameType
from typing import Final

ENDING: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Windows has no SIGHUP."""


@contextlib.contextmanager
def as_interrupts() -> Generator[None]:
    """A polite end and a closed terminal raise KeyboardInterrupt, as Ctrl-C does."""
    before = [(number, signal.signal(number, _interrupt)) for number in ENDING]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextlib.contextmanager
def held_back() -> Generator[None]:
    """A signal waits until the end of this: for steps whose result must be known before they can be undone."""
    came: list[int] = []
    before = [(number, signal.signal(number, lambda number, _: came.append(number))) for number in ENDING]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
