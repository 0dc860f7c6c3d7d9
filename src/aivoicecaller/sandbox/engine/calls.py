"""Calls as the engine's front desk sees them: offered, accepted, answered, ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from http import HTTPStatus
from typing import Final, Protocol

from aivoicecaller.ids import new_id
from aivoicecaller.sandbox import trunk

from .errors import ApiError, call_not_found
from .talk import Sink, Talk


class CallState(Enum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    ENDED = "ended"


_NEXT: Final[Mapping[CallState, frozenset[CallState]]] = {
    CallState.OFFERED: frozenset({CallState.ACCEPTED, CallState.ENDED}),
    CallState.ACCEPTED: frozenset({CallState.ANSWERED, CallState.ENDED}),
    CallState.ANSWERED: frozenset({CallState.ENDED}),
    CallState.ENDED: frozenset(),
}

_SIP_REASONS: Final = {480: "Temporarily Unavailable", 486: "Busy Here", 487: "Request Terminated", 603: "Decline"}


def sip_reason(status: int) -> str:
    """The words that go with a SIP status; HTTP's where SIP took them over (RFC 3261 section 21)."""
    if status in _SIP_REASONS:
        return _SIP_REASONS[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Rejected"


class Line(Protocol):
    """The way back to the carrier."""

    def send(self, message: trunk.Message) -> None: ...

    def close(self) -> None:
        """Close after what was sent."""
        ...


class Sideband(Protocol):
    send: Sink

    def replace(self) -> None:
        """Close: another one took over."""
        ...

    def cut(self) -> None:
        """Break off after what was sent, with no closing word, as the service does at the end of a call."""
        ...


class Call:
    def __init__(self, invite: trunk.Invite, line: Line, on_ended: Callable[[Call, str], None]) -> None:
        self.id = new_id("rtc")
        self.invite = invite
        self.state = CallState.OFFERED
        self.talk: Talk | None = None
        self._line = line
        self._on_ended = on_ended
        self._sideband: Sideband | None = None

    @property
    def is_over(self) -> bool:
        return self.state is CallState.ENDED

    def must_be_offered(self) -> None:
        """Raises ApiError once the call was accepted."""
        if self.state is not CallState.OFFERED:
            raise ApiError("This call has already been accepted.", code="decision_already_made")

    def accept(self, talk: Talk) -> None:
        self.talk = talk
        self._move(CallState.ACCEPTED)
        self._line.send(trunk.Ringing())

    def answer(self) -> None:
        """Pick up; nothing when the caller has gone."""
        if self.state is CallState.ACCEPTED:
            self._move(CallState.ANSWERED)
            self._line.send(trunk.Answer())

    def reject(self, status: int, cause: str) -> None:
        self._line.send(trunk.Reject(status, sip_reason(status)))
        self.end(cause)

    def hang_up(self, cause: str) -> None:
        if self.state is CallState.ANSWERED:
            self._line.send(trunk.Bye())
            self.end(cause)
        else:
            self.reject(603, cause)

    def refer(self, target: str) -> None:
        """Raises ApiError unless the call is answered: there is no dialog to refer before."""
        if self.state is not CallState.ANSWERED:
            raise call_not_found()
        self._line.send(trunk.Refer(target))

    def end(self, cause: str) -> None:
        """Be over, whoever ended it; a second end changes nothing."""
        if self.state is CallState.ENDED:
            return
        self._move(CallState.ENDED)
        self._line.close()
        if self._sideband is not None:
            self._sideband.cut()
        self._on_ended(self, cause)

    def attach(self, sideband: Sideband) -> None:
        """Let `sideband` see and steer the talk. One at a time: the one before it is closed."""
        assert self.talk is not None
        if self._sideband is not None:
            self._sideband.replace()
        self._sideband = sideband
        self.talk.attach(sideband.send)

    def detach(self, sideband: Sideband) -> None:
        assert self.talk is not None
        self.talk.detach(sideband.send)
        if self._sideband is sideband:
            self._sideband = None

    def _move(self, state: CallState) -> None:
        assert state in _NEXT[self.state], f"{self.state} cannot become {state}"
        self.state = state


class Calls:
    """The calls that live."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def all(self) -> list[Call]:
        return list(self._calls.values())

    def add(self, call: Call) -> None:
        self._calls[call.id] = call

    def remove(self, call: Call) -> None:
        self._calls.pop(call.id, None)

    def get(self, call_id: str) -> Call:
        """Raises ApiError 404 for a call that is not there, or not any more."""
        call = self._calls.get(call_id)
        if call is None:
            raise call_not_found()
        return call

    def with_session(self, call_id: str) -> Call:
        """A call that was accepted. Raises ApiError 404 for any other."""
        call = self.get(call_id)
        if call.talk is None:
            raise call_not_found()
        return call
