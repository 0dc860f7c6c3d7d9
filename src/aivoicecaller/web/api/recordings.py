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

RecordingId = Annotated[str, Path(pattern=r"^rec_[0-9a-f]{32}$")]
Range = Annotated[str | None, Header(pattern=r"^bytes=\d*-\d*(, ?\d*-\d*)*$")]


def recordings_router(parts: WebParts) -> APIRouter:
    router = APIRouter(prefix="/api/recordings", tags=["recordings"])

    @router.get(
        "/{recording_id}",
        response_class=Response,
        responses={200: {"content": {"audio/wav": {}}}, 206: {"content": {"audio/wav": {}}}},
    )
    async def play(recording_id: RecordingId, range: Range = None) -> Response:
        """The audio as WAV: the first channel is the caller's, the second the agent's. Takes ranges."""
        audio = await _open(recording_id, range)
        return StreamingResponse(_closed_after(audio), audio.status, _headers(audio))

    @router.head("/{recording_id}", include_in_schema=False)
    async def look(recording_id: RecordingId, range: Range = None) -> Response:
        """What `play` would answer, without the audio."""
        audio = await _open(recording_id, range)
        await audio.aclose()
        return Response(status_code=audio.status, headers=_headers(audio))

    async def _open(recording_id: str, range: str | None) -> RecordingAudio:
        recording = await parts.store.recordings.get(recording_id)
        if recording is None or recording.carrier_recording_sid is None:
            raise not_found("recording")
        try:
            return await parts.carrier.open_recording(recording.carrier_recording_sid, range)
        except CarrierError as error:
            raise Refused(
                502, "recording-unavailable", "The recording cannot be fetched", error.outcome.detail
            ) from None

    return router


def _headers(audio: RecordingAudio) -> dict[str, str]:
    return {
        **audio.headers,
        # Carriers say audio/x-wav, which not every browser plays.
        "content-type": "audio/wav",
        "accept-ranges": "bytes",
        "cache-control": "private, max-age=3600",
    }


async def _closed_after(audio: RecordingAudio) -> AsyncIterator[bytes]:
    try:
        async for chunk in audio:
            yield chunk
    finally:
        await audio.aclose()
