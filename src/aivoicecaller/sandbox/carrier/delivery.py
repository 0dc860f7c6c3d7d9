"""Requests from the carrier to the customer's application: signed, with Twilio's limits and retries.

A webhook address may carry connection overrides after `#` (`https://host/path#rc=2&rp=all&tt=5000`); they are obeyed,
not sent and not signed. Limits here are seconds of the world: an application does not answer faster because the
sandbox's clock does.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx

from aivoicecaller.sandbox.carrier.model import Method

MAX_ANSWER_BYTES: Final = 65_536
"""Larger answers are error 11750."""
MAX_MEDIA_BYTES: Final = 10 * 1024 * 1024
MAX_REDIRECTS: Final = 5


class DeliveryError(Exception):
    """No answer was had: `kind` is `ct` (no connection), `rt` (connection lost or too slow) or `size`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content_type: str
    """Lower case, without parameters; empty when there is none."""
    body: bytes
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Connection overrides of a webhook address; times in seconds."""

    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})
    connect_s: float = 5.0
    read_s: float = 15.0
    total_s: float = 15.0

    def covers(self, failure: str) -> bool:
        return failure in self.retry_on or "all" in self.retry_on


def parse_policy(fragment: str) -> Policy:
    """The overrides in the part after `#`; what cannot be read keeps its default."""
    values = {name: found[-1] for name, found in parse_qs(fragment).items()}

    def number(name: str, low: int, high: int, default: float) -> float:
        value = values.get(name, "")
        return min(max(int(value), low), high) if value.isdigit() else default

    return Policy(
        retries=int(number("rc", 0, 5, 1)),
        retry_on=frozenset(values.get("rp", "ct").split(",")),
        connect_s=number("ct", 100, 10_000, 5000) / 1000,
        read_s=number("rt", 100, 15_000, 15_000) / 1000,
        total_s=number("tt", 100, 15_000, 15_000) / 1000,
    )


def signature(token: str, url: str, parameters: Mapping[str, str]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 of the address and the sorted form parameters, in base64.

    Source: Twilio, "Webhooks Security", read 2026-11. A GET is signed with no parameters: its query is in the address.
    """
    text = url + "".join(name + parameters[name] for name in sorted(parameters))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Delivery:
    """Sends requests with the account's signature."""

    def __init__(self, auth_token: str) -> None:
        self._token = auth_token
        self._http = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            # A connection of its own for each: one kept from before may be closed by the application just now.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            headers={"User-Agent": "TwilioProxy/1.1", "Accept": "*/*"},
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def send(
        self, method: Method, url: str, parameters: Mapping[str, str], idempotency_token: str | None = None
    ) -> Reply:
        """Send one request, again where the address's overrides say so. Any HTTP status is a Reply.

        Errors: DeliveryError when nothing, or too much, was answered.
        """
        address, _, fragment = url.partition("#")
        policy = parse_policy(fragment)
        token = idempotency_token or str(uuid.uuid4())
        try:
            async with asyncio.timeout(policy.total_s):
                for _ in range(policy.retries):
                    try:
                        reply = await self._follow(method, address, parameters, token, policy)
                    except DeliveryError as error:
                        if not policy.covers(error.kind):
                            raise
                        continue
                    if reply.status < 400 or not policy.covers(f"{reply.status // 100}xx"):
                        return reply
                return await self._follow(method, address, parameters, token, policy)
        except TimeoutError as error:
            raise DeliveryError("rt", f"No answer within {policy.total_s:g} s.") from error

    async def fetch_media(self, url: str) -> Reply:
        """A sound file, unsigned. Raises DeliveryError."""
        try:
            async with self._http.stream("GET", url, timeout=15.0) as answer:
                body = await _body(answer, MAX_MEDIA_BYTES)
        except httpx.HTTPError as error:
            raise DeliveryError("rt", f"The sound was not had: {type(error).__name__}.") from error
        return Reply(answer.status_code, "", body)

    async def _follow(
        self, method: Method, url: str, parameters: Mapping[str, str], token: str, policy: Policy
    ) -> Reply:
        """One attempt. A redirect is followed with a signature of its own, as a GET unless it is 307 or 308."""
        for _ in range(MAX_REDIRECTS):
            reply = await self._once(method, url, parameters, token, policy)
            if reply.location is None:
                return reply
            url = urljoin(url, reply.location)
            method = method if reply.status in (307, 308) else "GET"
        raise DeliveryError("rt", "Too many redirects.")

    async def _once(self, method: Method, url: str, parameters: Mapping[str, str], token: str, policy: Policy) -> Reply:
        if method == "GET":
            url += ("&" if urlsplit(url).query else "?") + urlencode(parameters)
        request = self._http.build_request(
            method,
            url,
            content=urlencode(parameters).encode() if method == "POST" else None,
            headers={"I-Twilio-Idempotency-Token": token},
            timeout=httpx.Timeout(policy.read_s, connect=policy.connect_s),
        )
        if method == "POST":
            request.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        # What is signed is the address as it is sent: the client may have normalised it.
        signed: Mapping[str, str] = parameters if method == "POST" else {}
        request.headers["X-Twilio-Signature"] = signature(self._token, str(request.url), signed)
        try:
            answer = await self._http.send(request, stream=True)
            try:
                body = await _body(answer, MAX_ANSWER_BYTES)
            finally:
                await answer.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise DeliveryError("ct", f"No connection: {error}.") from error
        except httpx.TimeoutException as error:
            raise DeliveryError("rt", "The application did not answer in time.") from error
        except httpx.HTTPError as error:
            raise DeliveryError("rt", f"The connection broke: {type(error).__name__}.") from error
        content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        location = answer.headers.get("location") if answer.status_code in (301, 302, 303, 307, 308) else None
        return Reply(answer.status_code, content_type, body, location)


async def _body(answer: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > limit:
            raise DeliveryError("size", f"The answer is larger than {limit} bytes.")
    return bytes(body)
