"""Twilio's webhooks: is one genuine, and what are its parameters?

A signature covers the address Twilio was given and all parameters, also those we do not know. It carries no date, so a
genuine request may be a repeated one. Source: Twilio's page "Webhooks security" and SDK 9.13, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from .errors import SignatureRefused

SIGNATURE_HEADER: Final = "X-Twilio-Signature"
IDEMPOTENCY_HEADER: Final = "I-Twilio-Idempotency-Token"
"""The same for every delivery of one request."""
FORM: Final = "application/x-www-form-urlencoded"
MAX_FIELDS: Final = 500
"""Twilio sends some thirty."""


class Form(Mapping[str, str]):
    """The parameters of a request in their order. A name may repeat: `form[name]` is its first value."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> str:
        return self._values[name][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Form with {', '.join(self._values)}>"

    def getlist(self, name: str) -> list[str]:
        """All values of a name, in order. The SDK's signature check asks by this name."""
        return list(self._values.get(name, ()))


def parse(text: str) -> Form:
    """Parameters from a query or a body, blank values kept. Errors: ValueError when they are not UTF-8 or too many."""
    return Form(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS))


def verify(
    method: str,
    public_url: str,
    raw_path_and_query: str,
    body: bytes,
    content_type: str | None,
    signature: str | None,
    auth_token: str,
) -> Form:
    """The parameters of a request that Twilio signed.

    The address is the configured one plus path and query exactly as they came, never what a proxy says: that is what
    Twilio was given and signed. With and without the scheme's port both count, since Twilio does either.
    Errors: SignatureRefused, and nothing else, whatever was sent.
    """
    if not auth_token:
        # An empty key would verify what anybody can sign.
        raise SignatureRefused("no auth token is configured")
    if not signature:
        raise SignatureRefused("the signature is missing")
    url = public_url.rstrip("/") + raw_path_and_query
    try:
        if method.upper() == "GET":
            signed, form = Form(()), parse(raw_path_and_query.partition("?")[2])
        elif (content_type or "").partition(";")[0].strip().lower() == FORM or not body:
            signed = form = parse(body.decode())
        else:
            raise SignatureRefused("the body is not a form")
        genuine = cast(bool, RequestValidator(auth_token).validate(url, signed, signature))
    except ValueError as error:
        # Not UTF-8, too many fields, or an address that is none.
        raise SignatureRefused(f"the request is unreadable: {type(error).__name__}") from None
    if not genuine:
        raise SignatureRefused("the signature does not match")
    return form
