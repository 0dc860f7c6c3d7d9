"""Taking up a call: a new one is begun; one that another process ran goes on.

What that process had ordered and not done is done, where that is safe.
"""

from __future__ import annotations

from ..calls import commands as c
from ..calls import events as e
from ..calls.model import SessionState
from ..calls.transcript import Transcript
from ..store import Store
from ..store.calls import CallRow, UndoneCommand
from .loop import CallRunner
from .parts import Parts
from .perform import RESULT_UNKNOWN
from .plan import CallPlan

GIVEN_ANEW = (
    c.AttachSideband,
    c.ConfigureSession,
    c.CreateResponse,
    c.SendKeys,
    c.SendToolOutput,
    c.LookUpLeg,
    c.NoteOddity,
)
"""What the machine orders again by itself when a call is taken up."""


async def taken_up(row: CallRow, plan: CallPlan, parts: Parts) -> CallRunner:
    """A runner that begins the call, or goes on where another stopped. Errors: StoreError."""
    begun = row.call.session.state is not SessionState.NEW
    facts: list[e.Event] = [e.Recovered() if begun else e.Started()]
    again: list[UndoneCommand] = []
    settled: list[str] = []
    for owed in row.undone:
        match owed.command:
            case c.Dial():
                # It may have reached the carrier: a second one could ring the phone twice.
                facts.append(e.DialUncertain("The server stopped while it was dialling."))
            case c.RunTool():
                facts.append(await _tool_result(row.id, owed.command.request, parts.store))
            case command if not isinstance(command, GIVEN_ANEW):
                again.append(owed)
                continue
            case _:
                pass
        settled.append(owed.id)
    transcript = Transcript.restored(await parts.store.transcripts.items(row.id))
    runner = CallRunner(row, plan, parts, transcript, again)
    last = await parts.store.calls.last_event_at(row.id)
    if last is not None and not row.call.ended:
        runner.gaps.since(last.timestamp())
    for command_id in settled:
        runner.not_owed(command_id)
    for fact in facts:
        runner.tell(fact)
    return runner


async def _tool_result(call_id: str, request: e.ToolRequest, store: Store) -> e.ToolFinished:
    """What a tool answered if it had, else that nobody knows: it may have had its effect, so it is not run again."""
    noted = await store.tool_calls.get(call_id, request.tool_call_id)
    if noted is not None and noted.output is not None:
        return e.ToolFinished(request.tool_call_id, noted.output, noted.status == "failed")
    if noted is not None:
        await store.tool_calls.finish(call_id, request.tool_call_id, "failed", RESULT_UNKNOWN, 0)
    return e.ToolFinished(request.tool_call_id, RESULT_UNKNOWN, failed=True)
