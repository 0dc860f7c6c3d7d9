"""Signed references: short texts that name a call, which nobody else can make and which expire.

They travel where a stranger could write too: in the address Twilio fetches, and in a SIP header that OpenAI hands
back. A valid webhook signature proves who sent the webhook, not that the call in it is ours; the reference does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Literal

from .clock import Instant

Purpose = Literal["twiml", "sip"]

_FORM = re.compile(r"(?P<call_id>call_[0-9a-f]{32})-(?P<expiry>[0-9a-z]{1,9})-(?P<mac>[A-Za-z0-9_-]{22})")


class ReferenceRefused(ValueError):
    """The reference was not made by us for this purpose, or has expired."""


class References:
    """Makes and reads references with the installation's secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("APP_SECRET is too short: at least 16 bytes.")
        self._key = hashlib.sha256(b"reference\0" + secret).digest()

    def make(self, purpose: Purpose, call_id: str, expires_at: Instant) -> str:
        """At most 72 characters of letters, digits, `_` and `-`: safe in an address and in a SIP header."""
        expiry = _base36(int(expires_at))
        return f"{call_id}-{expiry}-{self._mac(purpose, call_id, expiry)}"

    def read(self, purpose: Purpose, text: str, now: Instant) -> str:
        """The call's id. Errors: ReferenceRefused."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ReferenceRefused("The reference has not the form of one of ours.")
        call_id, expiry, mac = match.group("call_id", "expiry", "mac")
        if not hmac.compare_digest(mac, self._mac(purpose, call_id, expiry)):
            raise ReferenceRefused("The reference was not made here, or for another purpose.")
        if int(expiry, 36) < now:
            raise ReferenceRefused("The reference has expired.")
        return call_id

    def _mac(self, purpose: Purpose, call_id: str, expiry: str) -> str:
        digest = hmac.digest(self._key, f"{purpose}\0{call_id}\0{expiry}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _base36(value: int) -> str:
    digits = ""
    while value:
        value, rest = divmod(value, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits or "0"
