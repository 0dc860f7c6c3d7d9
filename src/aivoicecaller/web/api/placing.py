"""Placing a call: what somebody asked for is read, checked by the dial gate, written down and handed on."""

from __future__ import annotations

from ...agents.model import AgentVersion
from ...agents.templates import VariablesMissing, fill
from ...calls.model import Call, Direction, Leg, LegState, Limits, Session, SessionState
from ...calls.outcome import Blame, Outcome, OutcomeKind
from ...ids import new_id
from ...numbers.rules import Refusal, emergency, may_dial
from ...phone import Number, NumberUnreadable, parse
from ...store.calls import CallRow, NewCallRow
from ...store.errors import TooManyLiveCalls
from ...topics import NEW_CALLS, NEWS
from ..parts import WebParts
from ..problems import Refused, field_fault
from .schemas import NewCall


async def place(new: NewCall, parts: WebParts) -> CallRow:
    """Errors: Refused, with a reason that says what to do. A number the gate refuses stands in the history too."""
    installation = parts.installation
    if installation.missing or installation.from_number is None:
        raise Refused(
            503,
            "keys-missing",
            "This installation cannot call yet",
            f"Set {', '.join(installation.missing) or 'TWILIO_FROM_NUMBER'} in .env.local and start again; "
            "without any key the sandbox runs.",
        )
    version = await parts.store.agents.find(new.agent)
    if version is None:
        raise field_fault("agent", f"There is no agent “{new.agent}”.")
    instructions_and_greeting(version, new.variables)
    country = new.country or installation.default_country
    refusal = emergency(new.to, country)
    if refusal is not None:
        raise await _refused(new, typed_number(new.to), version, refusal, parts, installation.from_number)
    try:
        number = parse(new.to, None if new.to.strip().startswith("+") else country)
    except NumberUnreadable as error:
        raise field_fault("to", str(error)) from None
    refusal = may_dial(number, installation.rules)
    if refusal is not None:
        raise await _refused(new, number.e164, version, refusal, parts, installation.from_number)
    try:
        row = await parts.store.calls.create(
            _row(new, number.e164, version, _call(version, new), parts, installation.from_number),
            max_live=installation.max_live_calls,
        )
    except TooManyLiveCalls:
        raise Refused(
            429,
            "too-many-calls",
            "Too many calls live at once",
            f"{installation.max_live_calls} calls are live. Wait until one ends, or raise MAX_LIVE_CALLS.",
        ) from None
    parts.bus.publish(NEWS, {"kind": "call.queued", "call_id": row.id})
    await parts.bus.enqueue(NEW_CALLS, {"call_id": row.id})
    return row


def instructions_and_greeting(version: AgentVersion, variables: dict[str, str]) -> tuple[str, str]:
    """The agent's words with all variables filled in. Errors: Refused."""
    try:
        return fill(version.config.instructions, variables), fill(version.config.greeting, variables)
    except VariablesMissing as error:
        raise field_fault(
            "variables", f"The agent's words need {', '.join(error.names)}. Give a value for each."
        ) from None


def typed_number(text: str) -> str:
    """What is kept of an entry that has no E.164 form: `+` and digits, at most 20, or `?` when it has none."""
    kept = (str(int(each)) if each.isdecimal() else each for each in text if each.isdecimal() or each == "+")
    return "".join(kept)[:20] or "?"


def _call(version: AgentVersion, new: NewCall) -> Call:
    limits = version.config.limits
    return Call(
        id=new_id("call"),
        direction=Direction.OUTBOUND,
        greeting=instructions_and_greeting(version, new.variables)[1],
        limits=Limits(limits.ring_s, limits.talk_s, limits.silence_s, limits.silence_prompts),
        hang_up_on_machine=version.config.voicemail == "hang_up",
    )


async def _refused(
    new: NewCall, to_number: str, version: AgentVersion, refusal: Refusal, parts: WebParts, from_number: Number
) -> Refused:
    now = parts.clock.now()
    call = Call(
        id=new_id("call"),
        direction=Direction.OUTBOUND,
        greeting="",
        leg=Leg(LegState.ENDED),
        session=Session(SessionState.CLOSED),
        outcome=Outcome(OutcomeKind.REFUSED, Blame.US, refusal.reason),
        ended_at=now,
    )
    row = await parts.store.calls.create(_row(new, to_number, version, call, parts, from_number))
    parts.bus.publish(NEWS, {"kind": "call.refused", "call_id": row.id})
    return Refused(403, f"dial-refused/{refusal.code}", "That number is not dialled", refusal.reason, call_id=row.id)


def _row(
    new: NewCall, to_number: str, version: AgentVersion, call: Call, parts: WebParts, from_number: Number
) -> NewCallRow:
    return NewCallRow(
        call=call,
        from_number=from_number.e164,
        to_number=to_number,
        agent_id=version.agent_id,
        agent_version=version.version,
        sandbox=parts.installation.sandbox,
        started_at=parts.clock.now(),
        variables=new.variables,
    )
