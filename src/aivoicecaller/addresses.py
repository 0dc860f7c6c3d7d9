"""Where the providers reach us: every address that we give to a carrier, made in one place."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from .clock import Instant
from .references import References

TWIML = "/api/twiml"
AFTER_DIAL = "/api/twiml/after"
STATUS = "/api/twilio/status"
ENGINE_LEG = "/api/twilio/engine-leg"
MACHINE = "/api/twilio/amd"
RECORDING = "/api/twilio/recording"
OPENAI_WEBHOOK = "/api/openai/webhook"

TWIML_REFERENCE_S = 1200.0
"""A callee may ring for ten minutes at most; Twilio fetches the document on the answer."""
SIP_REFERENCE_S = 120.0
"""From the document to the engine's webhook: about a second in life."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """`public_url` without a slash at its end, such as `https://calls.example.com`."""

    public_url: str
    references: References

    def twiml(self, call_id: str, now: Instant) -> str:
        secret = self.references.make("twiml", call_id, now + TWIML_REFERENCE_S)
        return f"{self.public_url}{TWIML}?{urlencode({'secret': secret})}"

    def of_call(self, path: str, call_id: str) -> str:
        """An address for callbacks about one call. The provider's signature covers the query too."""
        return f"{self.public_url}{path}?{urlencode({'call': call_id})}"

    def sip_reference(self, call_id: str, now: Instant) -> str:
        return self.references.make("sip", call_id, now + SIP_REFERENCE_S)
