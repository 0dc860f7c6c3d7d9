"""What a REST request asks for: form parameters read, checked and typed. Refusals carry Twilio's codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, cast
from urllib.parse import parse_qs, urlsplit

from aivoicecaller.sandbox.carrier.errors import RestError
from aivoicecaller.sandbox.carrier.model import Callback, Method, RecordingPlan

MAX_TWIML: Final = 4000
PROGRESS_EVENTS: Final = frozenset({"initiated", "ringing", "answered", "completed"})
RECORDING_EVENTS: Final = frozenset({"in-progress", "completed", "absent"})

_INVALID: Final = 21200
"""Twilio's general code for a bad parameter of the Calls resource."""

KNOWN_CREATE: Final = frozenset(
    {
        "ApplicationSid",
        "AsyncAmd",
        "AsyncAmdStatusCallback",
        "AsyncAmdStatusCallbackMethod",
        "Byoc",
        "CallReason",
        "CallToken",
        "CallerId",
        "ClientNotificationUrl",
        "FallbackMethod",
        "FallbackUrl",
        "From",
        "MachineDetection",
        "MachineDetectionSilenceTimeout",
        "MachineDetectionSpeechEndThreshold",
        "MachineDetectionSpeechThreshold",
        "MachineDetectionTimeout",
        "Method",
        "Passports",
        "Record",
        "RecordingChannels",
        "RecordingConfigurationId",
        "RecordingStatusCallback",
        "RecordingStatusCallbackEvent",
        "RecordingStatusCallbackMethod",
        "RecordingTrack",
        "SendDigits",
        "SipAuthPassword",
        "SipAuthUsername",
        "StatusCallback",
        "StatusCallbackEvent",
        "StatusCallbackMethod",
        "TimeLimit",
        "Timeout",
        "To",
        "Trim",
        "Twiml",
        "Url",
    }
)
KNOWN_UPDATE: Final = frozenset(
    {
        "FallbackMethod",
        "FallbackUrl",
        "Method",
        "Status",
        "StatusCallback",
        "StatusCallbackEvent",
        "StatusCallbackMethod",
        "TimeLimit",
        "Twiml",
        "Url",
    }
)


class Form:
    """Form parameters; a name may have several values, blank ones are kept."""

    def __init__(self, body: bytes) -> None:
        """Raises RestError when the body is not a form."""
        try:
            self._values = parse_qs(body.decode(), keep_blank_values=True, strict_parsing=bool(body))
        except ValueError as error:
            raise RestError(20001, "The request body is not a form in UTF-8.") from error

    def names(self) -> Iterable[str]:
        return self._values.keys()

    def text(self, name: str) -> str | None:
        """The last value, or None when there is none or it is blank."""
        return self._values.get(name, [""])[-1].strip() or None

    def texts(self, name: str) -> list[str]:
        return [value for value in self._values.get(name, []) if value]

    def integer(self, name: str, low: int, high: int, code: int = _INVALID) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            raise RestError(code, f"{name} must be a whole number from {low} to {high}.")
        return int(value)

    def flag(self, name: str) -> bool:
        value = (self.text(name) or "false").lower()
        if value not in ("true", "false"):
            raise RestError(_INVALID, f"{name} must be true or false.")
        return value == "true"

    def choice(self, name: str, choices: tuple[str, ...], code: int = _INVALID) -> str | None:
        value = self.text(name)
        if value is not None and value not in choices:
            raise RestError(code, f"{name} must be one of {', '.join(choices)}.")
        return value

    def method(self, name: str) -> Method:
        value = (self.text(name) or "POST").upper()
        if value not in ("GET", "POST"):
            raise RestError(_INVALID, f"{name} must be GET or POST.")
        return value

    def url(self, name: str, code: int = 21205) -> str | None:
        """An absolute http(s) address. Host names with an underscore are refused, as at Twilio."""
        value = self.text(name)
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and parts.hostname and "_" not in parts.hostname
        except ValueError:
            good = False
        if not good:
            raise RestError(code, f"{name} is not a valid URL: {value}")
        return value


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document comes from: an address, or the text itself."""

    url: str | None = None
    method: Method = "POST"
    twiml: str | None = None
    fallback_url: str | None = None
    fallback_method: Method = "POST"


@dataclass(frozen=True, slots=True)
class Detection:
    """Answering machine detection as asked for."""

    until_message_end: bool
    """DetectMessageEnd rather than Enable."""
    timeout_s: int
    silence_ms: int
    callback: Callback | None
    """Set when it runs beside the document (AsyncAmd)."""


@dataclass(frozen=True, slots=True)
class CreateCall:
    """A checked POST to Calls.json."""

    to: str
    from_: str
    source: Source
    status_callback: Callback | None
    ring_timeout_s: int
    time_limit_s: int | None
    send_digits: str | None
    recording: RecordingPlan | None
    detection: Detection | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UpdateCall:
    """A checked POST to one call."""

    status: Literal["canceled", "completed"] | None
    source: Source | None
    status_callback: Callback | None
    time_limit_s: int | None
    warnings: tuple[str, ...]


def parse_create(form: Form, our_number: str) -> CreateCall:
    """Raises RestError. Whether anybody has the number `to` is not looked at here."""
    to, from_ = form.text("To"), form.text("From")
    if to is None:
        raise RestError(21201, "No 'To' number is specified")
    if from_ is None:
        raise RestError(21213, "A 'From' phone number is required.")
    if not re.fullmatch(r"\+[1-9]\d{6,14}", from_):
        raise RestError(21212, f"Invalid From Number (caller ID): {from_}")
    if from_ != our_number:
        raise RestError(
            21210,
            f"The source phone number provided, {from_}, is not yet verified for your account. You may only make "
            f"calls from phone numbers that you've verified or purchased from Twilio.",
        )
    if form.text("ApplicationSid"):
        raise RestError(21218, "Invalid ApplicationSid: the sandbox has no TwiML applications.")
    source = _source(form)
    if source is None:
        raise RestError(21205, "Url parameter is required.")
    status_callback, warnings = _status_callback(form)
    digits = form.text("SendDigits")
    if digits is not None and not re.fullmatch(r"[0-9#*wWA-D]{1,32}", digits):
        raise RestError(_INVALID, "SendDigits may hold up to 32 of 0-9, A-D, #, *, w and W.")
    return CreateCall(
        to=to,
        from_=from_,
        source=source,
        status_callback=status_callback,
        ring_timeout_s=form.integer("Timeout", 1, 600) or 60,
        time_limit_s=form.integer("TimeLimit", 1, 86_400),
        send_digits=digits,
        recording=_recording(form),
        detection=None if digits else _detection(form),
        warnings=(*warnings, *_unknown(form, KNOWN_CREATE)),
    )


def parse_update(form: Form) -> UpdateCall:
    """Raises RestError."""
    status = form.choice("Status", ("canceled", "completed"))
    status_callback, warnings = _status_callback(form)
    return UpdateCall(
        status=cast("Any", status),
        source=_source(form),
        status_callback=status_callback,
        time_limit_s=form.integer("TimeLimit", 1, 86_400),
        warnings=(*warnings, *_unknown(form, KNOWN_UPDATE)),
    )


def _unknown(form: Form, known: frozenset[str]) -> list[str]:
    return [f"Unknown parameter {name} was ignored." for name in form.names() if name not in known]


def _source(form: Form) -> Source | None:
    url, twiml = form.url("Url"), form.text("Twiml")
    if url is None and twiml is None:
        return None
    if twiml is not None and len(twiml) > MAX_TWIML:
        raise RestError(_INVALID, f"Twiml may hold up to {MAX_TWIML} characters.")
    return Source(
        url=url,
        method=form.method("Method"),
        twiml=twiml if url is None else None,
        fallback_url=form.url("FallbackUrl"),
        fallback_method=form.method("FallbackMethod"),
    )


def _status_callback(form: Form) -> tuple[Callback | None, tuple[str, ...]]:
    url, method = form.url("StatusCallback", 21609), form.method("StatusCallbackMethod")
    events = frozenset(form.texts("StatusCallbackEvent")) or frozenset({"completed"})
    if url is None:
        return None, ()
    if not events <= PROGRESS_EVENTS:
        # Seen at Twilio in 2026: the call is created with 201 all the same, and no callback is ever sent.
        return None, ("21626: StatusCallbackEvent is invalid, so no status callbacks are sent.",)
    return Callback(url, method, events), ()


def _recording(form: Form) -> RecordingPlan | None:
    channels = form.choice("RecordingChannels", ("mono", "dual"))
    form.choice("RecordingTrack", ("inbound", "outbound", "both"))
    form.choice("Trim", ("trim-silence", "do-not-trim"))
    url, method = form.url("RecordingStatusCallback"), form.method("RecordingStatusCallbackMethod")
    if not form.flag("Record"):
        return None
    asked = frozenset(" ".join(form.texts("RecordingStatusCallbackEvent")).split())
    callback = Callback(url, method, recording_events(asked)) if url else None
    return RecordingPlan("OutboundAPI", 2 if channels == "dual" else 1, callback)


def recording_events(asked: frozenset[str]) -> frozenset[str]:
    """Which news of a recording is sent: what was asked and exists, or `completed`."""
    return asked & RECORDING_EVENTS or frozenset({"completed"})


def _detection(form: Form) -> Detection | None:
    mode = form.choice("MachineDetection", ("Enable", "DetectMessageEnd"), 21234)
    timeout_s = form.integer("MachineDetectionTimeout", 3, 59, 21234)
    form.integer("MachineDetectionSpeechThreshold", 1000, 6000, 21234)
    form.integer("MachineDetectionSpeechEndThreshold", 500, 5000, 21234)
    silence_ms = form.integer("MachineDetectionSilenceTimeout", 2000, 10_000, 21234)
    in_background = form.flag("AsyncAmd")
    url, method = form.url("AsyncAmdStatusCallback"), form.method("AsyncAmdStatusCallbackMethod")
    if mode is None:
        return None
    if in_background and url is None:
        raise RestError(21262, "AsyncAmd needs AsyncAmdStatusCallback: the result would go nowhere.")
    callback = Callback(url, method, frozenset()) if in_background and url else None
    return Detection(mode == "DetectMessageEnd", timeout_s or 30, silence_ms or 5000, callback)


def page_of(query: Mapping[str, str]) -> tuple[int, int]:
    """Number and size of the page that a list request asks for. Raises RestError."""
    page, size = query.get("Page", "0"), query.get("PageSize", "50")
    if not (page.isdigit() and size.isdigit() and int(size) > 0):
        raise RestError(20001, "Page and PageSize must be whole numbers, PageSize at least 1.")
    return int(page), min(int(size), 1000)


def date_filter(query: Mapping[str, str], name: str) -> Callable[[date], bool] | None:
    """What a day must be for the filters `name` (that day), `name<` (or before), `name>` (or after); None without.

    Twilio compares whole UTC days and takes a time of day for its day. Raises RestError for a date that is none.
    """
    bounds: dict[str, date] = {}
    for sign in ("", "<", ">"):
        if text := query.get(f"{name}{sign}"):
            try:
                bounds[sign] = date.fromisoformat(text[:10])
            except ValueError as error:
                raise RestError(20001, f"{name} must be a date such as 2026-11-22.") from error
    if not bounds:
        return None
    exact, last, first = bounds.get(""), bounds.get("<", date.max), bounds.get(">", date.min)
    return lambda day: first <= day <= last and exact in (None, day)
