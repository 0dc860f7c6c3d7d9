"""Refusals in the carrier's own shape.

RestError             a REST request is refused; becomes an HTTP answer
TwimlError            a document cannot be fetched or played; becomes "application error" and an ErrorCode
"""

from __future__ import annotations

from typing import Final

MORE_INFO: Final = "https://www.twilio.com/docs/errors/{code}"


class RestError(Exception):
    """A refused REST request: `code` as in Twilio's error dictionary, `status` as in HTTP."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def body(self) -> dict[str, object]:
        """The JSON that Twilio answers with."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": MORE_INFO.format(code=self.code),
            "status": self.status,
        }


def not_found(path: str) -> RestError:
    return RestError(20404, f"The requested resource {path} was not found", 404)


class TwimlError(Exception):
    """A document that cannot be had or cannot be played: 11200, 11205, 11750, 12100, 12200, 12300, 13xxx, 32xxx."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


# What a carrier says for an HTTP status that comes from a fault rather than from a reason.
_STATUS_CODES: Final = {401: 20003, 403: 20403, 404: 20404, 429: 20429}


def error_for_status(status: int) -> RestError:
    """The error of a `status` fault: 20429 for 429, 20500 for any 5xx."""
    code = _STATUS_CODES.get(status, 20500 if status >= 500 else 20001)
    return RestError(
        code, "Too Many Requests" if status == 429 else f"The sandbox was asked to answer {status}.", status
    )
