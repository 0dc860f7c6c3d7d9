"""Fetching a recording's audio: a long answer, passed on as it comes.

Credentials go to the configured host only. Twilio may redirect to a file store, which gets none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp

from ..calls.outcome import Blame, failed
from .errors import FAILURES, CarrierRefused, CarrierUnavailable, carrier_error
from .http import TwilioHttp

PASSED_ON: Final = ("content-type", "content-length", "content-range", "accept-ranges", "etag", "last-modified")
REDIRECTS: Final = 3
CHUNK_BYTES: Final = 64 * 1024


class RecordingAudio:
    """A recording's audio, or the part that was asked for. Read it once, then close it."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    @property
    def status(self) -> int:
        """200: all of it; 206: the range asked for; 416: there is no such range."""
        return self._response.status

    @property
    def headers(self) -> dict[str, str]:
        """What may be passed on to whoever listens, names in lower case."""
        return {name: self._response.headers[name] for name in PASSED_ON if name in self._response.headers}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.content.iter_chunked(CHUNK_BYTES):
                yield chunk
        except FAILURES as error:
            raise carrier_error(error) from None

    async def aclose(self) -> None:
        self._response.close()


async def open_audio(http: TwilioHttp, url: str, auth: tuple[str, str], range_header: str | None) -> RecordingAudio:
    """Ask for a recording's audio. Errors: CarrierError, `unknown` when it is not there (yet)."""
    headers = {"Accept-Encoding": "identity"}
    if range_header is not None:
        headers["Range"] = range_header
    credentials: tuple[str, str] | None = auth
    for _ in range(REDIRECTS + 1):
        try:
            response = await http.open(url, headers, credentials)
        except FAILURES as error:
            raise carrier_error(error) from None
        if response.status in (200, 206, 416):
            return RecordingAudio(response)
        response.close()
        location = response.headers.get("Location")
        if response.status not in (301, 302, 303, 307, 308) or location is None:
            raise _no_audio(response.status)
        target = _redirected(url, location)
        if target is None:
            break
        url, credentials = target, None
    raise CarrierRefused(failed(Blame.CARRIER, "Twilio sends us elsewhere for the recording, to no end."))


def _redirected(url: str, location: str) -> str | None:
    """Where a redirect leads. None when that is nowhere, or by another scheme: not from https into the open."""
    try:
        target = urljoin(url, location)
        return target if urlsplit(target).scheme == urlsplit(url).scheme else None
    except ValueError:
        return None


def _no_audio(status: int) -> CarrierRefused | CarrierUnavailable:
    if status == 404:
        return CarrierRefused(failed(Blame.CARRIER, "Twilio does not have the recording, or not yet."), status)
    if status in (401, 403):
        return CarrierRefused(failed(Blame.US, "Twilio does not give us the recording."), status)
    outcome = failed(Blame.CARRIER, f"Twilio could not send the recording ({status}).")
    return CarrierUnavailable(outcome, status, processed=False)
