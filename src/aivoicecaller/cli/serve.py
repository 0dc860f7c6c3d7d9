"""`aivoicecaller serve`: one process that answers HTTP and runs calls."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import sys
from collections.abc import Callable

import structlog

from ..addresses import OPENAI_WEBHOOK
from ..settings import Settings
from .places import DataFolder, RunningServer
from .sandbox_process import SandboxProcess

log = structlog.get_logger(__name__)


class PortTaken(Exception):
    """The port cannot be listened on; the message says what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Errors: PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except (OSError, OverflowError) as error:
        sock.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise PortTaken(
            f"Port {port} on {host} cannot be used: {reason}. Is AIVoiceCaller running already? "
            "Choose another port with --port."
        ) from None
    return sock


async def serve(settings: Settings, folder: DataFolder, sock: socket.socket, say: Callable[[str], None]) -> None:
    """Serve until a signal comes. `say` prints for the person at the terminal."""
    port = sock.getsockname()[1]
    address = f"http://{'localhost' if settings.host in ('0.0.0.0', '::', '127.0.0.1') else settings.host}:{port}"  # noqa: S104
    sandbox = None
    if not settings.has_any_key:
        # Providers are told an address without a name to resolve: a loopback name may mean IPv6 first.
        reach = f"http://127.0.0.1:{port}" if settings.host in ("0.0.0.0", "127.0.0.1") else address  # noqa: S104
        sandbox = SandboxProcess(folder, reach + OPENAI_WEBHOOK, settings.sandbox_speed)
        sandbox.start_unless_running()

    # These imports take longer than anything else here; the sandbox starts meanwhile.
    from .composition import running
    from .http_server import HttpServer

    state = await sandbox.ready() if sandbox else None
    program_token, link_token = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    announced = RunningServer(os.getpid(), f"http://127.0.0.1:{port}", program_token)
    async with contextlib.AsyncExitStack() as stack:
        server_parts = await stack.enter_async_context(
            running(
                settings,
                folder,
                address=address,
                sandbox=state,
                program_token=program_token,
                link_token=link_token,
            )
        )
        if sandbox is not None and state is not None:
            keeper = asyncio.create_task(sandbox.keep_alive(state))
            stack.callback(keeper.cancel)

        def ready() -> None:
            folder.announce(announced)
            say(f"AIVoiceCaller is ready. Open {server_parts.login_url}")
            if state is not None:
                say("No key is set, so this is the sandbox: calls ring scripted people on this machine.")

        server = HttpServer(server_parts.app, ready)
        try:
            await server.serve(sockets=[sock])
        finally:
            folder.withdraw(announced)


def run(settings: Settings, folder: DataFolder, say: Callable[[str], None]) -> None:
    """Errors: PortTaken, SandboxFailed, StoreError, SettingsInvalid."""
    sock = listen(settings.host, settings.port)
    if sys.platform == "win32":
        asyncio.run(serve(settings, folder, sock, say))
        return
    import uvloop

    uvloop.run(serve(settings, folder, sock, say))
