"""OpenAI's webhooks: is one genuine, and which call does it announce? Signatures follow Standard Webhooks 1.0.

Source: OpenAI's guides "Webhooks" and "Realtime API with SIP", read 2026-11-22. The SDK (3.54) checks the signature but
lets six kinds of exception out, and parses an unknown type into an unrelated class: so its check alone is used, and
what a webhook is, is told by its `type` string.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import openai
import orjson
from openai.resources.webhooks import AsyncWebhooks

from .errors import WebhookRefused
from .wire import Json

CALL_REF_HEADER: Final = "X-Call-Ref"
"""Our own SIP header: the signed, single-use reference that ties OpenAI's call to ours."""
CALL_INCOMING: Final = "realtime.call.incoming"
ID_HEADER: Final = "webhook-id"
TOLERANCE_S: Final = 300
"""How old or new a webhook's date may be, by the world's time."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A genuine webhook."""

    id: str
    """The same for every delivery of one event: what duplicates are told by."""
    type: str
    created_at: int
    """Seconds since 1970 UTC; a retry keeps it, up to three days later."""
    data: Json


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A SIP call that OpenAI holds for us. What its headers say was written by whoever sent the INVITE."""

    engine_call_id: str
    headers: tuple[tuple[str, str], ...]
    """Name and value in the order of the INVITE; names may repeat."""
    media_security: str | None
    """`srtp`, `rtp`, or None when OpenAI does not say."""

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever the case of its name."""
        return next(iter(self._values(name)), None)

    @property
    def reference(self) -> str | None:
        """The value of our own header. None when it is missing or repeated: then nobody knows which one is ours."""
        values = self._values(CALL_REF_HEADER)
        return values[0] if len(values) == 1 else None

    def _values(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each.lower() == name.lower()]


class _SignatureCheck(AsyncWebhooks):
    """The SDK's check without an API client, which it only needs to look up a secret that is not given."""

    def __init__(self) -> None:
        pass


_check = _SignatureCheck()


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> Webhook:
    """Read a webhook that one of `secrets` has signed. Two secrets are valid for a day while one is replaced.

    `body` is what came over the wire, byte for byte. Errors: WebhookRefused, and nothing else, whatever was sent.
    """
    usable = [secret for secret in secrets if secret.removeprefix("whsec_")]
    if not usable:
        # An empty key would verify what anybody can sign.
        raise WebhookRefused("no webhook secret is configured")
    faults = [_fault(body, headers, secret) for secret in usable]
    if None not in faults:
        raise WebhookRefused("; ".join(dict.fromkeys(fault for fault in faults if fault)))
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise WebhookRefused("the body is not JSON") from None
    match event:
        case {"type": str(kind), "created_at": int(created_at), "data": {**data}}:
            return Webhook(_webhook_id(headers), kind, created_at, data)
        case _:
            raise WebhookRefused("the body is not an event with type, created_at and data")


def incoming(webhook: Webhook) -> IncomingCall:
    """The call that a `realtime.call.incoming` announces. Errors: WebhookRefused when it names none."""
    engine_call_id = webhook.data.get("call_id")
    if webhook.type != CALL_INCOMING or not isinstance(engine_call_id, str) or not engine_call_id:
        raise WebhookRefused("the event announces no call")
    listed = webhook.data.get("sip_headers")
    headers: list[tuple[str, str]] = []
    for entry in cast(list[object], listed) if isinstance(listed, list) else ():
        match entry:
            case {"name": str(name), "value": str(value)}:
                headers.append((name, value))
            case _:
                continue
    security = webhook.data.get("sip_media_security")
    return IncomingCall(engine_call_id, tuple(headers), security if isinstance(security, str) else None)


def _fault(body: bytes, headers: Mapping[str, str], secret: str) -> str | None:
    """Why the signature does not hold with this secret; None when it does."""
    try:
        _check.verify_signature(body, headers, secret=secret, tolerance=TOLERANCE_S)
    except openai.InvalidWebhookSignatureError as error:
        return str(error)
    except binascii.Error:
        return "the webhook secret is not base64"
    except UnicodeError:
        return "the body or a header is not UTF-8"
    except TypeError:
        return "the signature is not ASCII"
    except ValueError:
        return "a webhook header is missing"
    return None


def _webhook_id(headers: Mapping[str, str]) -> str:
    return next(value for name, value in headers.items() if name.lower() == ID_HEADER)
