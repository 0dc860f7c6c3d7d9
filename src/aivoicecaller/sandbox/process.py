"""Both halves of the sandbox in one process: two servers on loopback, one clock, one voice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from aivoicecaller.sandbox.carrier.app import make_carrier
from aivoicecaller.sandbox.carrier.control import people_json
from aivoicecaller.sandbox.carrier.exchange import Exchange
from aivoicecaller.sandbox.carrier.services import CarrierConfig
from aivoicecaller.sandbox.engine.app import EngineApp, make_engine
from aivoicecaller.sandbox.engine.config import EngineConfig
from aivoicecaller.sandbox.faults import Faults
from aivoicecaller.sandbox.media_clock import SandboxClock
from aivoicecaller.sandbox.phones.directory import OUR_NUMBER
from aivoicecaller.sandbox.serving import HOST, Activity, LoopbackServer, listen, port_of
from aivoicecaller.sandbox.speech import Speech
from aivoicecaller.sandbox.state import Credentials, DataFolder

LOOK_S: Final = 1.0
"""How often it is looked whether anybody still uses the sandbox."""


@dataclass(frozen=True, slots=True)
class Options:
    webhook_url: str
    """Where the engine sends its webhooks."""
    speed: float = 1.0
    carrier_port: int = 0
    """0 takes a free one."""
    engine_port: int = 0
    idle_exit_s: float | None = None
    """Seconds of the world without a request or a live call after which it ends; None for never."""


async def serve(options: Options, folder: DataFolder) -> None:
    """Run until a signal, a request, or too long a silence.

    Errors: PortTakenError, SpeechError, StateError, ScenarioError; each message is a sentence for people.
    """
    credentials = folder.credentials()
    started_at = time.time()
    clock, faults, speech, stop = SandboxClock(options.speed, started_at), Faults(), Speech(), asyncio.Event()
    with contextlib.ExitStack() as sockets:
        carrier_socket = sockets.enter_context(contextlib.closing(listen(options.carrier_port)))
        engine_socket = sockets.enter_context(contextlib.closing(listen(options.engine_port)))
        carrier_url, engine_at = f"http://{HOST}:{port_of(carrier_socket)}", f"{HOST}:{port_of(engine_socket)}"
        engine = make_engine(_engine_config(credentials, options.webhook_url, clock), faults, speech)
        carrier, exchange = make_carrier(
            _carrier_config(credentials, folder, carrier_url, f"ws://{engine_at}/trunk"),
            faults,
            speech,
            clock,
            on_webhook_url=engine.set_webhook_url,
            on_shutdown=stop.set,
        )
        activity = Activity()
        servers = (
            LoopbackServer(activity.watch(carrier), carrier_socket),
            LoopbackServer(activity.watch(engine), engine_socket),
        )
        _end_on_signals(stop)
        try:
            await asyncio.gather(speech.start(), *(server.start() for server in servers))
            state = _state(credentials, carrier_url, engine_at) | {
                "speed": options.speed,
                # Clocks of other processes that are given this and the same speed show the same time.
                "started_at": started_at,
                "people": people_json(exchange),
            }
            with folder.announced(state):
                sys.stdout.write(f"The sandbox is up: carrier {carrier_url}, engine http://{engine_at}/v1\n")
                sys.stdout.flush()
                await _until_over(stop, options.idle_exit_s, activity, lambda: _busy(exchange, engine))
        finally:
            await exchange.close()
            await engine.close()
            await asyncio.gather(*(server.stop() for server in servers))
            await speech.close()


def _engine_config(credentials: Credentials, webhook_url: str, clock: SandboxClock) -> EngineConfig:
    return EngineConfig(
        api_key=credentials.openai_api_key,
        project_id=credentials.openai_project_id,
        webhook_url=webhook_url,
        webhook_secret=credentials.openai_webhook_secret,
        clock=clock,
    )


def _carrier_config(credentials: Credentials, folder: DataFolder, base_url: str, trunk_url: str) -> CarrierConfig:
    return CarrierConfig(
        account_sid=credentials.account_sid,
        auth_token=credentials.auth_token,
        from_number=OUR_NUMBER,
        number_sid=credentials.number_sid,
        data_dir=folder.folder,
        base_url=base_url,
        trunk_url=trunk_url,
    )


def _state(credentials: Credentials, carrier_url: str, engine_at: str) -> dict[str, Any]:
    """What the state file says of addresses and credentials."""
    return {
        "pid": os.getpid(),
        "carrier_url": carrier_url,
        "engine_url": f"http://{engine_at}/v1",
        "engine_ws_url": f"ws://{engine_at}/v1",
        "account_sid": credentials.account_sid,
        "auth_token": credentials.auth_token,
        "from_number": OUR_NUMBER,
        "openai_api_key": credentials.openai_api_key,
        "openai_project_id": credentials.openai_project_id,
        "openai_webhook_secret": credentials.openai_webhook_secret,
    }


def _busy(exchange: Exchange, engine: EngineApp) -> bool:
    return bool(exchange.services.live) or engine.live_calls() > 0


def _end_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda _, __: loop.call_soon_threadsafe(stop.set))


async def _until_over(
    stop: asyncio.Event, idle_exit_s: float | None, activity: Activity, busy: Callable[[], bool]
) -> None:
    """Wait for `stop`, or until nothing was asked and no call lived for `idle_exit_s`."""
    while not stop.is_set():
        if busy():
            # The end of a call counts as use: its recording is fetched only afterwards.
            activity.touch()
        left_s = LOOK_S if idle_exit_s is None else idle_exit_s - activity.idle_s()
        if left_s <= 0:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(left_s, LOOK_S)):
                await stop.wait()
