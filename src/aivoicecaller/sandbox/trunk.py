"""The trunk between the two halves of the sandbox: what SIP and RTP are between the real carrier and engine.

One WebSocket per INVITE, opened by the carrier at `/trunk` of the engine. Text frames are the messages
below as JSON objects with a `type`; binary frames are audio, exactly `FRAME_BYTES` of G.711 mu-law, `FRAME_MS` long.

After `Answer` the carrier sends one frame per tick of its media clock, silence included, and the engine
answers each frame with exactly one of its own. The carrier owns the clock: media time is the number of frames
sent so far.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Final, cast

import orjson

SAMPLE_RATE: Final = 8000
"""Samples a second on the trunk."""
FRAME_MS: Final = 20
"""Milliseconds of sound in one binary frame."""
FRAME_BYTES: Final = SAMPLE_RATE * FRAME_MS // 1000
"""Bytes of one binary frame: one mu-law byte a sample."""
SILENCE: Final = b"\xff" * FRAME_BYTES
"""A frame of mu-law silence (0xFF is +0)."""

MediaSecurity = str
"""`rtp` or `srtp`, as the INVITE offered it."""


class TrunkError(ValueError):
    """The other side sent something that is not a trunk message."""


@dataclass(frozen=True, slots=True)
class Invite:
    """carrier -> engine, first and once: a call for the project named in `request_uri`."""

    type: ClassVar = "invite"
    call_id: str
    """SIP Call-ID, chosen by the carrier."""
    request_uri: str
    """`sip:proj_...@sip.api.openai.com;transport=tls`"""
    headers: tuple[tuple[str, str], ...]
    """SIP headers as (name, value), in order, repeats kept."""
    media_security: MediaSecurity = "rtp"


@dataclass(frozen=True, slots=True)
class Cancel:
    """carrier -> engine: the caller gave up before an answer."""

    type: ClassVar = "cancel"


@dataclass(frozen=True, slots=True)
class Dtmf:
    """carrier -> engine: one key was pressed, `0`-`9`, `*`, `#`, `A`-`D`."""

    type: ClassVar = "dtmf"
    digit: str


@dataclass(frozen=True, slots=True)
class Words:
    """carrier -> engine, right before the first frame in which a scripted person says `text`."""

    type: ClassVar = "words"
    text: str
    duration_ms: int
    """How long the saying takes, in media time."""
    source: str = "scripted"


@dataclass(frozen=True, slots=True)
class Trying:
    """engine -> carrier: SIP 100."""

    type: ClassVar = "trying"


@dataclass(frozen=True, slots=True)
class Ringing:
    """engine -> carrier: SIP 180."""

    type: ClassVar = "ringing"


@dataclass(frozen=True, slots=True)
class Answer:
    """engine -> carrier: SIP 200. Audio may flow from now on."""

    type: ClassVar = "answer"


@dataclass(frozen=True, slots=True)
class Reject:
    """engine -> carrier: a final SIP status of 400 or above."""

    type: ClassVar = "reject"
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refer:
    """engine -> carrier: SIP REFER to `target`, `tel:+1...` or `sip:...`."""

    type: ClassVar = "refer"
    target: str


@dataclass(frozen=True, slots=True)
class Bye:
    """Either way: the call is over."""

    type: ClassVar = "bye"


Message = Invite | Cancel | Dtmf | Words | Trying | Ringing | Answer | Reject | Refer | Bye

_MESSAGES: Final[dict[str, type[Message]]] = {
    kind.type: kind for kind in (Invite, Cancel, Dtmf, Words, Trying, Ringing, Answer, Reject, Refer, Bye)
}
_VALUE_TYPES: Final[dict[str, type]] = {"status": int, "duration_ms": int}
"""Fields that are not text."""


def encode(message: Message) -> str:
    """The text frame of `message`."""
    return orjson.dumps({"type": message.type, **asdict(message)}).decode()


def decode(text: str | bytes) -> Message:
    """The message in a text frame.

    Fields that are not known are ignored. Raises TrunkError for anything that is not a message.
    """
    try:
        loaded: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise TrunkError("A trunk message must be JSON.") from error
    if not isinstance(loaded, dict):
        raise TrunkError("A trunk message must be a JSON object.")
    body = cast("dict[str, Any]", loaded)
    kind = _MESSAGES.get(str(body.get("type")))
    if kind is None:
        raise TrunkError(f"There is no trunk message of type {body.get('type')!r}.")
    values = {field.name: body[field.name] for field in fields(kind) if field.name in body}
    if "headers" in values:
        values["headers"] = _headers(values["headers"])
    for name, value in values.items():
        if name != "headers" and not isinstance(value, _VALUE_TYPES.get(name, str)):
            raise TrunkError(f"`{name}` of a trunk {kind.type} has the wrong type.")
    try:
        return kind(**values)
    except TypeError as error:
        raise TrunkError(f"A trunk {kind.type} lacks a field: {error}.") from error


def _headers(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list):
        raise TrunkError("`headers` must be a list of [name, value].")
    pairs: list[tuple[str, str]] = []
    for pair in cast("list[Any]", value):
        match pair:
            case [str() as name, str() as text]:
                pairs.append((name, text))
            case _:
                raise TrunkError("`headers` must be a list of [name, value].")
    return tuple(pairs)
