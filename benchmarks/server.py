"""One server under test, in a process of its own: `python -m benchmarks.server bare|ours PORT PROVIDER_URL FOLDER`.

Both run on uvicorn with httptools under uvloop, on one core's worth of one process. A line on standard input asks for a
report, one line of JSON on standard output (`Report`); the end of standard input ends the server.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import uvicorn
import uvloop

from . import accounts


@dataclass(frozen=True, slots=True)
class Report:
    cpu_s: float
    """User and system time of the whole process since it began, in seconds."""
    rss_bytes: int
    """Memory of the process that is in use now; 0 where the system does not tell."""
    live: int
    """Calls that are supervised now."""


Live = Callable[[], int]


@asynccontextmanager
async def bare() -> AsyncIterator[tuple[uvicorn.Server, Live]]:
    from .bare import create_app

    app, handler = create_app()
    config = uvicorn.Config(app, http="httptools", ws="none", log_config=None, access_log=False)
    yield uvicorn.Server(config), lambda: len(handler.calls)


@asynccontextmanager
async def ours(url: str, provider_url: str, folder: Path) -> AsyncIterator[tuple[uvicorn.Server, Live]]:
    """The product as `aivoicecaller serve` puts it together, with the stand-in where the sandbox would be."""
    from aivoicecaller.cli.composition import running
    from aivoicecaller.cli.http_server import HttpServer
    from aivoicecaller.cli.logs import set_up
    from aivoicecaller.cli.places import DataFolder
    from aivoicecaller.cli.sandbox_process import SandboxState
    from aivoicecaller.settings import Settings

    settings = Settings(_env_file=None, data_dir=folder, max_live_calls=10_000)  # pyright: ignore[reportCallIssue]
    set_up(settings.log_level)
    providers = SandboxState(
        pid=os.getppid(),
        carrier_url=provider_url,
        engine_url=f"{provider_url}/v1",
        engine_ws_url=f"{provider_url}/v1".replace("http", "ws", 1),
        account_sid=accounts.ACCOUNT_SID,
        auth_token=accounts.AUTH_TOKEN,
        from_number=accounts.FROM_NUMBER,
        openai_api_key=accounts.API_KEY,
        openai_project_id=accounts.PROJECT_ID,
        openai_webhook_secret=accounts.WEBHOOK_SECRET,
        speed=1.0,
        started_at=time.time(),
        people=[],
    )
    async with running(
        settings,
        DataFolder(folder),
        address=url,
        sandbox=providers,
        program_token=accounts.PROGRAM_TOKEN,
        link_token=accounts.PROGRAM_TOKEN,
    ) as parts:
        yield HttpServer(parts.app, lambda: None), lambda: parts.supervisor.live


async def serve(which: str, port: int, provider_url: str, folder: Path) -> None:
    url = f"http://127.0.0.1:{port}"
    putting_together = bare() if which == "bare" else ours(url, provider_url, folder)
    async with putting_together as (server, live):
        server.config.host, server.config.port = "127.0.0.1", port
        reporting = asyncio.create_task(_report(server, live))
        await server.serve()
        reporting.cancel()


async def _report(server: uvicorn.Server, live: Live) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        sys.stdout.write(json.dumps(asdict(Report(time.process_time(), _rss_bytes(), live()))) + "\n")
        sys.stdout.flush()
    server.should_exit = True


def _rss_bytes() -> int:
    gc.collect()
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


if __name__ == "__main__":
    which, port, provider_url, folder = sys.argv[1:]
    uvloop.run(serve(which, int(port), provider_url, Path(folder)))
