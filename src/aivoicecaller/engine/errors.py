"""OpenAI's failures, each with the outcome a call gets when it ends by one.

EngineError
├── EngineRefused      OpenAI will not do what we ask, however often we ask
├── CallGone           OpenAI does not know the call: it is over, or never was
├── CallTaken          somebody, usually our own earlier request, has accepted the call already
└── EngineUnavailable  too busy, broken, or out of reach: asking again may help
SidebandLost           the socket of a live session closed
WebhookRefused         a webhook that OpenAI did not send, or not to us
"""

from __future__ import annotations

import re
from typing import Final, cast

import openai
import orjson
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from ..calls.outcome import Blame, Outcome, failed
from ..privacy import scrub
from .wire import Json

TAKEN: Final = frozenset({"decision_already_made", "call_already_accepted", "already_accepted"})
"""Codes by which a second accept is refused; only the first of them is documented."""
_KEY: Final = re.compile(r"\bsk-\S+")


class EngineError(Exception):
    """OpenAI did not do what was asked."""

    gone = False
    """The call is over at OpenAI."""
    retry_safe = False
    """Asking again does no harm and may help."""

    def __init__(self, outcome: Outcome, parameter: str = "") -> None:
        self.outcome = outcome
        self.parameter = parameter
        """Path of the field OpenAI complains about, like `session.audio.output.voice`; empty if it names none."""
        super().__init__(outcome.detail)


class EngineRefused(EngineError):
    """OpenAI refused the request."""


class CallGone(EngineError):
    """The call is over at OpenAI."""

    gone = True


class CallTaken(EngineError):
    """The call has been accepted already."""


class EngineUnavailable(EngineError):
    """OpenAI could not be reached or was too busy."""

    retry_safe = True


class SidebandLost(Exception):
    """The sideband closed. The call may go on without us."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


class WebhookRefused(Exception):
    """The webhook is not one of OpenAI's to us; `reason` is for our log, the sender is told nothing."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def api_error(error: openai.OpenAIError, *, of_call: bool) -> EngineError:
    """What a failed REST request means. `of_call`: it was about one call, so that 404 means that call is gone."""
    if isinstance(error, openai.APIStatusError):
        return _refusal(error.status_code, _object(error.body) or {"message": error.message}, of_call)
    if isinstance(error, openai.APITimeoutError):
        return timed_out()
    return EngineUnavailable(failed(Blame.ENGINE, "OpenAI cannot be reached."))


def handshake_error(error: Exception) -> EngineError:
    """What it means that a sideband could not be opened."""
    if isinstance(error, InvalidStatus) and error.response.status_code >= 400:
        return _refusal(error.response.status_code, _error_object(error.response.body), of_call=True)
    if isinstance(error, TimeoutError):
        return timed_out()
    if isinstance(error, InvalidHandshake):
        return odd_answer("no WebSocket where the sideband should be")
    return EngineUnavailable(failed(Blame.ENGINE, "OpenAI cannot be reached."))


def timed_out() -> EngineError:
    return EngineUnavailable(failed(Blame.ENGINE, "OpenAI did not answer in time."))


def odd_answer(what: str) -> EngineError:
    return EngineUnavailable(failed(Blame.ENGINE, f"OpenAI answered oddly: {what}."))


def closed(error: Exception) -> SidebandLost:
    """Why a sideband is no more. OpenAI often ends it without a closing frame (1006) when the caller hangs up."""
    if isinstance(error, ConnectionClosed) and error.rcvd is not None:
        return SidebandLost(f"OpenAI closed the sideband: {error.rcvd.code} {scrub(error.rcvd.reason)}".rstrip())
    return SidebandLost("The sideband broke off.")


def _refusal(status: int, error: Json, of_call: bool) -> EngineError:
    code = str(error.get("code") or "")
    # A refused key is quoted, with stars in its middle.
    words = _KEY.sub("…", scrub(str(error.get("message") or f"HTTP {status} without a reason")))
    parameter = str(error.get("param") or "")
    if status == 404 and of_call:
        return CallGone(failed(Blame.UNKNOWN, "The call was over at OpenAI before the agent could take it."))
    if status == 409 or code in TAKEN:
        return CallTaken(failed(Blame.ENGINE, f"OpenAI says that the call is taken: {words}"))
    if code == "insufficient_quota":
        return EngineRefused(failed(Blame.US, f"OpenAI refused, the quota is used up: {words}"))
    if status in (408, 425, 429) or status >= 500:
        return EngineUnavailable(failed(Blame.ENGINE, f"OpenAI could not do it now ({status}): {words}"))
    if status in (401, 403):
        return EngineRefused(failed(Blame.US, f"OpenAI refused our key: {words}"))
    return EngineRefused(failed(Blame.US, f"OpenAI refused: {words}"), parameter)


def _error_object(body: bytes | None) -> Json:
    try:
        return _object(_object(orjson.loads(body or b"")).get("error"))
    except orjson.JSONDecodeError:
        return {}


def _object(value: object) -> Json:
    return cast(Json, value) if isinstance(value, dict) else {}
