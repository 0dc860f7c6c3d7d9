"""Calls and recordings of earlier runs: a file of JSON lines, the last line about a thing counts.

A carrier does not forget a call because somebody restarted it, so the sandbox does not either.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, cast

import orjson

from aivoicecaller.clock import Instant
from aivoicecaller.sandbox.carrier.model import Call, Recording, RecordingPlan, Registry

KEPT: Final = 2000
"""How many calls, and how many recordings, outlive a restart."""

_CALL_FIELDS: Final = tuple(
    field.name for field in fields(Call) if field.name not in ("status_callback", "events_sent")
)
"""Nobody is called back about a call of an earlier run."""
_RECORDING_FIELDS: Final = tuple(field.name for field in fields(Recording) if field.name != "plan")


class Archive:
    """Writes as things happen; reads once, at the start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: io.BufferedWriter | None = None

    def load(self, now: Instant) -> Registry:
        """What earlier runs left, tidied up. What was live when the sandbox stopped is over now.

        Lines that cannot be read are passed over: they are the end of a run that was killed.
        """
        registry = Registry()
        for line in self._path.read_bytes().splitlines() if self._path.exists() else []:
            with contextlib.suppress(orjson.JSONDecodeError, KeyError, TypeError):
                _read(cast("dict[str, Any]", orjson.loads(line)), registry)
        registry.calls = dict(list(registry.calls.items())[-KEPT:])
        registry.recordings = dict(list(registry.recordings.items())[-KEPT:])
        for call in registry.calls.values():
            if not call.over:
                call.move("completed" if call.status == "in-progress" else "failed", now)
        for recording in registry.recordings.values():
            if recording.status in ("in-progress", "processing"):
                recording.status = "absent"
        self._rewrite(registry)
        return registry

    def save_call(self, call: Call) -> None:
        self._append({"call": _call_values(call)})

    def save_recording(self, recording: Recording) -> None:
        self._append({"recording": _recording_values(recording)})

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, entry: Mapping[str, Any]) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("ab")
        self._file.write(orjson.dumps(entry) + b"\n")
        self._file.flush()

    def _rewrite(self, registry: Registry) -> None:
        calls = [{"call": _call_values(call)} for call in registry.calls.values()]
        recordings = [{"recording": _recording_values(recording)} for recording in registry.recordings.values()]
        fresh = self._path.with_suffix(".new")
        fresh.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(b"".join(orjson.dumps(entry) + b"\n" for entry in (*calls, *recordings)))
        fresh.replace(self._path)


def _call_values(call: Call) -> dict[str, Any]:
    return {name: getattr(call, name) for name in _CALL_FIELDS}


def _recording_values(recording: Recording) -> dict[str, Any]:
    values = {name: getattr(recording, name) for name in _RECORDING_FIELDS}
    return {**values, "source": recording.plan.source, "channels": recording.plan.channels}


def _read(entry: dict[str, Any], registry: Registry) -> None:
    if "call" in entry:
        values = entry["call"]
        if values["error"] is not None:
            values["error"] = tuple(values["error"])
        registry.calls[values["sid"]] = Call(**values)
    elif "recording" in entry:
        values = entry["recording"]
        plan = RecordingPlan(values.pop("source"), values.pop("channels"))
        registry.recordings[values["sid"]] = Recording(plan=plan, **values)
