"""Puts the carrier together."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette

from aivoicecaller.sandbox.carrier.control import Control
from aivoicecaller.sandbox.carrier.exchange import Exchange, connect_services
from aivoicecaller.sandbox.carrier.rest import rest_routes
from aivoicecaller.sandbox.carrier.services import CarrierConfig
from aivoicecaller.sandbox.faults import Faults
from aivoicecaller.sandbox.media_clock import SandboxClock
from aivoicecaller.sandbox.phones.directory import Directory, everybody
from aivoicecaller.sandbox.speech import Speech


def make_carrier(
    config: CarrierConfig,
    faults: Faults,
    speech: Speech,
    clock: SandboxClock,
    *,
    directory: Directory | None = None,
    on_webhook_url: Callable[[str], None] = lambda _: None,
    on_shutdown: Callable[[], None] = lambda: None,
) -> tuple[Starlette, Exchange]:
    """The carrier's application, to be served at `config.base_url`, and the switch behind it, to be closed at the end.

    `on_webhook_url` and `on_shutdown` are called when the control addresses ask for another address of the engine's
    webhooks, or for the end of the sandbox.
    """
    exchange = Exchange(connect_services(config, clock, faults, speech, directory or everybody()))
    control = Control(exchange, clock, on_webhook_url, on_shutdown)
    return Starlette(routes=[*control.routes(), *rest_routes(exchange)]), exchange
