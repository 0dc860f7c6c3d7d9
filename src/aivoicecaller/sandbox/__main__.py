"""The sandbox as a process: `python -m aivoicecaller.sandbox --data DIR --webhook-url URL`.

It runs beside the product, so that a restart of the product ends no call. Exit status: 0 after a normal end, 2 when
it could not start, with a sentence on standard error.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

_EXTRA: Final = ("espeakng_loader", "numpy", "soxr", "webrtcvad")
_SLOWEST: Final = 0.1
_FASTEST: Final = 200.0


def _speed(text: str) -> float:
    value = float(text)
    if not _SLOWEST <= value <= _FASTEST:
        raise argparse.ArgumentTypeError(f"must be from {_SLOWEST:g} to {_FASTEST:g}")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65_535:
        raise argparse.ArgumentTypeError("must be from 0 to 65535")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m aivoicecaller.sandbox",
        description="A carrier, a speech engine and people to call, all offline, on the providers' own wire.",
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="folder for state, calls and recordings")
    add("--webhook-url", required=True, metavar="URL", help="where the engine sends its webhooks")
    add("--speed", type=_speed, default=1.0, metavar="N", help="how many times as fast as the world (1)")
    add("--carrier-port", type=_port, default=0, metavar="PORT", help="port of the carrier (a free one)")
    add("--engine-port", type=_port, default=0, metavar="PORT", help="port of the engine (a free one)")
    add("--idle-exit", type=_seconds, metavar="S", help="end after so many seconds without use (never)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if any(importlib.util.find_spec(module) is None for module in _EXTRA):
        return _refuse("The sandbox needs more packages: pip install 'aivoicecaller[sandbox]'")
    # Imported late: without the extra these would fail with no sentence for people.
    from aivoicecaller.sandbox.phones.scenario import ScenarioError
    from aivoicecaller.sandbox.process import Options, serve
    from aivoicecaller.sandbox.serving import PortTakenError
    from aivoicecaller.sandbox.speech import SpeechError
    from aivoicecaller.sandbox.state import DataFolder, StateError

    options = Options(asked.webhook_url, asked.speed, asked.carrier_port, asked.engine_port, asked.idle_exit)
    try:
        folder = DataFolder(asked.data)
        with folder.locked():
            _runner()(serve(options, folder))
    except (StateError, PortTakenError, SpeechError, ScenarioError) as error:
        return _refuse(str(error))
    return 0


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 2


def _runner() -> Callable[[Any], None]:
    """uvloop's where there is one: a media clock wakes up often."""
    with contextlib.suppress(ImportError):
        import uvloop

        return uvloop.run
    return asyncio.run


if __name__ == "__main__":
    sys.exit(main())
