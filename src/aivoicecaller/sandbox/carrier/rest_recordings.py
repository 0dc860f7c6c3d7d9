"""REST: recordings and their sound."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from aivoicecaller.clock import to_datetime
from aivoicecaller.sandbox.carrier.errors import RestError, not_found
from aivoicecaller.sandbox.carrier.model import Recording
from aivoicecaller.sandbox.carrier.recordings import mixed_copy
from aivoicecaller.sandbox.carrier.requests import date_filter
from aivoicecaller.sandbox.carrier.resource import page_response
from aivoicecaller.sandbox.carrier.services import Services
from aivoicecaller.sandbox.carrier.wire import recording_json


class RecordingsApi:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def list(self, request: Request) -> Response:
        """Newest first, of one call (`CallSid`, or the call in the address) or of all."""
        query = request.query_params
        named = request.path_params.get("call_sid")
        if named is not None and named not in self._services.registry.calls:
            raise not_found(request.url.path)
        call_sid = named or query.get("CallSid")
        deleted = query.get("IncludeSoftDeleted", "false").lower() == "true"
        made = date_filter(query, "DateCreated")
        found = [
            self._json(recording)
            for recording in reversed(self._services.registry.recordings.values())
            if (call_sid is None or recording.call_sid == call_sid)
            and (deleted or recording.status != "deleted")
            and (made is None or made(to_datetime(recording.started_at).date()))
        ]
        return page_response(request, "recordings", found)

    async def fetch(self, request: Request) -> Response:
        return JSONResponse(self._json(self._named(request, request.path_params["sid"])))

    async def delete(self, request: Request) -> Response:
        self._services.recordings.delete(self._named(request, request.path_params["sid"]))
        return Response(status_code=204)

    async def media(self, request: Request) -> Response:
        """The sound, whole or in ranges, with or without `.wav`. `RequestedChannels=1` mixes the two sides.

        Until the recording is completed there is nothing here, as at Twilio: 404.
        """
        name: str = request.path_params["name"]
        sid, _, kind = name.partition(".")
        recording = self._named(request, sid)
        path = self._services.recordings.path(sid)
        if kind not in ("", "wav") or not recording.ready or not path.exists():
            raise not_found(request.url.path)
        has = recording.plan.channels
        asked = request.query_params.get("RequestedChannels", str(has))
        if asked not in ("1", "2") or int(asked) > has:
            raise RestError(20001, f"RequestedChannels must be from 1 to {has}.")
        return FileResponse(mixed_copy(path) if int(asked) < has else path, media_type="audio/x-wav")

    def _named(self, request: Request, sid: str) -> Recording:
        recording = self._services.registry.recordings.get(sid)
        if recording is None or recording.status == "deleted":
            raise not_found(request.url.path)
        return recording

    def _json(self, recording: Recording) -> dict[str, Any]:
        config = self._services.config
        return recording_json(recording, config.account_sid, config.base_url)
