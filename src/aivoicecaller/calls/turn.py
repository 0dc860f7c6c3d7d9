"""Whose turn it is. Only one response may be made at a time, tools answer in one batch, and goodbyes are heard in full.

The engine may begin a response by itself when the caller pauses, so ours wait until it is free: what is to be said
is kept as `due` and given out by `go_on`, the only place that orders a response.
"""

from __future__ import annotations

from dataclasses import replace

from .commands import CreateResponse, RunTool, SendKeys, SendToolOutput
from .ending import ENDED_BY_AGENT, FAREWELL_S, hang_up, say_goodbye
from .events import (
    CallerSpeechStarted,
    CallerSpeechStopped,
    DeadlineKind,
    KeyPressed,
    PlaybackStarted,
    PlaybackStopped,
    ResponseFinished,
    ResponseRejected,
    ResponseStarted,
    ToolFinished,
    TurnEvent,
)
from .model import Farewell, LegState, Line, PendingTool, SessionState, TurnState
from .move import Move
from .outcome import Blame, failed

RESPONSE_S = 60.0
"""From asking for a response to its end. Long answers take 20 s; past a minute the engine is stuck."""
FAILURES = 3
"""Failed responses in a row after which the engine is given up."""
PLAYBACK_S = 240.0
"""The longest response, 4096 tokens at 50 ms, plays for 205 s; past this the news of its end was lost."""
SPEECH_S = 120.0
"""Nobody speaks for two minutes without a pause that ends a turn; past this the news of the pause was lost."""
KEYS_S = 2.0
"""A pause after which keys belong together; people take up to a second and a half between two."""
MISSED_S = 5.0
"""Silence after a lost sideband: the agent may wait for a tool that it called while nobody listened."""
LAST_KEY = "#"
LAST_WORD_S = 4.0
"""After the caller spoke into our goodbye: time for one more short reply before we hang up."""

GOODBYE = Line(hint="Say a short, friendly goodbye in the language of the conversation. Do not ask anything.")
STILL_THERE = Line(
    hint="Nobody has spoken for a while. Ask in one short sentence, in the language of the conversation, "
    "whether the person is still there."
)
NOBODY_THERE = Line(
    hint="Nobody answers. Say in one short sentence, in the language of the conversation, that you will hang up now, "
    "and say goodbye."
)

Table = dict[TurnState, dict[type[TurnEvent], TurnState]]

S = TurnState
TURN: Table = {
    # The engine starts responses by itself too, so one may start that nobody asked for.
    S.LISTENING: {ResponseStarted: S.RESPONDING},
    S.REQUESTED: {
        ResponseStarted: S.RESPONDING,
        ResponseFinished: S.LISTENING,
        ResponseRejected: S.RESPONDING,
    },
    S.RESPONDING: {ResponseStarted: S.RESPONDING, ResponseFinished: S.LISTENING, ResponseRejected: S.RESPONDING},
}


def on_turn(move: Move, event: TurnEvent) -> None:
    """Move the turn by one fact of the talk."""
    if move.call.leg.state in (LegState.ENDED, LegState.ENDING, LegState.SETTLING):
        return
    before = move.call.turn.state
    after = TURN[before].get(type(event))
    if after is not None:
        move.turn(state=after)
    elif isinstance(event, ResponseFinished | ResponseRejected):
        move.oddity(f"{type(event).__name__} while the turn was {before}")
        return
    match event:
        case ResponseStarted():
            move.turn(tools=tuple(tool for tool in move.call.turn.tools if not tool.sent), missed=False)
            move.met(DeadlineKind.SILENCE)
            move.expect(DeadlineKind.RESPONSE, RESPONSE_S)
        case ResponseFinished():
            _response_finished(move, event)
        case ResponseRejected():
            asked = move.call.turn.asked
            move.turn(asked=None, due=asked or move.call.turn.due)
        case PlaybackStarted():
            move.turn(unheard=event.response_id)
            move.met(DeadlineKind.SILENCE)
            move.expect(DeadlineKind.PLAYBACK, PLAYBACK_S)
        case PlaybackStopped():
            _playback_stopped(move, event)
        case CallerSpeechStarted():
            move.turn(caller_speaking=True, silent_prompts=0)
            move.met(DeadlineKind.SILENCE)
            move.expect(DeadlineKind.SPEECH, SPEECH_S)
        case CallerSpeechStopped():
            speech_over(move)
        case KeyPressed():
            _key_pressed(move, event)
        case ToolFinished():
            _tool_finished(move, event)


def speech_over(move: Move) -> None:
    """The caller has paused, or the news of it was lost."""
    move.turn(caller_speaking=False)
    move.met(DeadlineKind.SPEECH)
    until = move.call.deadline(DeadlineKind.FAREWELL)
    if move.call.turn.farewell is Farewell.SAYING and until is not None:
        # Never later than the goodbye had to be over: somebody who keeps speaking cannot keep the call up.
        move.expect(DeadlineKind.FAREWELL, min(LAST_WORD_S, until - move.now))
    else:
        _wait_for_words(move)


def resume(move: Move) -> None:
    """The session is ready: greet the person, or take up the talk where it was."""
    turn = move.call.turn
    if turn.state is not S.LISTENING:
        # Attached anew: whether that response lives on is not known, and its events are lost.
        move.turn(state=S.LISTENING, asked=None, due=turn.due or (turn.asked if turn.state is S.REQUESTED else None))
    if move.call.session.attachments > 1:
        again = tuple(replace(tool, sent=False) for tool in move.call.turn.tools)
        move.turn(unheard=None, caller_speaking=False, tools=again, missed=True)
    if not turn.greeted:
        move.turn(greeted=True, due=move.call.turn.due or Line(words=move.call.greeting))
    go_on(move)


def go_on(move: Move, *, heard: bool = False) -> None:
    """Do what is due now that the engine may be free. `heard`: something was just finished or heard."""
    turn = move.call.turn
    if turn.state is not S.LISTENING or move.call.session.state is not SessionState.TALKING:
        return
    if any(tool.output is None for tool in turn.tools):
        return
    unsent = [tool for tool in turn.tools if not tool.sent]
    for tool in unsent:
        assert tool.output is not None
        move.order(SendToolOutput(tool.request.tool_call_id, tool.output))
    if unsent:
        due = turn.due if turn.farewell is Farewell.SAYING else turn.due or Line()
        move.turn(tools=tuple(replace(tool, sent=True) for tool in turn.tools), due=due)
    turn = move.call.turn
    if turn.farewell is Farewell.WANTED:
        move.turn(farewell=Farewell.SAYING, due=turn.goodbye)
    due = move.call.turn.due
    if due is not None:
        move.turn(state=S.REQUESTED, asked=due, due=None)
        move.order(CreateResponse(due.words, due.hint))
        move.met(DeadlineKind.SILENCE)
        move.expect(DeadlineKind.RESPONSE, RESPONSE_S)
    elif move.call.turn.farewell is Farewell.SAYING:
        if heard and move.call.turn.unheard is None and not move.call.turn.caller_speaking:
            hang_up(move, ENDED_BY_AGENT)
    else:
        _wait_for_words(move)


def _response_finished(move: Move, event: ResponseFinished) -> None:
    move.met(DeadlineKind.RESPONSE)
    turn = move.call.turn
    if event.failure:
        response_failed(move, event.failure)
        return
    pending = tuple(PendingTool(request, after_speech=event.spoke) for request in event.tool_requests)
    known = {tool.request.tool_call_id for tool in turn.tools}
    fresh = tuple(tool for tool in pending if tool.request.tool_call_id not in known)
    unheard = event.response_id if event.spoke and event.response_id != turn.heard else turn.unheard
    if unheard is not None and turn.unheard is None:
        move.expect(DeadlineKind.PLAYBACK, PLAYBACK_S)
    move.turn(asked=None, failures=0, unheard=unheard, tools=turn.tools + fresh)
    move.order(*(RunTool(tool.request) for tool in fresh))
    go_on(move, heard=True)


def response_failed(move: Move, why: str) -> None:
    """A response failed or never came. It is asked for again; the third in a row ends the call."""
    failures = move.call.turn.failures + 1
    asked = move.call.turn.asked
    move.turn(state=S.LISTENING, asked=None, failures=failures, due=asked or move.call.turn.due or Line())
    if failures >= FAILURES:
        hang_up(move, failed(Blame.ENGINE, f"The speech engine could not answer: {why}"))
    else:
        go_on(move)


def _playback_stopped(move: Move, event: PlaybackStopped) -> None:
    unheard = move.call.turn.unheard
    move.turn(heard=event.response_id)
    if unheard in (None, event.response_id):
        playback_over(move)
    else:
        go_on(move, heard=True)


def playback_over(move: Move) -> None:
    """All that was made has been heard, or the news of it was lost."""
    move.turn(unheard=None)
    move.met(DeadlineKind.PLAYBACK)
    go_on(move, heard=True)


def _tool_finished(move: Move, event: ToolFinished) -> None:
    turn = move.call.turn
    tool = next((tool for tool in turn.tools if tool.request.tool_call_id == event.tool_call_id), None)
    if tool is None or tool.output is not None:
        move.oddity("ToolFinished for no running tool")
        return
    tools = tuple(replace(each, output=event.output) if each is tool else each for each in turn.tools)
    move.turn(tools=tools)
    if event.ends_call and turn.farewell is Farewell.NONE:
        if tool.after_speech:
            # The goodbye was in the response that asked for the end: it only has to be heard.
            move.turn(farewell=Farewell.SAYING)
            move.expect(DeadlineKind.FAREWELL, FAREWELL_S)
        else:
            say_goodbye(move, GOODBYE)
    go_on(move, heard=True)


def _key_pressed(move: Move, event: KeyPressed) -> None:
    move.turn(keys=move.call.turn.keys + event.key, silent_prompts=0)
    move.met(DeadlineKind.SILENCE)
    if event.key == LAST_KEY:
        keys_complete(move)
    else:
        move.expect(DeadlineKind.KEYS, KEYS_S)


def keys_complete(move: Move) -> None:
    """The person has finished pressing: give the keys to the engine and let it answer."""
    keys = move.call.turn.keys
    move.met(DeadlineKind.KEYS)
    if keys and move.call.session.state is SessionState.TALKING:
        move.order(SendKeys(keys))
        move.turn(keys="", due=move.call.turn.due or Line())
    go_on(move)


def _wait_for_words(move: Move) -> None:
    turn = move.call.turn
    working = any(tool.output is None for tool in turn.tools)
    quiet = turn.unheard is None and not working and turn.state is S.LISTENING and not turn.caller_speaking
    if quiet and turn.farewell is Farewell.NONE and move.call.session.state is SessionState.TALKING:
        move.expect(DeadlineKind.SILENCE, MISSED_S if turn.missed else move.call.limits.silence_s)
