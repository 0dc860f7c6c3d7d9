"""Recordings: real WAV files, 8 kHz, 16 bits, one channel for each side or both mixed into one."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

import numpy as np

from aivoicecaller.clock import Clock
from aivoicecaller.sandbox import dsp
from aivoicecaller.sandbox.carrier.archive import Archive
from aivoicecaller.sandbox.carrier.callbacks import Callbacks, News
from aivoicecaller.sandbox.carrier.model import Recording, RecordingPlan, RecordingStatus, Registry, new_sid
from aivoicecaller.sandbox.carrier.wire import recording_parameters
from aivoicecaller.sandbox.trunk import FRAME_BYTES, SAMPLE_RATE

FLUSH_BYTES: Final = 5 * SAMPLE_RATE
"""A side's audio is kept in memory for five seconds at most."""
READY_AFTER_S: Final = 1.0
"""How long the carrier works on a finished recording, on the sandbox's clock."""


class Recorder:
    """Writes one recording while the call goes on."""

    def __init__(self, path: Path, channels: int) -> None:
        self._file = wave.open(str(path), "wb")  # noqa: SIM115 closed by `close`
        self._file.setnchannels(channels)
        self._file.setsampwidth(2)
        self._file.setframerate(SAMPLE_RATE)
        self._channels = channels
        self._near = bytearray()
        self._far = bytearray()
        self._frames = 0

    @property
    def seconds(self) -> float:
        return self._frames * FRAME_BYTES / SAMPLE_RATE

    def write(self, near: bytes, far: bytes) -> None:
        """Take 20 ms of both sides."""
        self._near += near
        self._far += far
        self._frames += 1
        if len(self._near) >= FLUSH_BYTES:
            self._flush()

    def close(self) -> None:
        """Write the rest and the right length into the header."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        near, far = dsp.mulaw_decode(bytes(self._near)), dsp.mulaw_decode(bytes(self._far))
        samples = np.column_stack((near, far)) if self._channels == 2 else dsp.mix((near, far))
        self._file.writeframesraw(samples.astype("<i2").tobytes())
        self._near.clear()
        self._far.clear()


def mixed_copy(source: Path) -> Path:
    """A one-channel copy of a two-channel recording, made once beside it."""
    target = source.with_suffix(".mono.wav")
    if not target.exists():
        with wave.open(str(source)) as stereo:
            both = np.frombuffer(stereo.readframes(stereo.getnframes()), "<i2").reshape(-1, 2)
        with wave.open(str(target), "wb") as mono:
            mono.setnchannels(1)
            mono.setsampwidth(2)
            mono.setframerate(SAMPLE_RATE)
            mono.writeframes(dsp.mix((both[:, 0], both[:, 1])).astype("<i2").tobytes())
    return target


class Recordings:
    """The account's recordings: files in one folder, and the news about them."""

    def __init__(
        self,
        folder: Path,
        registry: Registry,
        archive: Archive,
        callbacks: Callbacks,
        clock: Clock,
        account_sid: str,
        base_url: str,
    ) -> None:
        self._folder = folder
        self._registry = registry
        self._archive = archive
        self._callbacks = callbacks
        self._clock = clock
        self._account_sid = account_sid
        self._base_url = base_url
        self._tasks: set[asyncio.Task[None]] = set()

    def path(self, sid: str) -> Path:
        return self._folder / f"{sid}.wav"

    def start(self, call_sid: str, plan: RecordingPlan) -> tuple[Recording, Recorder]:
        """Begin to record a call."""
        now = self._clock.now()
        recording = Recording(new_sid("RE"), call_sid, plan, now, now)
        self._registry.recordings[recording.sid] = recording
        self._folder.mkdir(parents=True, exist_ok=True)
        self._tell(recording)
        return recording, Recorder(self.path(recording.sid), plan.channels)

    def finish(self, recording: Recording, recorder: Recorder) -> None:
        """Close the file now; the recording is ready, and news of it sent, a moment later."""
        recorder.close()
        recording.duration_s = round(recorder.seconds)
        self._move(recording, "processing" if recorder.seconds else "absent")
        if recording.status == "absent":
            self._tell(recording)
        else:
            self._spawn(self._complete(recording))

    def delete(self, recording: Recording) -> None:
        """Take the sound away; what is known about it stays, as at Twilio for 40 days."""
        self._move(recording, "deleted")
        for path in (self.path(recording.sid), self.path(recording.sid).with_suffix(".mono.wav")):
            path.unlink(missing_ok=True)

    async def close(self) -> None:
        """Finish what is being worked on, at once."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for recording in self._registry.recordings.values():
            if recording.status == "processing":
                self._move(recording, "completed")

    async def _complete(self, recording: Recording) -> None:
        await self._clock.sleep(READY_AFTER_S)
        if recording.status == "processing":
            self._move(recording, "completed")
            self._tell(recording)

    def _move(self, recording: Recording, status: RecordingStatus) -> None:
        recording.status = status
        recording.updated_at = self._clock.now()
        self._archive.save_recording(recording)

    def _tell(self, recording: Recording) -> None:
        callback = recording.plan.callback
        if callback is None or recording.status not in callback.events:
            return
        parameters = recording_parameters(recording, self._account_sid, self._base_url)
        news = News("recording_callback", recording.call_sid, recording.status, callback, parameters)
        self._callbacks.send(news)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
