"""One step under way: the call as it becomes, and the commands given so far."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..clock import Instant
from .commands import Command, NoteOddity
from .events import DeadlineKind
from .model import Call
from .outcome import Outcome


class Move:
    """Collects what one event changes. It lives within `machine.step` and never leaves it."""

    def __init__(self, call: Call, now: Instant) -> None:
        self.call = call
        self.now = now
        self.commands: list[Command] = []

    def leg(self, **changes: Any) -> None:
        self.call = replace(self.call, leg=replace(self.call.leg, **changes))

    def session(self, **changes: Any) -> None:
        self.call = replace(self.call, session=replace(self.call.session, **changes))

    def turn(self, **changes: Any) -> None:
        self.call = replace(self.call, turn=replace(self.call.turn, **changes))

    def order(self, *commands: Command) -> None:
        self.commands.extend(commands)

    def oddity(self, what: str) -> None:
        self.order(NoteOddity(what))

    def expect(self, kind: DeadlineKind, within_s: float) -> None:
        """Something must happen within so many seconds from now."""
        self.call = self.call.with_deadline(kind, self.now + within_s)

    def met(self, *kinds: DeadlineKind) -> None:
        """It happened, or is waited for no longer."""
        self.call = self.call.without_deadline(*kinds)

    def decide(self, outcome: Outcome) -> None:
        """Say why the call ends. The first outcome wins."""
        if self.call.outcome is None:
            self.call = replace(self.call, outcome=outcome)
