"""Twilio's webhooks: each is verified over the configured public address, recorded, and handed to its call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response

from ...addresses import AFTER_DIAL, ENGINE_LEG, MACHINE, RECORDING, STATUS, TWIML
from ...bus.base import NoAnswer, NobodyThere
from ...calls.events import Event, LegAnswered, LegEnd
from ...calls.model import LegState
from ...carrier import twiml
from ...carrier.errors import SignatureRefused
from ...carrier.translate import (
    engine_leg_event,
    machine_event,
    recording_report,
    status_event,
    voice_request,
)
from ...carrier.webhooks import SIGNATURE_HEADER, Form, verify
from ...carrier.wire import BridgeOrder
from ...references import ReferenceRefused
from ...store.calls import CallRow
from ...store.codec import encode
from ...store.inbox import inbox_id
from ...topics import NEWS, requests_of
from .. import shapes
from ..body import read_body
from ..parts import WebParts
from ..problems import Refused, answer, not_found, not_written

log = structlog.get_logger(__name__)

RECORD_S = 5.0
UNREACHABLE = "We are sorry, our assistant cannot be reached just now. Please try again later. Goodbye."
LOST = "We are sorry, the connection to our assistant was lost. Please try again later. Goodbye."
NO_CALL = "We are sorry, this call cannot be connected. Goodbye."

_LOST = frozenset({"absent", "failed"})
"""States of a recording from which no audio will come."""

Handler = Callable[[Request, Form], Awaitable[Response]]


class TwilioHooks:
    """The addresses that Twilio asks or tells. `routes` says which function answers which."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self.routes: dict[str, Callable[[Request], Awaitable[Response]]] = {
            TWIML: self._verified(self._twiml),
            AFTER_DIAL: self._verified(self._after_dial),
            STATUS: self._verified(self._told(status_event)),
            ENGINE_LEG: self._verified(self._told(engine_leg_event)),
            MACHINE: self._verified(self._told(machine_event)),
            RECORDING: self._verified(self._recording),
        }

    def _verified(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def verified(request: Request) -> Response:
            query = request.scope["query_string"].decode("latin-1")
            path = request.scope["raw_path"].decode("latin-1")
            try:
                form = verify(
                    request.method,
                    self._parts.addresses.public_url,
                    f"{path}?{query}" if query else path,
                    await read_body(request),
                    request.headers.get("content-type"),
                    request.headers.get(SIGNATURE_HEADER),
                    self._parts.installation.twilio_auth_token,
                )
                return await handler(request, form)
            except SignatureRefused as error:
                log.warning("< a request was not Twilio's", why=str(error), path=path)
                return answer(Refused(403, "signature-refused", "Only Twilio may ask this", f"{error}."))
            except NoAnswer as error:
                log.error("! a fact could not be written down", why=str(error), path=path)
                return answer(not_written())
            except Refused as error:
                return answer(error)

        return verified

    async def _twiml(self, request: Request, form: Form) -> Response:
        """What to do with a leg that was answered: connect it with the engine, if the secret names a call of ours."""
        asked = voice_request(form)
        secret = request.query_params.get("secret")
        if asked is None or secret is None:
            # Numbers that ring in are not routed to agents here; nobody pays for a refused leg.
            return _xml(twiml.reject(busy=False))
        try:
            call_id = self._parts.addresses.references.read("twiml", secret, self._parts.clock.now())
        except ReferenceRefused as error:
            log.warning("< TwiML was asked for with a bad secret", why=str(error))
            return _xml(twiml.apology(NO_CALL))
        row = await self._parts.store.calls.get(call_id)
        if row is None or row.call.ended or row.call.outcome is not None:
            return _xml(twiml.nothing())
        await self._tell(call_id, LegAnswered(asked.carrier_call_sid), _seen(form, "twiml"))
        return _xml(twiml.connect(await self._bridge(row)))

    async def _bridge(self, row: CallRow) -> BridgeOrder:
        addresses, installation = self._parts.addresses, self._parts.installation
        version = await self._parts.store.agents.version(row.agent_id, row.agent_version)
        assert version is not None, "A call's agent version is kept as long as the call."
        return BridgeOrder(
            project_id=installation.project_id,
            sip_host=installation.sip_host,
            reference=addresses.sip_reference(row.id, self._parts.clock.now()),
            caller_id=row.from_number,
            action_url=addresses.of_call(AFTER_DIAL, row.id),
            recording_url=addresses.of_call(RECORDING, row.id) if version.config.record else None,
            engine_leg_url=addresses.of_call(ENGINE_LEG, row.id),
            talk_s=row.call.limits.talk_s,
        )

    async def _after_dial(self, request: Request, form: Form) -> Response:
        """The engine's leg ended. A person who is still there, though nobody meant to end the call, hears why."""
        row = await self._call_of(request)
        event = engine_leg_event(form)
        if event is not None:
            await self._tell(row.id, event, _seen(form, "after-dial"))
        if event is None or not event.person_there or row.call.leg.state is LegState.ENDING:
            return _xml(twiml.nothing())
        return _xml(twiml.apology(LOST if event.end is LegEnd.COMPLETED else UNREACHABLE))

    def _told(self, read: Callable[[Form], Event | None]) -> Handler:
        """A handler for callbacks that only tell something."""

        async def told(request: Request, form: Form) -> Response:
            row = await self._call_of(request)
            event = read(form)
            if event is not None:
                await self._tell(row.id, event, _seen(form, type(event).__name__))
            return Response(status_code=204)

        return told

    async def _recording(self, request: Request, form: Form) -> Response:
        """A recording is there, or will never be. It is kept before the answer: Twilio does not tell it again."""
        row = await self._call_of(request)
        report = recording_report(form)
        if report is None:
            return Response(status_code=204)
        if report.status == "completed":
            recording = await self._parts.store.recordings.ready(
                row.id, report.recording_sid, report.channels, report.duration_s or 0.0, self._parts.clock.now()
            )
            shape = shapes.recording(recording).model_dump(mode="json")
            self._parts.bus.publish(NEWS, {"kind": "call.recording.ready", "call_id": row.id, "recording": shape})
        elif report.status in _LOST:
            await self._parts.store.recordings.unavailable(row.id)
            self._parts.bus.publish(NEWS, {"kind": "call.updated", "call_id": row.id})
        return Response(status_code=204)

    async def _call_of(self, request: Request) -> CallRow:
        row = await self._parts.store.calls.get(request.query_params.get("call", ""))
        if row is None:
            raise not_found("call")
        return row

    async def _tell(self, call_id: str, event: Event, seen: str) -> None:
        """Hand a fact to the owner of the call; it answers when the fact is written down."""
        name, detail = encode(event)
        message: dict[str, Any] = {"name": name, "detail": detail, "inbox_id": seen}
        try:
            await self._parts.bus.request(requests_of(call_id), message, RECORD_S)
        except NobodyThere:
            # The call is over, or its next owner will ask the carrier how it stands.
            await self._parts.store.inbox.take(seen, self._parts.clock.now())


def _seen(form: Form, kind: str) -> str:
    """The identity of one message. Twilio's signature has no date, so a repeated request must change nothing."""
    parts = (kind, *(form.get(name, "") for name in ("CallSid", "SequenceNumber", "CallStatus", "DialCallStatus")))
    return inbox_id("twilio", "/".join(parts))


def _xml(document: str) -> Response:
    return Response(document, media_type=twiml.CONTENT_TYPE)
