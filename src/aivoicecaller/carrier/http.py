"""The transport below the Twilio SDK.

The SDK's own one waits for ever (aiohttp reads the `timeout=None` it passes as "no limit"), logs addresses that hold
phone numbers, and needs a running loop to be made. This one keeps to the same interface.
"""

from __future__ import annotations

import base64
import logging
from typing import Any, Final, cast

import aiohttp
from aiohttp.typedefs import Query
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

ANSWER: Final = aiohttp.ClientTimeout(total=10, connect=4, sock_connect=4)
"""Connecting fails before the whole does, so that it is known that nothing was sent."""
STREAM: Final = aiohttp.ClientTimeout(total=None, connect=4, sock_connect=4, sock_read=20)


class TwilioHttp(AsyncHttpClient):
    """One pool of connections, opened by the first request."""

    def __init__(self) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Cookies could carry nothing we want from one request into another.
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=ANSWER)
        return self._session

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the SDK's interface
        allow_redirects: bool = False,
    ) -> Response:
        """Errors: those of aiohttp, and TimeoutError."""
        limit: dict[str, Any] = {} if timeout is None else {"timeout": aiohttp.ClientTimeout(total=timeout)}
        async with self.session.request(
            method.upper(),
            uri,
            params=cast(Query, params),
            data=data,
            headers={**(headers or {}), **_authorization(auth)},
            allow_redirects=allow_redirects,
            **limit,
        ) as response:
            return Response(response.status, await response.text(), response.headers)

    async def open(self, url: str, headers: dict[str, str], auth: tuple[str, str] | None) -> aiohttp.ClientResponse:
        """An answer whose body is still to be read. It must be closed. Errors: as `request`."""
        return await self.session.get(
            url, headers={**headers, **_authorization(auth)}, allow_redirects=False, timeout=STREAM
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _authorization(auth: tuple[str, str] | None) -> dict[str, str]:
    if auth is None:
        return {}
    return {"Authorization": f"Basic {base64.b64encode(':'.join(auth).encode()).decode()}"}
