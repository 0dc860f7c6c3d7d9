"""Payloads of the providers, and a server that answers with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

_FOLDER = Path(__file__).parent


def payload(name: str) -> Any:
    """A JSON payload, like `openai/client_secret`."""
    return orjson.loads((_FOLDER / f"{name}.json").read_bytes())


def messages(name: str) -> list[dict[str, Any]]:
    """What arrives on a sideband, in order."""
    return [orjson.loads(line) for line in (_FOLDER / f"{name}.jsonl").read_bytes().splitlines()]


def form_body(name: str) -> bytes:
    """The raw body of a form."""
    return (_FOLDER / f"{name}.form").read_bytes().strip()
