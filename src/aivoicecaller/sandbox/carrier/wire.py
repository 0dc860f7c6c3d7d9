"""Calls, recordings and numbers in the spelling of Twilio's API version 2010-04-01."""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlencode

from aivoicecaller.clock import Instant, to_datetime
from aivoicecaller.sandbox.carrier.model import Call, Recording

API_VERSION: Final = "2010-04-01"

_USD_PER_MINUTE: Final = {"outbound-api": 0.0140, "inbound": 0.0085, "outbound-dial": 0.0140}
"""Twilio's prices for US numbers, 2026; a SIP leg costs less."""
_USD_PER_SIP_MINUTE: Final = 0.0040


def account_path(account_sid: str) -> str:
    return f"/{API_VERSION}/Accounts/{account_sid}"


def rfc2822(at: Instant | None) -> str | None:
    """`Tue, 31 Aug 2010 20:36:28 +0000`"""
    return None if at is None else format_datetime(to_datetime(at))


def formatted(number: str) -> str:
    """A North American number for the eye, `(202) 555-0100`; others as they are."""
    digits = number[2:]
    if number.startswith("+1") and len(digits) == 10:
        return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    return number


def call_json(call: Call, account_sid: str, number_sid: str) -> dict[str, Any]:
    path = f"{account_path(account_sid)}/Calls/{call.sid}"
    talked = call.status == "completed"
    subresources = ("Notifications", "Recordings", "Payments", "Events", "Siprec", "Streams", "Transcriptions")
    return {
        "sid": call.sid,
        "date_created": rfc2822(call.created_at),
        "date_updated": rfc2822(call.updated_at or call.created_at),
        "parent_call_sid": call.parent_sid,
        "account_sid": account_sid,
        "to": call.to,
        "to_formatted": formatted(call.to),
        "from": call.from_,
        "from_formatted": formatted(call.from_),
        "phone_number_sid": number_sid,
        "status": call.status,
        "start_time": rfc2822(call.started_at),
        "end_time": rfc2822(call.ended_at),
        "duration": str(call.duration_s()) if talked else None,
        "price": _price(call) if talked else None,
        "price_unit": "USD",
        "direction": call.direction,
        "answered_by": call.answered_by,
        "annotation": None,
        "api_version": API_VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": str(call.queue_time_ms),
        "trunk_sid": None,
        "uri": f"{path}.json",
        "subresource_uris": {name.lower(): f"{path}/{name}.json" for name in subresources},
    }


def _price(call: Call) -> str:
    per_minute = _USD_PER_SIP_MINUTE if call.to.startswith("sip:") else _USD_PER_MINUTE[call.direction]
    return f"{-per_minute * max(1, math.ceil(call.duration_s() / 60)):.5f}"


def recording_json(recording: Recording, account_sid: str, base_url: str) -> dict[str, Any]:
    path = f"{account_path(account_sid)}/Recordings/{recording.sid}"
    return {
        "sid": recording.sid,
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "call_sid": recording.call_sid,
        "conference_sid": None,
        "date_created": rfc2822(recording.started_at),
        "date_updated": rfc2822(recording.updated_at),
        "start_time": rfc2822(recording.started_at),
        "duration": None if recording.duration_s is None else str(recording.duration_s),
        "price": None,
        "price_unit": "USD",
        "status": recording.status,
        "channels": recording.plan.channels,
        "source": recording.plan.source,
        "error_code": None,
        "uri": f"{path}.json",
        "encryption_details": None,
        "subresource_uris": {
            "add_on_results": f"{path}/AddOnResults.json",
            "transcriptions": f"{path}/Transcriptions.json",
        },
        "media_url": f"{base_url}{path}",
        "track": "both",
    }


def number_json(number: str, number_sid: str, account_sid: str) -> dict[str, Any]:
    path = f"{account_path(account_sid)}/IncomingPhoneNumbers/{number_sid}"
    return {
        "sid": number_sid,
        "account_sid": account_sid,
        "friendly_name": formatted(number),
        "phone_number": number,
        "voice_url": "",
        "voice_method": "POST",
        "voice_fallback_url": None,
        "voice_fallback_method": "POST",
        "voice_caller_id_lookup": False,
        "voice_application_sid": None,
        "voice_receive_mode": "voice",
        "sms_url": "",
        "sms_method": "POST",
        "sms_fallback_url": "",
        "sms_fallback_method": "POST",
        "sms_application_sid": None,
        "status_callback": "",
        "status_callback_method": "POST",
        "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
        "trunk_sid": None,
        "address_sid": None,
        "address_requirements": "none",
        "emergency_status": "Inactive",
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "identity_sid": None,
        "bundle_sid": None,
        "beta": False,
        "origin": "twilio",
        "status": "in-use",
        "api_version": API_VERSION,
        "date_created": rfc2822(0.0),
        "date_updated": rfc2822(0.0),
        "uri": f"{path}.json",
    }


def account_json(account_sid: str) -> dict[str, Any]:
    """The account. Twilio shows its auth token here; the sandbox keeps it to itself."""
    path = account_path(account_sid)
    return {
        "sid": account_sid,
        "owner_account_sid": account_sid,
        "friendly_name": "AIVoiceCaller sandbox",
        "status": "active",
        "type": "Full",
        "auth_token": None,
        "date_created": rfc2822(0.0),
        "date_updated": rfc2822(0.0),
        "uri": f"{path}.json",
        "subresource_uris": {
            "calls": f"{path}/Calls.json",
            "recordings": f"{path}/Recordings.json",
            "incoming_phone_numbers": f"{path}/IncomingPhoneNumbers.json",
        },
    }


def call_parameters(call: Call, account_sid: str) -> dict[str, str]:
    """What every request about a call says about it. Blank values are sent too, as Twilio does."""
    parameters = {
        "AccountSid": account_sid,
        "ApiVersion": API_VERSION,
        "CallSid": call.sid,
        "CallStatus": call.status,
        "Direction": call.direction,
        "From": call.from_,
        "To": call.to,
        "Caller": call.from_,
        "Called": call.to,
    }
    for side, number in (("From", call.from_), ("To", call.to)):
        place = _PLACE if number.startswith("+1202") else dict.fromkeys(_PLACE, "")
        other = "Caller" if side == "From" else "Called"
        parameters |= {f"{who}{name}": value for who in (side, other) for name, value in place.items()}
    if call.parent_sid is not None:
        parameters["ParentCallSid"] = call.parent_sid
    if call.answered_by is not None:
        parameters["AnsweredBy"] = call.answered_by
    return parameters


_PLACE: Final[Mapping[str, str]] = {"City": "", "State": "DC", "Zip": "", "Country": "US"}


def recording_parameters(recording: Recording, account_sid: str, base_url: str) -> dict[str, str]:
    """The parameters of a recording callback."""
    parameters = {
        "AccountSid": account_sid,
        "CallSid": recording.call_sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": f"{base_url}{account_path(account_sid)}/Recordings/{recording.sid}",
        "RecordingStatus": recording.status,
        "RecordingChannels": str(recording.plan.channels),
        "RecordingStartTime": rfc2822(recording.started_at) or "",
        "RecordingSource": recording.plan.source,
        "RecordingTrack": "both",
        "ErrorCode": "0",
    }
    if recording.duration_s is not None:
        parameters["RecordingDuration"] = str(recording.duration_s)
    return parameters


def page_json(
    name: str, items: list[dict[str, Any]], path: str, query: Mapping[str, str], page: int, size: int
) -> dict[str, Any]:
    """One page of `items` in Twilio's envelope. `query` holds the filters, which the other pages' addresses repeat."""

    def uri(number: int) -> str:
        token = {"PageToken": f"PA{number}"} if number else {}
        return f"{path}?{urlencode({**query, 'PageSize': size, 'Page': number, **token})}"

    start = page * size
    shown = items[start : start + size]
    return {
        name: shown,
        "page": page,
        "page_size": size,
        "start": start,
        "end": max(start, start + len(shown) - 1),
        "uri": uri(page),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if start + size < len(items) else None,
        "previous_page_uri": uri(page - 1) if page else None,
    }
