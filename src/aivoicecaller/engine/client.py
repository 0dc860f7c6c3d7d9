"""REST requests to OpenAI, and the way to a sideband.

Accept is in the caller's ear: the phone rings until it arrives. So it takes the SDK's low-level request over a
connection that is kept open, which costs half of the SDK's typed method (benchmarks/ has the figures).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar, cast
from urllib.parse import quote, urlsplit

import httpx2
import openai
import orjson
from openai import AsyncOpenAI, DefaultAioHttpClient
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.websocket_connection_options import WebSocketConnectionOptions
from websockets.exceptions import WebSocketException

from ..clock import Clock
from . import webhooks
from .errors import CallGone, CallTaken, EngineError, EngineRefused, api_error, handshake_error, odd_answer, timed_out
from .sideband import OPTIONS, Sideband
from .webhooks import Webhook
from .wire import Json, PreparedSession, without_vad_numbers

BUDGET_S: Final = 6.0
"""How long requests are repeated while OpenAI is unavailable: callers hear ringing for as long. The last may still take
`TRY_S`."""
TRY_S: Final = 2.5
"""How long one answer is awaited. Accept usually takes a few tenths of a second."""
ATTACH_BUDGET_S: Final = 3.2
"""A session opens its sideband shortly after accept, and answers 404 until then."""
REQUEST_PAUSE_S: Final = 0.1
ATTACH_PAUSE_S: Final = 0.05
KEEP_OPEN_S: Final = 120.0
"""How long an idle connection is kept, so that the one that prepared a call is still warm when it is accepted."""
DECLINE: Final = 603
"""SIP "Decline": the carrier shall not try elsewhere."""

T = TypeVar("T")


class RealtimeEngine:
    """OpenAI's Realtime API as one project sees it."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        websocket_base_url: str | None = None,
        webhook_secrets: Sequence[str] = (),
        safety_identifier: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`safety_identifier`: a hash that stands for the end user in OpenAI's abuse reports."""
        self._webhook_secrets = tuple(webhook_secrets)
        self._clock = clock or Clock()
        self._on_this_machine = urlsplit(base_url).hostname in ("127.0.0.1", "::1", "localhost")
        self._client = AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            websocket_base_url=websocket_base_url,
            # We repeat requests ourselves: only those that are safe, and by our own clock.
            max_retries=0,
            default_headers={"OpenAI-Safety-Identifier": safety_identifier} if safety_identifier else None,
            http_client=DefaultAioHttpClient(
                limits=httpx2.Limits(max_connections=1000, keepalive_expiry=KEEP_OPEN_S),
                timeout=httpx2.Timeout(10, connect=5),
                follow_redirects=False,
                # A proxy of the environment leads outside; the sandbox is on this machine.
                trust_env=not self._on_this_machine,
            ),
        )

    def verify(self, body: bytes, headers: Mapping[str, str]) -> Webhook:
        """A genuine webhook of this project. Errors: WebhookRefused."""
        return webhooks.verify(body, headers, self._webhook_secrets)

    async def prepare(self, session: Json) -> PreparedSession:
        """Mint a client secret for `session`: OpenAI checks it whole. Errors: EngineError with OpenAI's own words."""
        answer = await self._post("/realtime/client_secrets", {"session": session}, of_call=False)
        try:
            secret = orjson.loads(answer)
        except orjson.JSONDecodeError:
            secret = None
        match secret:
            case {"value": str(value), "expires_at": int(expires_at), "session": {"id": str(session_id)}}:
                return PreparedSession(value, expires_at, session_id)
            case _:
                raise odd_answer("the client secret has no value, expires_at and session")

    async def accept(self, engine_call_id: str, session: Json) -> None:
        """Take the call and start `session` on it.

        A call that is taken already counts as ours: an earlier request of ours got through and its answer was lost.
        Errors: EngineError; `gone` when the caller has hung up.
        """
        try:
            await self._accept(engine_call_id, session)
        except EngineRefused as refusal:
            fallback = without_vad_numbers(session)
            if fallback is None or "turn_detection" not in f"{refusal.parameter} {refusal}":
                raise
            await self._accept(engine_call_id, fallback)

    async def reject(self, engine_call_id: str, status_code: int = DECLINE) -> None:
        """Refuse the call with a SIP status; nothing to do when it is over. Errors: EngineError."""
        await self._post_unless_gone(engine_call_id, "reject", {"status_code": status_code})

    async def hang_up(self, engine_call_id: str) -> None:
        """End the call; nothing to do when it is over. Errors: EngineError."""
        await self._post_unless_gone(engine_call_id, "hangup", None)

    async def attach(self, engine_call_id: str) -> Sideband:
        """Open the sideband of an accepted call. Errors: EngineError; `gone` when OpenAI keeps saying 404."""

        def may_come(error: EngineError) -> bool:
            return error.gone or error.retry_safe

        async def connect() -> Sideband:
            return Sideband(await self._connect(engine_call_id))

        return await self._insist(connect, ATTACH_BUDGET_S, ATTACH_PAUSE_S, may_come)

    async def check(self) -> frozenset[str]:
        """Whether OpenAI answers and takes our key: the ids of all models it offers us. Errors: EngineError."""
        try:
            async with asyncio.timeout(self._clock.real_seconds(BUDGET_S)):
                return frozenset([model.id async for model in self._client.models.list()])
        except openai.OpenAIError as error:
            raise api_error(error, of_call=False) from None
        except TimeoutError:
            raise timed_out() from None

    async def aclose(self) -> None:
        await self._client.close()

    async def _accept(self, engine_call_id: str, session: Json) -> None:
        try:
            await self._post(_path(engine_call_id, "accept"), session, of_call=True)
        except CallTaken:
            return

    async def _post_unless_gone(self, engine_call_id: str, action: str, body: Json | None) -> None:
        try:
            await self._post(_path(engine_call_id, action), body, of_call=True)
        except CallGone:
            return

    async def _post(self, path: str, body: Json | None, *, of_call: bool) -> bytes:
        """Post a request that is safe to repeat, and repeat it inside the budget while OpenAI is unavailable."""
        content = None if body is None else orjson.dumps(body)

        async def post() -> bytes:
            try:
                response = await self._client.post(
                    path,
                    cast_to=httpx2.Response,
                    content=content,
                    options={"headers": {"Content-Type": "application/json"}},
                )
            except openai.OpenAIError as error:
                raise api_error(error, of_call=of_call) from None
            return response.content

        def may_help(error: EngineError) -> bool:
            return error.retry_safe

        return await self._insist(post, BUDGET_S, REQUEST_PAUSE_S, may_help)

    async def _connect(self, engine_call_id: str) -> AsyncRealtimeConnection:
        options = cast(WebSocketConnectionOptions, {**OPTIONS, "proxy": None}) if self._on_this_machine else OPTIONS
        try:
            return await self._client.realtime.connect(
                call_id=engine_call_id, websocket_connection_options=options
            ).enter()
        except (WebSocketException, OSError) as error:
            raise handshake_error(error) from None

    async def _insist(
        self,
        attempt: Callable[[], Awaitable[T]],
        budget_s: float,
        pause_s: float,
        worthwhile: Callable[[EngineError], bool],
    ) -> T:
        """Try until it works, `worthwhile` says no, or the budget is used up. Pauses double."""
        give_up_at = self._clock.now() + budget_s
        while True:
            try:
                async with asyncio.timeout(self._clock.real_seconds(TRY_S)):
                    return await attempt()
            except (EngineError, TimeoutError) as error:
                failure = error if isinstance(error, EngineError) else timed_out()
            if not worthwhile(failure) or self._clock.now() + pause_s > give_up_at:
                raise failure
            await self._clock.sleep(pause_s)
            pause_s *= 2


def _path(engine_call_id: str, action: str) -> str:
    return f"/realtime/calls/{quote(engine_call_id, safe='')}/{action}"
