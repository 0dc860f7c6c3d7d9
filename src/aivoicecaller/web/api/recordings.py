"""Recordings through our own address: the provider's credentials never reach a page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Path
from starlette.responses import Response, StreamingResponse

from ...carrier.errors import CarrierError
from ...carrier.recording import RecordingAudio
from ..parts import WebParts
from ..problems import Refused, not_found


def recordings_router(parts: WebParts) -> APIRouter:
    router = APIRouter(prefix="/api/recordings", tags=["recordings"])

    @router.get(
        "/{recording_id}",
        response_class=Response,
        responses={200: {"content": {"audio/wav": {}}}, 206: {"content": {"audio/wav": {}}}},
    )
    async def play(
        recording_id: Annotated[str, Path(pattern=r"^rec_[0-9a-f]{32}$")],
        range: Annotated[str | None, Header(pattern=r"^bytes=\d*-\d*(, ?\d*-\d*)*$")] = None,
    ) -> Response:
        """The audio as WAV: the first channel is the caller's, the second the agent's. Takes ranges."""
        recording = await parts.store.recordings.get(recording_id)
        if recording is None or recording.carrier_recording_sid is None:
            raise not_found("recording")
        try:
            audio = await parts.carrier.open_recording(recording.carrier_recording_sid, range)
        except CarrierError as error:
            raise Refused(
                502, "recording-unavailable", "The recording cannot be fetched", error.outcome.detail
            ) from None
        headers = {
            **audio.headers,
            # Carriers say audio/x-wav, which not every browser plays.
            "content-type": "audio/wav",
            "accept-ranges": "bytes",
            "cache-control": "private, max-age=3600",
        }
        return StreamingResponse(_closed_after(audio), audio.status, headers)

    return router


async def _closed_after(audio: RecordingAudio) -> AsyncIterator[bytes]:
    try:
        async for chunk in audio:
            yield chunk
    finally:
        await audio.aclose()
