"""A few whole calls, played through the machine: they show the moves that no table lists but the rules make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aivoicecaller.calls import events as e
from aivoicecaller.calls.events import DeadlineKind, DeadlinePassed, Event
from aivoicecaller.calls.machine import step
from aivoicecaller.calls.model import Call, Direction

LEG, SESSION = "CA0", "rtc_0"

_DIALLED: Sequence[Event] = (e.Started(), e.SessionPrepared(), e.DialAccepted(LEG), e.LegRinging(LEG))
_TALKING: Sequence[Event] = (
    *_DIALLED,
    e.LegAnswered(LEG),
    e.SessionOffered(SESSION),
    e.SessionAccepted(SESSION),
    e.SidebandAttached(SESSION),
    e.SessionConfigured(),
)
_GREETED: Sequence[Event] = (
    *_TALKING,
    e.ResponseStarted("resp_0"),
    e.ResponseFinished("resp_0", spoke=True),
    e.PlaybackStopped("resp_0"),
)
_HUNG_UP = e.LegEnded(LEG, e.LegEnd.COMPLETED)
_TOOL = e.ToolRequest("tool_0", "any", "{}")

LIVES: Sequence[Sequence[Event]] = (
    # The person hangs up; the agent says goodbye after a tool asked for the end.
    (*_GREETED, _HUNG_UP),
    (
        *_GREETED,
        e.ResponseStarted("resp_1"),
        e.ResponseFinished("resp_1", spoke=True, tool_requests=(_TOOL,)),
        e.PlaybackStopped("resp_1"),
        e.ToolFinished(_TOOL.tool_call_id, "", ends_call=True),
        _HUNG_UP,
    ),
    # An ordinary tool; then the talk's longest time passes, and its goodbye is not heard in time.
    (
        *_GREETED,
        e.ResponseStarted("resp_1"),
        e.ResponseFinished("resp_1", spoke=False, tool_requests=(_TOOL,)),
        e.ToolFinished(_TOOL.tool_call_id, ""),
        e.ResponseStarted("resp_2"),
        e.ResponseFinished("resp_2", spoke=True),
        e.PlaybackStopped("resp_2"),
        DeadlinePassed(DeadlineKind.LIMIT),
        DeadlinePassed(DeadlineKind.FAREWELL),
    ),
    # Withdrawn before it was dialled, and while it rang.
    (e.Started(), e.HangUpRequested()),
    (*_DIALLED, e.HangUpRequested(), e.LegEnded(LEG, e.LegEnd.CANCELED)),
    # The answer to the dial is lost, nobody answers, and no hang-up is confirmed.
    (
        e.Started(),
        e.SessionPrepared(),
        DeadlinePassed(DeadlineKind.DIAL),
        e.LegSeen(LEG),
        DeadlinePassed(DeadlineKind.RING),
        *[DeadlinePassed(DeadlineKind.HANG_UP)] * 4,
    ),
    # Answered and ended before the agent was connected.
    (*_DIALLED, e.LegAnswered(LEG), _HUNG_UP, DeadlinePassed(DeadlineKind.CONFIRM)),
    # Keys are pressed; nobody speaks; the engine is stuck; the engine loses the call and the carrier does not.
    (*_GREETED, e.KeyPressed("1"), DeadlinePassed(DeadlineKind.KEYS)),
    (*_GREETED, DeadlinePassed(DeadlineKind.SILENCE), DeadlinePassed(DeadlineKind.RESPONSE)),
    (*_GREETED, e.SessionGone(), DeadlinePassed(DeadlineKind.CONFIRM), _HUNG_UP),
    # Our process is restarted in mid-talk.
    (*_GREETED, e.Recovered(), e.SidebandAttached(SESSION), e.SessionConfigured(), _HUNG_UP),
)


def moves() -> Iterator[tuple[str, str, str, str]]:
    """What was seen: part, state before, state after, and the fact that caused it."""
    for life in LIVES:
        call, now = Call("call_0", Direction.OUTBOUND, greeting="Hello."), 0.0
        for event in life:
            if isinstance(event, DeadlinePassed):
                due = call.deadline(event.kind)
                assert due is not None, f"{event.kind} is not pending: this life is not lived any more."
                now = due
            before, (call, _) = call, step(call, event, now)
            for part in ("leg", "session", "turn"):
                state, after = getattr(before, part).state, getattr(call, part).state
                if state is not after:
                    yield part, str(state), str(after), fact_name(event)


def fact_name(event: Event) -> str:
    """`LegEnded`, or `deadline ring` for a deadline that passed."""
    return f"deadline {event.kind}" if isinstance(event, DeadlinePassed) else type(event).__name__
