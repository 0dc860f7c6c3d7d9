"""What Twilio shall do with a leg. The words are TwiML's, the writing is the SDK's.

Source: Twilio's pages "<Dial>" and "<Sip>", read 2026-11-22; OpenAI's guide "Realtime API with SIP".
"""

from __future__ import annotations

import math
import re
from typing import Final
from urllib.parse import quote

from twilio.twiml.voice_response import Dial, VoiceResponse

from .errors import OrderInvalid
from .wire import PROGRESS_EVENTS, TIME_LIMIT_MARGIN_S, BridgeOrder

CONTENT_TYPE: Final = "text/xml; charset=utf-8"
CALL_REF_HEADER: Final = "X-Call-Ref"
"""Twilio passes on headers whose names begin with X-, and no others of ours."""
ADDRESS_LIMIT: Final = 255
HEADERS_LIMIT: Final = 1024

_PROJECT: Final = re.compile(r"[A-Za-z0-9_-]+")
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:\d+)?")


def connect(order: BridgeOrder) -> str:
    """Connect the leg with the engine.

    The person's side is answered only when the engine's is: nobody pays for, or listens to, an empty line. Recorded
    from then on, a channel for each side. Errors: OrderInvalid.
    """
    dial = Dial(
        answer_on_bridge=True,
        action=order.action_url,
        caller_id=order.caller_id,
        time_limit=math.ceil(order.talk_s) + TIME_LIMIT_MARGIN_S,
        **_recording(order.recording_url),
    )
    dial.sip(
        _sip_address(order),
        status_callback=order.engine_leg_url,
        status_callback_event=" ".join(PROGRESS_EVENTS),
    )
    return str(VoiceResponse().append(dial))


def apology(words: str) -> str:
    """Say why there is no talk, and hang up."""
    response = VoiceResponse()
    response.say(words)
    response.hangup()
    return str(response)


def nothing() -> str:
    """Nothing more to do: the leg ends."""
    return str(VoiceResponse())


def reject(*, busy: bool) -> str:
    """Refuse an incoming leg unanswered, which costs nothing."""
    response = VoiceResponse()
    response.reject(reason="busy" if busy else "rejected")
    return str(response)


def _recording(url: str | None) -> dict[str, str]:
    if url is None:
        return {}
    return {
        "record": "record-from-answer-dual",
        "recording_status_callback": url,
        "recording_status_callback_event": "completed absent",
    }


def _sip_address(order: BridgeOrder) -> str:
    if not _PROJECT.fullmatch(order.project_id):
        raise OrderInvalid("The project id has letters, digits, - and _ only.")
    if not _HOST.fullmatch(order.sip_host):
        raise OrderInvalid("The SIP host is a host name, perhaps with a port.")
    # Without transport=tls Twilio uses UDP, which OpenAI does not take; secure=true encrypts the audio.
    address = f"sip:{order.project_id}@{order.sip_host};transport=tls;secure=true"
    headers = f"{CALL_REF_HEADER}={quote(order.reference, safe='')}"
    if len(address) > ADDRESS_LIMIT:
        raise OrderInvalid(f"The SIP address is longer than {ADDRESS_LIMIT} characters.")
    if len(headers) > HEADERS_LIMIT:
        raise OrderInvalid(f"The SIP headers are longer than {HEADERS_LIMIT} characters.")
    return f"{address}?{headers}"
