"""The state of the machine: without it no absolute figure says anything."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIBRARIES = ("fastapi", "uvicorn", "uvloop", "openai", "websockets", "sqlalchemy")


def state() -> dict[str, Any]:
    """What it is now, and how busy with other things. Load averages count waiting processes, as `uptime` does."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": _memory_gib(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        **busy(),
    }


def busy() -> dict[str, Any]:
    return {"load_average_1_5_15": [round(load, 2) for load in os.getloadavg()]}


def words(state: dict[str, Any]) -> str:
    """One line for people."""
    return (
        f"{state['processor']}, {state['cores']} cores, {state['memory_gib']} GiB, {state['system']}, "
        f"Python {state['python']}; load {state['load_average_1_5_15']}"
    )


def _processor() -> str:
    try:
        model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        model = None
    return model[1] if model else platform.processor() or platform.machine()


def _memory_gib() -> int:
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)
