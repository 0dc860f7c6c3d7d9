"""Getting TwiML from the application, and what can go wrong on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

from aivoicecaller.sandbox.carrier.delivery import DeliveryError, Reply
from aivoicecaller.sandbox.carrier.errors import MORE_INFO, TwimlError, error_for_status
from aivoicecaller.sandbox.carrier.ledger import public_part
from aivoicecaller.sandbox.carrier.model import Call, Method
from aivoicecaller.sandbox.carrier.services import Services
from aivoicecaller.sandbox.carrier.twiml import Document, Say, parse_twiml
from aivoicecaller.sandbox.carrier.wire import call_parameters

_XML_TYPES: Final = frozenset({"text/xml", "application/xml", "text/html", ""})
_DELIVERY_CODES: Final = {"ct": 11205, "rt": 11200, "size": 11750}


@dataclass(frozen=True, slots=True)
class Page:
    """An address that will answer with TwiML."""

    url: str
    method: Method = "POST"
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
    """Parameters besides those every request about a call has."""

    def relative_to(self, base: str | None) -> Page:
        """This page, its address completed by that of the document it was named in."""
        return Page(urljoin(base, self.url) if base else self.url, self.method, self.extra)

    def as_fallback_for(self, failed: str | None, error: TwimlError) -> Page:
        """This page, told what went wrong with the address `failed`."""
        extra = {"ErrorCode": str(error.code), "ErrorUrl": failed or "", "MoreInfo": MORE_INFO.format(code=error.code)}
        return Page(self.url, self.method, {**self.extra, **extra})


async def fetch_document(services: Services, call: Call, page: Page) -> Document:
    """Ask the application for TwiML.

    Errors: TwimlError 11200 (bad answer or none in time), 11205 (no connection), 11750 (too large), 12300 (not XML),
    12100 and 12200 (see parse_twiml).
    """
    try:
        document = _read(await _ask(services, call, page))
    except TwimlError as error:
        services.ledger.note(
            "twiml_error", call_sid=call.sid, url=public_part(page.url), code=error.code, message=error.message
        )
        raise
    services.ledger.note("twiml", call_sid=call.sid, url=public_part(page.url), verbs=len(document.verbs))
    for warning in document.warnings:
        services.ledger.note("twiml_warning", call_sid=call.sid, message=warning)
    return document


async def _ask(services: Services, call: Call, page: Page) -> Reply:
    parameters = {**call_parameters(call, services.config.account_sid), **page.extra}
    fault = services.faults.take("carrier.twiml")
    kind = fault.kind if fault else None
    if fault and kind == "delay":
        await services.clock.sleep(fault.seconds)
    if fault and kind == "status":
        raise TwimlError(11200, error_for_status(fault.status).message)
    if kind == "drop":
        raise TwimlError(11205, "HTTP connection failure")
    try:
        copies = 2 if kind == "duplicate" else 1
        requests = [services.delivery.send(page.method, page.url, parameters) for _ in range(copies)]
        reply, *_ = await asyncio.gather(*requests)
    except DeliveryError as error:
        raise TwimlError(_DELIVERY_CODES[error.kind], str(error)) from error
    if kind == "lost_answer":
        raise TwimlError(11200, "The connection was cut before the answer arrived.")
    if reply.status >= 400:
        raise TwimlError(11200, f"Got HTTP {reply.status} response to {public_part(page.url)}")
    return reply


def _read(reply: Reply) -> Document:
    if reply.content_type == "text/plain":
        # Twilio reads plain text to the caller.
        return Document((Say(reply.body.decode("utf-8", "replace").strip()),), ())
    if reply.content_type not in _XML_TYPES:
        raise TwimlError(12300, f"Invalid Content-Type: {reply.content_type}")
    return parse_twiml(reply.body)
