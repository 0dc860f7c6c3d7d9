"""`aivoicecaller serve`: one process that answers HTTP and runs calls."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import sys
from collections.abc import Callable

from ..addresses import OPENAI_WEBHOOK
from ..settings import Settings
from .lock import hold
from .places import DataFolder, RunningServer
from .sandbox_process import SandboxProcess


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


def local_url(host: str, port: int) -> str:
    """Where programs on this machine reach a server that is bound to `host`, without a name to resolve."""
    match host:
        case "0.0.0.0":  # noqa: S104
            host = "127.0.0.1"
        case "::":
            host = "::1"
        case _:
            pass
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def browser_url(host: str, port: int) -> str:
    """The same for a person. The name stands where the server listens on all that it can mean."""
    return f"http://localhost:{port}" if host in ("127.0.0.1", "0.0.0.0", "::") else local_url(host, port)  # noqa: S104


async def serve(settings: Settings, folder: DataFolder, sock: socket.socket, say: Callable[[str], None]) -> None:
    """Serve until a signal comes. `say` prints for the person at the terminal."""
    host, port = sock.getsockname()[:2]
    url = local_url(host, port)
    sandbox = None
    if not settings.has_any_key:
        sandbox = SandboxProcess(folder, url + OPENAI_WEBHOOK, settings.sandbox_speed)
        sandbox.start_unless_running()

    # These imports take longer than anything else here; the sandbox starts meanwhile.
    from .composition import running
    from .http_server import HttpServer

    state = await sandbox.ready() if sandbox else None
    program_token, link_token = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    announced = RunningServer(os.getpid(), url, program_token)
    async with contextlib.AsyncExitStack() as stack:
        server_parts = await stack.enter_async_context(
            running(
                settings,
                folder,
                address=url,
                browser_address=browser_url(host, port),
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
    """Errors: ServerRunsAlready, PortTaken, SandboxFailed, StoreError, SettingsInvalid."""
    with hold(folder):
        sock = listen(settings.host, settings.port)
        if sys.platform == "win32":
            asyncio.run(serve(settings, folder, sock, say))
            return
        import uvloop

        uvloop.run(serve(settings, folder, sock, say))
