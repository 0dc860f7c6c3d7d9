"""The carrier's reports into facts. A report that says nothing we use is None; parameters we do not know are left."""

from __future__ import annotations

from ..calls.events import (
    EngineLegEnded,
    LegAnswered,
    LegEnd,
    LegEnded,
    LegEvent,
    LegRinging,
    LegSeen,
    MachineDetected,
)
from .errors import words
from .webhooks import Form
from .wire import ENDS, IN_PROGRESS, RECORDING_SID, RINGING, WAITING, RecordingReport, VoiceRequest

DIAL_ENDS = ENDS | {"answered": LegEnd.COMPLETED}
"""`<Dial>` says `answered` in place of `completed` for a leg that went on elsewhere."""


def leg_event(carrier_call_sid: str, status: str, duration: str | None = None, detail: str = "") -> LegEvent | None:
    """What a status of a leg says; None for a status we do not know."""
    if status in WAITING:
        return LegSeen(carrier_call_sid)
    if status == RINGING:
        return LegRinging(carrier_call_sid)
    if status == IN_PROGRESS:
        return LegAnswered(carrier_call_sid)
    end = ENDS.get(status)
    if end is None:
        return None
    talked_s = _seconds(duration) if end is LegEnd.COMPLETED else None
    return LegEnded(carrier_call_sid, end, talked_s, detail)


def status_event(form: Form) -> LegEvent | None:
    """A status callback of the person's leg."""
    sid = form.get("CallSid")
    return leg_event(sid, form.get("CallStatus", ""), form.get("CallDuration"), _reason(form)) if sid else None


def engine_leg_event(form: Form) -> EngineLegEnded | None:
    """The end of the engine's leg: from that leg's own status callback, or from the action of `<Dial>`."""
    if "DialCallStatus" in form:
        end = DIAL_ENDS.get(form["DialCallStatus"])
        sip = form.get("DialSipResponseCode", "")
        person_there = form.get("CallStatus") == IN_PROGRESS
    elif "ParentCallSid" in form:
        end = ENDS.get(form.get("CallStatus", ""))
        sip = form.get("SipResponseCode", "")
        person_there = False
    else:
        return None
    if end is None:
        return None
    detail = _reason(form)
    if not detail and end is not LegEnd.COMPLETED and sip.isdecimal():
        detail = f"The speech engine's side answered with SIP {sip}."
    return EngineLegEnded(end, detail, person_there)


def machine_event(form: Form) -> MachineDetected | None:
    """A guess about who answered: only a machine is news."""
    guess = form.get("AnsweredBy", "")
    return MachineDetected() if guess.startswith("machine") or guess == "fax" else None


def recording_report(form: Form) -> RecordingReport | None:
    """A recording's status callback."""
    leg, recording, status = form.get("CallSid"), form.get("RecordingSid", ""), form.get("RecordingStatus")
    if not leg or not status or not RECORDING_SID.fullmatch(recording):
        return None
    channels = form.get("RecordingChannels", "")
    return RecordingReport(
        leg, recording, int(channels) if channels in ("1", "2") else 0, _seconds(form.get("RecordingDuration")), status
    )


def voice_request(form: Form) -> VoiceRequest | None:
    """The request for TwiML: a leg that rang in, or one of ours that was answered."""
    sid = form.get("CallSid")
    if not sid:
        return None
    return VoiceRequest(
        carrier_call_sid=sid,
        inbound=form.get("Direction") == "inbound",
        from_number=form.get("From", ""),
        to_number=form.get("To", ""),
        forwarded_from=form.get("ForwardedFrom", ""),
    )


def _reason(form: Form) -> str:
    code = form.get("ErrorCode", "")
    # Twilio sends 0 where nothing went wrong.
    return words(int(code)) if code.isdecimal() and len(code) < 10 and int(code) else ""


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdecimal() and text.isascii() else None
