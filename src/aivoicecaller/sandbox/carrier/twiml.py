"""TwiML documents: XML text in, verbs with typed attributes out.

Strict about XML (UTF-8, no document type, root `<Response>`), as lenient as Twilio about the rest: an unknown attribute
or a value that makes no sense is noted as a warning and the default counts (12200). A verb that Twilio has and the
sandbox does not refuses the document, so that nobody takes silence for support.
"""

from __future__ import annotations

import re
import xml.parsers.expat as expat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from aivoicecaller.sandbox.carrier.errors import TwimlError
from aivoicecaller.sandbox.carrier.model import Callback, Method, RecordingPlan
from aivoicecaller.sandbox.carrier.requests import PROGRESS_EVENTS, RECORDING_EVENTS

MAX_DEPTH: Final = 8
MAX_NOUNS: Final = 10


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    language: str = "en-US"
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Play:
    """A sound file, or the tones of keys."""

    url: str | None
    digits: str | None
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: int = 1


@dataclass(frozen=True, slots=True)
class Redirect:
    url: str
    method: Method = "POST"


@dataclass(frozen=True, slots=True)
class Hangup:
    pass


@dataclass(frozen=True, slots=True)
class Reject:
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """Leave a message."""

    action: str | None = None
    method: Method = "POST"
    max_length_s: int = 3600
    silence_s: int = 5
    play_beep: bool = True
    callback: Callback | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """`<Sip>` or `<Number>` inside `<Dial>`."""

    kind: str
    """`Sip` or `Number`."""
    address: str
    status_callback: Callback | None = None


@dataclass(frozen=True, slots=True)
class Dial:
    targets: tuple[Target, ...]
    action: str | None = None
    method: Method = "POST"
    answer_on_bridge: bool = False
    timeout_s: int = 30
    time_limit_s: int = 14_400
    caller_id: str | None = None
    recording: RecordingPlan | None = None
    record_from_ringing: bool = False
    refer_url: str | None = None
    refer_method: Method = "POST"
    sequential: bool = False


Verb = Say | Play | Pause | Redirect | Hangup | Reject | Record | Dial

_ELSEWHERE: Final = frozenset(
    {
        "Application",
        "Client",
        "Conference",
        "Connect",
        "Enqueue",
        "Gather",
        "Leave",
        "Message",
        "Pay",
        "Prompt",
        "Queue",
        "Refer",
        "Sim",
        "Siprec",
        "Sms",
        "Start",
        "Stop",
        "VirtualAgent",
        "WhatsApp",
    }
)
"""What Twilio plays and the sandbox does not."""


@dataclass(frozen=True, slots=True)
class Document:
    verbs: tuple[Verb, ...]
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Element:
    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[_Element] = field(default_factory=list["_Element"])


def parse_twiml(body: bytes) -> Document:
    """The verbs of a document. Raises TwimlError: 12100 for what is not TwiML, 12200 for verbs of other products."""
    root = _parse_xml(body)
    if root.name != "Response":
        raise TwimlError(12100, f"Document parse failure: the root must be <Response>, not <{root.name}>.")
    warnings: list[str] = []
    verbs: list[Verb] = []
    for element in root.children:
        make = _VERBS.get(element.name)
        if make is not None:
            attributes = _Attributes(element, warnings)
            verbs.append(make(element, attributes))
            attributes.note_unknown()
        elif element.name in _ELSEWHERE:
            raise TwimlError(12200, f"The sandbox does not play <{element.name}>.")
        else:
            warnings.append(f"12200: unknown verb <{element.name}> was skipped.")
    return Document(tuple(verbs), tuple(warnings))


def _parse_xml(body: bytes) -> _Element:
    """The tree of an XML text. Raises TwimlError 12100."""
    parser = expat.ParserCreate("utf-8")
    path: list[_Element] = []
    root: list[_Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        element = _Element(name, attributes)
        if len(path) >= MAX_DEPTH:
            raise TwimlError(12100, "Document parse failure: too deep.")
        (path[-1].children if path else root).append(element)
        path.append(element)

    def text(data: str) -> None:
        path[-1].text += data

    def refuse(*_: object) -> None:
        # A document type can define entities that grow without bound, or point to files.
        raise TwimlError(12100, "Document parse failure: a document type is not allowed.")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body.lstrip(), True)
    except expat.ExpatError as error:
        raise TwimlError(12100, f"Document parse failure: {error}.") from error
    return root[0]


class _Attributes:
    """Reads the attributes of one element; what makes no sense becomes a warning and the default."""

    def __init__(self, element: _Element, warnings: list[str]) -> None:
        self._element = element
        self._left = dict(element.attributes)
        self._warnings = warnings

    def text(self, name: str) -> str | None:
        return self._left.pop(name, "").strip() or None

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            self._warn(name)
            return default
        return int(value)

    def flag(self, name: str, default: bool = False) -> bool:
        return self.choice(name, ("true", "false"), str(default).lower()) == "true"

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(name)
        if value is None:
            return default
        if value.lower() not in choices:
            self._warn(name)
            return default
        return value.lower()

    def method(self, name: str = "method") -> Method:
        return cast("Method", self.choice(name, ("get", "post"), "post").upper())

    def callback(self, name: str, allowed: frozenset[str]) -> Callback | None:
        """The attributes `name`, `nameMethod` and `nameEvent`; events are separated by spaces."""
        url, method = self.text(name), self.method(f"{name}Method")
        asked = frozenset((self.text(f"{name}Event") or "completed").split())
        if not asked <= allowed:
            self._warn(f"{name}Event")
        return Callback(url, method, asked & allowed) if url else None

    def of(self, element: _Element) -> _Attributes:
        """The attributes of an element inside this one."""
        return _Attributes(element, self._warnings)

    def accept(self, *names: str) -> None:
        """Attributes that are right but make no difference here."""
        for name in names:
            self._left.pop(name, None)

    def note_unknown(self) -> None:
        for name in self._left:
            self._warnings.append(f"12200: attribute {name} of <{self._element.name}> is ignored.")

    def _warn(self, name: str) -> None:
        self._warnings.append(f"12200: {name} of <{self._element.name}> is not valid; its default is used.")


def _say(element: _Element, attributes: _Attributes) -> Say:
    attributes.accept("voice")
    text = " ".join("".join(_all_text(element)).split())
    return Say(text, attributes.text("language") or "en-US", attributes.integer("loop", 1, 0, 1000))


def _all_text(element: _Element) -> list[str]:
    """The text of an element and of what is in it: speech markup is read without its effects."""
    return [element.text, *(part for child in element.children for part in _all_text(child))]


def _play(element: _Element, attributes: _Attributes) -> Play:
    digits = attributes.text("digits")
    if digits is not None and not re.fullmatch(r"[0-9A-D*#wW]+", digits):
        raise TwimlError(13320, "Invalid digits of <Play>: use 0-9, A-D, *, # and w.")
    url = element.text.strip() or None
    if url is None and digits is None:
        raise TwimlError(12100, "<Play> needs an address or digits.")
    return Play(url, digits, attributes.integer("loop", 1, 0, 1000))


def _pause(_: _Element, attributes: _Attributes) -> Pause:
    return Pause(attributes.integer("length", 1, 0, 86_400))


def _redirect(element: _Element, attributes: _Attributes) -> Redirect:
    if not element.text.strip():
        raise TwimlError(12100, "<Redirect> needs an address.")
    return Redirect(element.text.strip(), attributes.method())


def _hangup(_: _Element, __: _Attributes) -> Hangup:
    return Hangup()


def _reject(_: _Element, attributes: _Attributes) -> Reject:
    return Reject(attributes.choice("reason", ("rejected", "busy"), "rejected") == "busy")


def _record(_: _Element, attributes: _Attributes) -> Record:
    attributes.accept("finishOnKey", "trim", "transcribe", "transcribeCallback", "recordingConfigurationId")
    return Record(
        action=attributes.text("action"),
        method=attributes.method(),
        max_length_s=attributes.integer("maxLength", 3600, 1, 14_400),
        silence_s=attributes.integer("timeout", 5, 1, 600),
        play_beep=attributes.flag("playBeep", True),
        callback=attributes.callback("recordingStatusCallback", RECORDING_EVENTS),
    )


_RECORD_MODES: Final = (
    "do-not-record",
    "false",
    "true",
    "record-from-answer",
    "record-from-ringing",
    "record-from-answer-dual",
    "record-from-ringing-dual",
)


def _dial(element: _Element, attributes: _Attributes) -> Dial:
    attributes.accept(
        "hangupOnStar",
        "callReason",
        "ringTone",
        "trim",
        "recordingTrack",
        "recordingConfigurationId",
        "events",
    )
    mode = attributes.choice("record", _RECORD_MODES, "do-not-record")
    callback = attributes.callback("recordingStatusCallback", RECORDING_EVENTS)
    recorded = mode not in ("do-not-record", "false")
    return Dial(
        targets=_targets(element, attributes),
        action=attributes.text("action"),
        method=attributes.method(),
        answer_on_bridge=attributes.flag("answerOnBridge"),
        timeout_s=attributes.integer("timeout", 30, 1, 600),
        time_limit_s=attributes.integer("timeLimit", 14_400, 1, 86_400),
        caller_id=attributes.text("callerId"),
        recording=RecordingPlan("DialVerb", 2 if "dual" in mode else 1, callback) if recorded else None,
        record_from_ringing="ringing" in mode,
        refer_url=attributes.text("referUrl"),
        refer_method=attributes.method("referMethod"),
        sequential=attributes.flag("sequential"),
    )


def _targets(element: _Element, attributes: _Attributes) -> tuple[Target, ...]:
    targets: list[Target] = []
    if element.text.strip():
        targets.append(Target("Number", element.text.strip()))
    for child in element.children:
        if child.name not in ("Sip", "Number"):
            raise TwimlError(12200, f"The sandbox does not play <{child.name}> inside <Dial>.")
        own = attributes.of(child)
        own.accept(*_NOUN_ATTRIBUTES)
        callback = own.callback("statusCallback", PROGRESS_EVENTS)
        targets.append(Target(child.name, child.text.strip(), callback))
        own.note_unknown()
    if len(targets) > MAX_NOUNS:
        raise TwimlError(12200, f"<Dial> takes up to {MAX_NOUNS} targets.")
    return tuple(targets)


_NOUN_ATTRIBUTES: Final = (
    "username",
    "password",
    "sendDigits",
    "byoc",
    "machineDetection",
    "machineDetectionTimeout",
    "machineDetectionSpeechThreshold",
    "machineDetectionSpeechEndThreshold",
    "machineDetectionSilenceTimeout",
    "amdStatusCallback",
    "amdStatusCallbackMethod",
)

_VERBS: Final[Mapping[str, Callable[[_Element, _Attributes], Verb]]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Redirect": _redirect,
    "Hangup": _hangup,
    "Reject": _reject,
    "Record": _record,
    "Dial": _dial,
}
