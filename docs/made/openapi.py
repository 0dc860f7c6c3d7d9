"""The description of the API, from the app itself: the dashboard's types are made from it."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

from aivoicecaller.cli.composition import running
from aivoicecaller.cli.places import DataFolder
from aivoicecaller.settings import Settings


def document() -> str:
    return json.dumps(asyncio.run(_describe()), indent=2, ensure_ascii=False) + "\n"


async def _describe() -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))  # pyright: ignore[reportCallIssue]
        async with running(
            settings,
            DataFolder(Path(folder)),
            address="http://localhost:3000",
            sandbox=None,
            program_token="",
            link_token="",
        ) as server:
            return server.app.openapi()
