"""Faults that can be switched on: what goes wrong on a provider's side, at a named point, a counted number of times.

Both halves of the sandbox ask `take(point)` whenever they pass a point; a fault comes back when one is armed.

kind          what happens at a point that answers              what happens at a point that sends
delay         the work is done, the answer comes late           it is sent late, later ones overtake it
status        the work is not done, `status` is answered        the far side seems to have answered `status`
lost_answer   the work is done, the connection is cut           it is sent, the answer never arrives
close         nothing is done, the connection is cut            the connection is cut
duplicate     -                                                 it is sent twice at the same time
reorder       -                                                 it is sent after the next one
drop          -                                                 it is not sent
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast, get_args

Kind = Literal["delay", "duplicate", "reorder", "drop", "status", "lost_answer", "close"]

ANSWERING: Final = frozenset[Kind]({"delay", "status", "lost_answer", "close"})
SENDING: Final = frozenset[Kind]({"delay", "duplicate", "reorder", "drop"})
FETCHING: Final = frozenset[Kind]({"delay", "duplicate", "drop", "status", "lost_answer"})

POINTS: Final[Mapping[str, frozenset[Kind]]] = {
    "carrier.create_call": ANSWERING,
    "carrier.fetch_call": ANSWERING,
    "carrier.update_call": ANSWERING,
    "carrier.list_calls": ANSWERING,
    "carrier.recording_media": ANSWERING,
    "carrier.status_callback": SENDING,
    "carrier.recording_callback": SENDING,
    "carrier.amd_callback": SENDING,
    "carrier.twiml": FETCHING,
    "engine.client_secrets": ANSWERING,
    "engine.accept": ANSWERING,
    "engine.reject": ANSWERING,
    "engine.hangup": ANSWERING,
    "engine.webhook": SENDING,
    "engine.sideband.attach": ANSWERING,
    "engine.sideband.event": SENDING | frozenset[Kind]({"close"}),
}
"""Every point, and the kinds that mean something there."""


class FaultError(ValueError):
    """A fault that cannot be switched on: unknown point or kind, or a number out of range."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    point: str
    kind: Kind
    seconds: float = 1.0
    """How late a `delay` is, on the sandbox's clock."""
    status: int = 503
    """The HTTP status of a `status` fault."""
    remaining: int = 1
    """How many times it still happens."""
    after: int = 0
    """How many passes of the point are spared first."""

    def __post_init__(self) -> None:
        kinds = POINTS.get(self.point)
        if kinds is None:
            raise FaultError(f"There is no fault point {self.point!r}. Points: {', '.join(POINTS)}.")
        if self.kind not in kinds:
            raise FaultError(f"{self.kind!r} means nothing at {self.point}. Kinds: {', '.join(sorted(kinds))}.")
        if not 0 <= self.seconds <= 3600:
            raise FaultError("`seconds` must be from 0 to 3600.")
        if not 400 <= self.status <= 599:
            raise FaultError("`status` must be from 400 to 599.")
        if self.remaining < 1 or self.after < 0:
            raise FaultError("`remaining` must be at least 1 and `after` at least 0.")


_FIELDS: Final[Mapping[str, tuple[type, ...]]] = {
    "point": (str,),
    "kind": (str,),
    "seconds": (int, float),
    "status": (int,),
    "remaining": (int,),
    "after": (int,),
}


def parse_fault(values: Mapping[str, Any]) -> Fault:
    """The fault that a JSON object or a scenario's table describes.

    Shapes: `point` and `kind` are required, the other fields of Fault have defaults.
    Errors: FaultError, with a sentence for people.
    """
    for name, value in values.items():
        if name not in _FIELDS:
            raise FaultError(f"A fault has no field {name!r}. Fields: {', '.join(_FIELDS)}.")
        if not isinstance(value, _FIELDS[name]) or isinstance(value, bool):
            raise FaultError(f"`{name}` of a fault has the wrong type.")
    if "point" not in values or "kind" not in values:
        raise FaultError("A fault needs `point` and `kind`.")
    if values["kind"] not in get_args(Kind):
        raise FaultError(f"There is no fault of kind {values['kind']!r}. Kinds: {', '.join(get_args(Kind))}.")
    return Fault(**cast("Mapping[str, Any]", dict(values)))


class Faults:
    """The faults that are switched on, in the order they were armed."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        self._armed.append(fault)

    def armed(self) -> tuple[Fault, ...]:
        return tuple(self._armed)

    def clear(self) -> None:
        self._armed.clear()

    def take(self, point: str) -> Fault | None:
        """Pass `point` once: the fault that happens now, or None.

        Every fault armed there counts the pass against its `after`; at most one happens, the oldest that is due.
        """
        taken: Fault | None = None
        still: list[Fault] = []
        for fault in self._armed:
            if fault.point != point:
                still.append(fault)
            elif fault.after > 0:
                still.append(replace(fault, after=fault.after - 1))
            elif taken is not None:
                still.append(fault)
            else:
                taken = fault
                if fault.remaining > 1:
                    still.append(replace(fault, remaining=fault.remaining - 1))
        self._armed = still
        return taken
