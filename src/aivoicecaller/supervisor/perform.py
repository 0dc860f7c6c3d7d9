"""One function for each command. What comes of it goes back to the call as an event; nothing is decided here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import structlog

from ..addresses import MACHINE, STATUS
from ..calls import commands as c
from ..calls import events as e
from ..carrier.client import DialOrder
from ..carrier.errors import CarrierError, DialFailed
from ..clock import to_datetime
from ..engine.errors import EngineError
from ..engine.wire import function_output, keys_pressed, response_create, session_update
from ..store.errors import StoreError
from ..tools.base import ToolResult

if TYPE_CHECKING:
    from .loop import CallRunner

log = structlog.get_logger(__name__)

RESULT_UNKNOWN = (
    "It is not known whether this worked: the connection to the tool was lost. Say that you are not sure, "
    "and do not try it again."
)
"""For a tool that ran, or began to, before the process that ran it died."""
KNOWN_BEFORE_S = 3600.0
REATTACH_BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Between sidebands that close at once: at most ten tries a minute."""

Performer = Callable[["CallRunner", Any], Awaitable[None]]


async def prepare_session(run: CallRunner, command: c.PrepareSession) -> None:
    try:
        await run.parts.engine.prepare(run.plan.session)
    except EngineError as error:
        run.tell(e.SessionRefused(error.outcome))
    else:
        run.tell(e.SessionPrepared())


async def dial(run: CallRunner, command: c.Dial) -> None:
    addresses, call_id = run.parts.addresses, run.call.id
    order = DialOrder(
        to=run.plan.to_number,
        from_=run.plan.from_number,
        answer_url=addresses.twiml(call_id, run.parts.clock.now()),
        status_url=addresses.of_call(STATUS, call_id),
        machine_url=addresses.of_call(MACHINE, call_id) if run.plan.detects_machines else None,
        ring_s=run.call.limits.ring_s,
        talk_s=run.call.limits.talk_s,
    )
    try:
        sid = await run.parts.carrier.dial(order)
    except DialFailed as error:
        run.tell(e.DialRefused(error.outcome) if error.certain else e.DialUncertain(error.outcome.detail))
    else:
        run.tell(e.DialAccepted(sid))


async def look_up_leg(run: CallRunner, command: c.LookUpLeg) -> None:
    sid = run.call.leg.carrier_call_sid
    try:
        if sid is not None:
            run.tell(await run.parts.carrier.look_up(sid))
            return
        since = to_datetime(run.started_at)
        # Legs of calls placed a little earlier to the same number would be found too.
        known = await run.parts.store.calls.carrier_sids_since(run.started_at - KNOWN_BEFORE_S)
        found = await run.parts.carrier.find(run.plan.to_number, run.plan.from_number, since, known)
        run.tell(found or e.DialMissing())
    except CarrierError as error:
        # The deadline over the doubt asks again.
        log.warning("! the carrier could not be asked", why=error.outcome.detail)


async def accept_session(run: CallRunner, command: c.AcceptSession) -> None:
    try:
        await run.parts.engine.accept(command.engine_call_id, run.plan.session)
    except EngineError as error:
        run.tell(e.SessionGone() if error.gone else e.AcceptFailed(command.engine_call_id, error.outcome))
    else:
        run.tell(e.SessionAccepted(command.engine_call_id))


async def reject_session(run: CallRunner, command: c.RejectSession) -> None:
    try:
        await run.parts.engine.reject(command.engine_call_id)
    except EngineError as error:
        log.warning("! a session could not be rejected", why=error.outcome.detail)
        # It may have been accepted after all: an accept whose answer was lost.
        await hang_up_session(run, c.HangUpSession(command.engine_call_id))


async def attach_sideband(run: CallRunner, command: c.AttachSideband) -> None:
    attempt = run.attach_attempts
    run.attach_attempts += 1
    if attempt:
        await run.parts.clock.sleep(REATTACH_BACKOFF_S[min(attempt, len(REATTACH_BACKOFF_S)) - 1])
    try:
        sideband = await run.parts.engine.attach(command.engine_call_id)
    except EngineError as error:
        run.tell(e.SessionGone() if error.gone else e.SidebandClosed(error.outcome.detail))
    else:
        run.sideband.begin(sideband)
        run.tell(e.SidebandAttached(command.engine_call_id))


async def configure_session(run: CallRunner, command: c.ConfigureSession) -> None:
    await run.sideband.send(session_update(run.plan.session))


async def create_response(run: CallRunner, command: c.CreateResponse) -> None:
    await run.sideband.send(response_create(command.words, command.hint))


async def send_keys(run: CallRunner, command: c.SendKeys) -> None:
    await run.sideband.send(keys_pressed(command.keys))


async def send_tool_output(run: CallRunner, command: c.SendToolOutput) -> None:
    await run.sideband.send(function_output(command.tool_call_id, command.output))


async def run_tool(run: CallRunner, command: c.RunTool) -> None:
    request = command.request
    started = run.parts.clock.now()
    result = ToolResult(RESULT_UNKNOWN, failed=True)
    fresh = False
    try:
        fresh = await run.tools.started(request, started)
        if fresh:
            result = await run.parts.toolbox.run(request.name, request.arguments, run.plan.tools)
    except StoreError as error:
        log.error("! a tool call could not be written down", why=str(error))
    finally:
        # Whatever happens, the agent is told something, and first of all: the caller waits for it.
        run.tell(e.ToolFinished(request.tool_call_id, result.output, result.failed, result.ends_call))
    if fresh:
        await run.tools.finished(request, started, result)


async def hang_up_leg(run: CallRunner, command: c.HangUpLeg) -> None:
    try:
        await run.parts.carrier.hang_up(command.carrier_call_sid, answered=command.answered)
    except CarrierError as error:
        run.tell(e.HangUpFailed(error.outcome.detail))


async def hang_up_session(run: CallRunner, command: c.HangUpSession) -> None:
    try:
        await run.parts.engine.hang_up(command.engine_call_id)
    except EngineError as error:
        log.warning("! the engine's side could not be ended", why=error.outcome.detail)


async def note_oddity(run: CallRunner, command: c.NoteOddity) -> None:
    log.info("= oddity", what=command.what)


PERFORM: dict[type[c.Command], Performer] = {
    c.PrepareSession: prepare_session,
    c.Dial: dial,
    c.LookUpLeg: look_up_leg,
    c.AcceptSession: accept_session,
    c.RejectSession: reject_session,
    c.AttachSideband: attach_sideband,
    c.ConfigureSession: configure_session,
    c.CreateResponse: create_response,
    c.SendKeys: send_keys,
    c.RunTool: run_tool,
    c.SendToolOutput: send_tool_output,
    c.HangUpLeg: hang_up_leg,
    c.HangUpSession: hang_up_session,
    c.NoteOddity: note_oddity,
}

IN_ORDER = (c.ConfigureSession, c.CreateResponse, c.SendKeys, c.SendToolOutput, c.NoteOddity)
"""Commands whose order matters to the engine. The others wait for a provider, each in a task of its own."""
