"""`aivoicecaller call`: place a call, show it as it happens, and say how it ended by the exit code."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import httpx

from .client import Api, ApiRefused
from .talk import Printer

RECORDING_S = 20.0
"""How long the recording of an ended call is waited for."""
ANSWERED_AND_COMPLETED = "completed"


def place(api: Api, number: str, agent: str, country: str | None, variables: dict[str, str]) -> dict[str, Any]:
    """Errors: ApiRefused, with the id of the call where the dial gate refused it."""
    body: dict[str, Any] = {"agent": agent, "to": number, "variables": variables}
    if country:
        body["country"] = country.upper()
    return api.post("/api/calls", body)


def watch(api: Api, call_id: str, printer: Printer | None) -> dict[str, Any]:
    """Follow a call to its end; the whole call as it then stands. A lost stream is opened again."""
    while True:
        with contextlib.suppress(httpx.TransportError):
            for kind, data in api.news():
                if kind in ("stream.open", "stream.reset"):
                    call = api.get(f"/api/calls/{call_id}")
                    if printer is not None:
                        printer.detail(call)
                    if call["status"] == "ended":
                        return call
                    continue
                if printer is not None:
                    printer.news(kind, data)
                if kind == "call.ended" and data["call"]["id"] == call_id:
                    call = api.get(f"/api/calls/{call_id}")
                    if printer is not None:
                        printer.detail(call)
                    return call
        time.sleep(0.5)


def with_recording(api: Api, call: dict[str, Any]) -> dict[str, Any]:
    """The call once its recording has arrived, or as it is when none comes in time."""
    until = time.monotonic() + RECORDING_S
    while call["recording_state"] == "expected" and time.monotonic() < until:
        time.sleep(0.2)
        call = api.get(f"/api/calls/{call['id']}")
    return call


def hang_up(api: Api, call_id: str) -> None:
    """End a call that its watcher does not want any more."""
    with contextlib.suppress(ApiRefused, httpx.HTTPError):
        api.post(f"/api/calls/{call_id}/hangup")


def exit_code(call: dict[str, Any]) -> int:
    """0 when the call was answered and completed."""
    outcome = call["outcome"]
    return 0 if outcome is not None and outcome["kind"] == ANSWERED_AND_COMPLETED else 1


def document(call: dict[str, Any], base_url: str) -> dict[str, Any]:
    """The one JSON document: the call as the API shows it, with whole addresses for its recordings."""
    recordings = [{**each, "url": base_url + each["url"]} for each in call["recordings"]]
    return {**call, "recordings": recordings}
