"""Why a call ended, and whose doing it was. State, outcome and blame are three things."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OutcomeKind(StrEnum):
    """How a call ended, in the words of the outside."""

    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    CANCELED = "canceled"
    FAILED = "failed"
    REFUSED = "refused"
    """Our own dial gate said no; nobody's phone rang."""


class Blame(StrEnum):
    """Whose doing the end was. `caller` is who placed the call, `callee` who was rung."""

    CALLER = "caller"
    CALLEE = "callee"
    CARRIER = "carrier"
    ENGINE = "engine"
    US = "us"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    kind: OutcomeKind
    blame: Blame
    detail: str
    """One sentence for people. It may hold a provider's own words, never a number or a secret."""


def failed(blame: Blame, detail: str) -> Outcome:
    return Outcome(OutcomeKind.FAILED, blame, detail)
