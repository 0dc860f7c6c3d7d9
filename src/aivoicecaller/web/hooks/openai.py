"""OpenAI's webhooks: verified, recorded, and handed to the owner of the call they announce."""

from __future__ import annotations

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from ...bus.base import NoAnswer, NobodyThere
from ...calls.events import SessionOffered
from ...engine.errors import WebhookRefused
from ...engine.webhooks import CALL_INCOMING, IncomingCall, Webhook, incoming
from ...references import ReferenceRefused
from ...store.codec import encode
from ...store.inbox import inbox_id
from ...topics import UNCLAIMED_SESSIONS, requests_of
from ..body import read_body
from ..parts import WebParts
from ..problems import Refused, answer, not_written

log = structlog.get_logger(__name__)

RECORD_S = 5.0
"""How long the owner of a call may take to write a webhook down. OpenAI waits a few seconds for our answer."""


class OpenAIHook:
    """`POST /api/openai/webhook`."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts

    async def received(self, request: Request) -> Response:
        try:
            body = await read_body(request)
            webhook = self._parts.engine.verify(body, request.headers)
            taken = await self._take(webhook)
        except WebhookRefused as error:
            log.warning("< a webhook was refused", why=str(error))
            return answer(Refused(401, "webhook-refused", "The webhook is not taken", f"{error}."))
        except NoAnswer as error:
            log.error("! a webhook could not be written down", why=str(error))
            return answer(not_written())
        except Refused as error:
            return answer(error)
        return Response(orjson.dumps({"taken": taken}), media_type="application/json")

    async def _take(self, webhook: Webhook) -> bool:
        """Whether the webhook was new and a call of ours took it."""
        seen = inbox_id("openai", webhook.id)
        if webhook.type != CALL_INCOMING:
            await self._parts.store.inbox.take(seen, self._parts.clock.now())
            return False
        call = incoming(webhook)
        call_id = self._owner(call)
        if call_id is not None:
            name, detail = encode(SessionOffered(call.engine_call_id))
            message = {"name": name, "detail": detail, "inbox_id": seen}
            try:
                reply = await self._parts.bus.request(requests_of(call_id), message, RECORD_S)
            except NobodyThere:
                log.info("< a session was offered for a call that is over", call_id=call_id)
            else:
                return bool(reply["taken"])
        if await self._parts.store.inbox.take(seen, self._parts.clock.now()):
            await self._parts.bus.enqueue(UNCLAIMED_SESSIONS, {"engine_call_id": call.engine_call_id})
        return False

    def _owner(self, call: IncomingCall) -> str | None:
        """Which of our calls this is. Only our own signed reference says so: headers are a stranger's words."""
        if call.reference is None:
            log.warning("< a session was offered without a reference")
            return None
        try:
            return self._parts.addresses.references.read("sip", call.reference, self._parts.clock.now())
        except ReferenceRefused as error:
            log.warning("< a session was offered with a bad reference", why=str(error))
            return None
