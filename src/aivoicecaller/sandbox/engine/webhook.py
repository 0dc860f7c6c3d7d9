"""`realtime.call.incoming`: signed after the Standard Webhooks, sent again until the application takes it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from typing import Any, Final

import httpx
import orjson

from aivoicecaller.clock import Clock
from aivoicecaller.ids import new_id

from . import faults as points
from .calls import Call
from .faults import Fault, Faults
from .ledger import Ledger

_USER_AGENT: Final = "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)"
_ATTEMPTS: Final = 8
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0
_TIMEOUT_S: Final = 10.0
"""Of the world: an application does not answer faster because the sandbox's clock does."""
_OVERTAKEN_WITHIN_S: Final = 5.0
_PRIVATE_HEADERS: Final = frozenset({"authorization", "proxy-authorization"})


def incoming_event(call: Call) -> dict[str, Any]:
    """The event about `call`. Headers keep their names, order and repeats; authorization ones are left out."""
    headers = [
        {"name": name, "value": value} for name, value in call.invite.headers if name.lower() not in _PRIVATE_HEADERS
    ]
    return {
        "object": "event",
        "id": new_id("evt"),
        "type": "realtime.call.incoming",
        "created_at": int(time.time()),
        "data": {"call_id": call.id, "sip_headers": headers, "sip_media_security": call.invite.media_security},
    }


def signed_headers(secret: str, webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Standard Webhooks: HMAC-SHA256 over `id.timestamp.body` with the key behind `whsec_`."""
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    signature = hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "user-agent": _USER_AGENT,
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


class Webhooks:
    """Sends events to one address. Pauses between attempts pass on `clock`."""

    def __init__(self, url: str, secret: str, clock: Clock, faults: Faults, ledger: Ledger) -> None:
        self.url = url
        """May be changed while calls live: an application that was restarted may have another port."""
        self._secret = secret
        self._clock = clock
        self._faults = faults
        self._ledger = ledger
        # A redirect counts as a failure. The environment's proxies are none of the sandbox's business.
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False)
        self._overtaken: asyncio.Event | None = None

    async def close(self) -> None:
        await self._client.aclose()

    async def announce(self, call: Call) -> None:
        """Tell the application of `call` until it answers 2xx, the call is over, or it was told often enough."""
        webhook_id = new_id("wh")
        body = orjson.dumps(incoming_event(call))
        pause_s = _FIRST_PAUSE_S
        for _ in range(_ATTEMPTS):
            if call.is_over or await self._attempt(call, webhook_id, body):
                return
            await self._clock.sleep(pause_s)
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    async def _attempt(self, call: Call, webhook_id: str, body: bytes) -> bool:
        """One sending, with the fault that is due; whether the matter is settled."""
        fault: Fault | None = self._faults.take(points.WEBHOOK)
        kind = fault.kind if fault is not None else ""
        if fault is not None and kind == "delay":
            await self._clock.sleep(fault.seconds)
        elif kind == "drop":
            self._ledger.note("webhook_dropped", call_id=call.id, webhook_id=webhook_id)
            return True
        elif kind == "reorder":
            await self._be_overtaken()
        elif kind == "duplicate":
            return any(await asyncio.gather(*(self._post(call, webhook_id, body) for _ in range(2))))
        taken = await self._post(call, webhook_id, body)
        return taken and kind not in ("status", "lost_answer")

    async def _post(self, call: Call, webhook_id: str, body: bytes) -> bool:
        headers = signed_headers(self._secret, webhook_id, int(time.time()), body)
        try:
            response = await self._client.post(self.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            self._ledger.note("webhook", call_id=call.id, webhook_id=webhook_id, failure=type(error).__name__)
            return False
        finally:
            if self._overtaken is not None:
                self._overtaken.set()
        self._ledger.note("webhook", call_id=call.id, webhook_id=webhook_id, status=response.status_code)
        return response.is_success

    async def _be_overtaken(self) -> None:
        """Wait until another webhook was sent, but not for ever."""
        self._overtaken = overtaken = asyncio.Event()
        try:
            async with asyncio.timeout(self._clock.real_seconds(_OVERTAKEN_WITHIN_S)):
                await overtaken.wait()
        except TimeoutError:
            pass
        finally:
            self._overtaken = None
