"""What a document plays to a person besides speech: sound files and the tones of keys."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterable
from itertools import chain, repeat

import numpy as np

from aivoicecaller.sandbox import dsp
from aivoicecaller.sandbox.carrier.delivery import DeliveryError
from aivoicecaller.sandbox.carrier.errors import TwimlError
from aivoicecaller.sandbox.carrier.services import Services
from aivoicecaller.sandbox.phones import tones
from aivoicecaller.sandbox.trunk import FRAME_MS, SILENCE


async def load_sound(services: Services, url: str) -> list[bytes]:
    """The frames of a WAV file. Raises TwimlError 11200, 12300."""
    try:
        reply = await services.delivery.fetch_media(url)
    except DeliveryError as error:
        raise TwimlError(11200, str(error)) from error
    if reply.status >= 400:
        raise TwimlError(11200, f"Got HTTP {reply.status} for the sound of <Play>.")
    try:
        with wave.open(io.BytesIO(reply.body)) as sound:
            if sound.getsampwidth() != 2:
                raise wave.Error("not 16 bits a sample")
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
            mono = samples[:: sound.getnchannels()].astype(np.int16)
            return dsp.mulaw_frames(dsp.resample(mono, sound.getframerate()))
    except (wave.Error, EOFError) as error:
        raise TwimlError(12300, f"The sandbox plays WAV files of 16 bits only: {error}.") from error


def key_frames(digits: str) -> list[bytes]:
    """The sound of pressing `digits`."""
    frames: list[bytes] = []
    for digit in digits:
        if digit in "wW":
            frames += [SILENCE] * ((500 if digit == "w" else 1000) // FRAME_MS)
        else:
            frames += dsp.mulaw_frames(tones.key_tone(digit))
            frames += [SILENCE] * (tones.KEY_GAP_MS // FRAME_MS)
    return frames


def looped(frames: list[bytes], times: int) -> Iterable[bytes]:
    """`frames` so many times; 0 is without end, as in TwiML."""
    return chain.from_iterable(repeat(frames, times) if times else repeat(frames or [SILENCE]))
