"""`aivoicecaller call`: place a call, show it as it happens, and say how it ended by the exit code."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import httpx

from .client import LOST_S, Api, ApiRefused, ServerLost
from .talk import Printer

RECORDING_S = 20.0
"""How long the recording of an ended call is waited for."""
HANG_UP_S = 5.0
"""How long the end of a call that is hung up is waited for: a server of ours must not end before it."""
ANSWERED_AND_COMPLETED = "completed"


def place(api: Api, number: str, agent: str, country: str | None, variables: dict[str, str]) -> dict[str, Any]:
    """The new call, or the ended one that the dial gate refused. Errors: ApiRefused."""
    body: dict[str, Any] = {"agent": agent, "to": number, "variables": variables}
    if country:
        body["country"] = country.upper()
    try:
        return api.post("/api/calls", body)
    except ApiRefused as error:
        if error.call_id is None:
            raise
        return api.get(f"/api/calls/{error.call_id}")


def watch(api: Api, call_id: str, printer: Printer | None, lost_s: float = LOST_S) -> dict[str, Any]:
    """Follow a call to its end; the whole call as it then stands. A lost stream is opened again.

    Errors: ServerLost when there is no server for `lost_s`, or none that tells of the call; ApiRefused.
    """
    lost_at: float | None = None
    while True:
        with contextlib.suppress(httpx.TransportError):
            for kind, data in api.news():
                if kind in ("stream.open", "stream.reset") or (kind == "call.ended" and data["call"]["id"] == call_id):
                    call = api.get(f"/api/calls/{call_id}")
                    lost_at = None
                    if printer is not None:
                        printer.detail(call)
                    if call["status"] == "ended":
                        return call
                elif printer is not None:
                    printer.news(kind, data)
        lost_at = lost_at or time.monotonic()
        if time.monotonic() > lost_at + lost_s:
            raise ServerLost
        time.sleep(0.5)
        api.find_again(lost_at + lost_s)


def with_recording(api: Api, call: dict[str, Any]) -> dict[str, Any]:
    """The call once its recording has arrived, or as it is when none comes in time."""
    until = time.monotonic() + RECORDING_S
    with contextlib.suppress(httpx.HTTPError):
        while call["recording_state"] == "expected" and time.monotonic() < until:
            time.sleep(0.2)
            call = api.get(f"/api/calls/{call['id']}")
    return call


def let_others_end(api: Api, say: Callable[[str], None]) -> None:
    """Keep the server of this command for the calls that other commands placed with it meanwhile.

    Bounded: each call has deadlines of its own. A server that fails has nothing left to be kept for.
    """
    told = False
    with contextlib.suppress(httpx.HTTPError, ApiRefused):
        while api.get("/api/calls", status="live", limit=1)["calls"]:
            if not told:
                say("Other calls use the server of this one; it ends with the last of them. Ctrl-C ends it now.")
                told = True
            time.sleep(0.5)


def hang_up(api: Api, call_id: str) -> bool:
    """End a call that its watcher does not want any more; whether it has ended within HANG_UP_S."""
    until = time.monotonic() + HANG_UP_S
    with contextlib.suppress(httpx.HTTPError):
        while time.monotonic() < until:
            with contextlib.suppress(ApiRefused):
                # Asked again: a call that is just being taken over has nobody who could end it.
                api.post(f"/api/calls/{call_id}/hangup")
            if api.get(f"/api/calls/{call_id}")["status"] == "ended":
                return True
            time.sleep(0.2)
    return False


def exit_code(call: dict[str, Any]) -> int:
    """0 when the call was answered and completed."""
    outcome = call["outcome"]
    return 0 if outcome is not None and outcome["kind"] == ANSWERED_AND_COMPLETED else 1


def document(call: dict[str, Any], base_url: str) -> dict[str, Any]:
    """The one JSON document: the call as the API shows it, with whole addresses for its recordings."""
    recordings = [{**each, "url": base_url + each["url"]} for each in call["recordings"]]
    return {**call, "recordings": recordings}
