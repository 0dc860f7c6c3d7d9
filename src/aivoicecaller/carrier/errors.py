"""Twilio's failures, each with the outcome a call gets when it ends by one.

CarrierError
├── CarrierRefused      Twilio will not do what we ask, however often we ask
├── CarrierUnavailable  too busy, broken, or out of reach
└── DialFailed          no leg from our dial: certainly, or perhaps
OrderInvalid            TwiML we may not send: our own mistake
SignatureRefused        a webhook that Twilio did not send, or not to us
"""

from __future__ import annotations

import re
from typing import Any, Final

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

from ..calls.outcome import Blame, Outcome, failed
from ..privacy import scrub

NOT_IN_PROGRESS: Final = 21220
NOT_FOUND: Final = 20404
TOO_MANY_REQUESTS: Final = 20429

CODES: Final[dict[int, tuple[Blame, str]]] = {
    10004: (Blame.US, "The Twilio account has as many calls as it may have at once"),
    13214: (Blame.US, "Twilio does not accept our number as caller ID"),
    13223: (Blame.CALLER, "The number is not a valid phone number"),
    13224: (Blame.CALLER, "The number is not valid or not supported"),
    13225: (Blame.CARRIER, "Twilio blocks calls to this number"),
    13226: (Blame.CALLER, "The number has no valid country code"),
    13227: (Blame.US, "Calls to this country are not enabled in the Twilio account"),
    20003: (Blame.US, "Twilio refused our credentials"),
    20404: (Blame.US, "Twilio does not know what was asked for"),
    20429: (Blame.CARRIER, "Twilio has too many requests from us"),
    21205: (Blame.US, "Twilio cannot use our public address"),
    21210: (Blame.US, "Our number is not verified at Twilio as caller ID"),
    21211: (Blame.CALLER, "The number is not a valid phone number"),
    21212: (Blame.US, "Our own number is not a valid caller ID"),
    21214: (Blame.CALLER, "The number cannot be reached"),
    21215: (Blame.US, "Calls to this country are not enabled in the Twilio account"),
    21216: (Blame.CARRIER, "Twilio blocks calls to this number"),
    21217: (Blame.CALLER, "The number is not a valid phone number"),
    21219: (Blame.US, "A Twilio trial account calls verified numbers only"),
    32011: (Blame.CARRIER, "Twilio cannot reach the speech engine's SIP address"),
    32113: (Blame.US, "Twilio does not allow a header of our SIP address"),
    32209: (Blame.US, "The speech engine's SIP address needs a secure transport"),
    573002: (Blame.US, "A Twilio trial account calls verified numbers only, from its trial number"),
    573005: (Blame.US, "A Twilio trial account calls verified numbers only, from its trial number"),
}
"""Twilio's error code: whose doing it is, and plain words. Others are told in Twilio's words."""


class CarrierError(Exception):
    """Twilio did not do what was asked."""

    retry_safe = False
    """Asking again does no harm and may help."""

    def __init__(self, outcome: Outcome, code: int = 0) -> None:
        self.outcome = outcome
        self.code = code
        """Twilio's error code; 0 when it gave none."""
        super().__init__(outcome.detail)


class CarrierRefused(CarrierError):
    """Twilio refused the request."""

    @property
    def unknown(self) -> bool:
        """Twilio does not know the call or recording."""
        return self.code in (NOT_FOUND, 404)


class CarrierUnavailable(CarrierError):
    """Twilio could not be reached or was too busy."""

    retry_safe = True

    def __init__(self, outcome: Outcome, code: int = 0, *, processed: bool) -> None:
        self.processed = processed
        """Twilio may have done what was asked, although we do not know."""
        super().__init__(outcome, code)


class DialFailed(CarrierError):
    """Our dial made no leg that we know of."""

    def __init__(self, outcome: Outcome, code: int = 0, *, certain: bool) -> None:
        self.certain = certain
        """True: no phone rings. False: one may, so it is looked up and never dialled again."""
        super().__init__(outcome, code)


class OrderInvalid(ValueError):
    """An order that Twilio would not carry out."""


class SignatureRefused(Exception):
    """The request is not one of Twilio's to us; `reason` is for our log, the sender is told nothing."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


FAILURES: Final = (TwilioException, aiohttp.ClientError, OSError, ValueError)
"""What the SDK lets out: its own exceptions, its transport's, and those of reading an answer that is not JSON."""

_SDK_PREFIX: Final = re.compile(r"^Unable to \w+ (record|page)(: )?")


def carrier_error(error: Exception) -> CarrierRefused | CarrierUnavailable:
    """What a failed request means."""
    match error:
        case TwilioRestException():
            return _refusal(error.status, error.code, str(error.msg))
        case TwilioServiceException():
            return _refusal(error.status, error.code, error.detail or error.title)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError() | aiohttp.InvalidURL():
            return CarrierUnavailable(failed(Blame.CARRIER, "Twilio cannot be reached."), processed=False)
        case TimeoutError():
            return CarrierUnavailable(failed(Blame.CARRIER, "Twilio did not answer in time."), processed=True)
        case aiohttp.ClientError() | OSError():
            return CarrierUnavailable(failed(Blame.CARRIER, "The connection to Twilio broke off."), processed=True)
        case _:
            return CarrierUnavailable(failed(Blame.CARRIER, "Twilio answered oddly."), processed=True)


def dial_failed(error: CarrierRefused | CarrierUnavailable) -> DialFailed:
    certain = not (isinstance(error, CarrierUnavailable) and error.processed)
    return DialFailed(error.outcome, error.code, certain=certain)


def words(code: int) -> str:
    """What an error code means, for people, with the code to look it up by."""
    known = CODES.get(code)
    return f"{known[1]} (Twilio {code})." if known else f"Twilio error {code}."


def _refusal(status: int, code: Any, message: str) -> CarrierRefused | CarrierUnavailable:
    # The SDK puts the HTTP status where Twilio gave no code of its own.
    number = code if isinstance(code, int) else 0
    if status == 429 or number == TOO_MANY_REQUESTS:
        outcome = failed(Blame.CARRIER, words(TOO_MANY_REQUESTS))
        return CarrierUnavailable(outcome, TOO_MANY_REQUESTS, processed=False)
    theirs = scrub(_SDK_PREFIX.sub("", message)) or "no reason given"
    # 408: an intermediary's time-out, after which Twilio may still have worked.
    if not 400 <= status < 500 or status == 408:
        detail = f"Twilio could not do it now ({status}): {theirs}"
        return CarrierUnavailable(failed(Blame.CARRIER, detail), number, processed=True)
    if number in CODES:
        return CarrierRefused(failed(CODES[number][0], words(number)), number)
    return CarrierRefused(failed(Blame.US, f"Twilio refused ({number or status}): {theirs}"), number)
