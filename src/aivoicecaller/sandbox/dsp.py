"""Sound as numbers: mu-law, frames, levels, resampling, mixing, and whether a frame holds speech.

Samples are int16 at `SAMPLE_RATE` unless said otherwise; levels are dB relative to full scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr
import webrtcvad

from aivoicecaller.sandbox.trunk import FRAME_BYTES, SAMPLE_RATE, SILENCE

Samples = npt.NDArray[np.int16]

_FULL_SCALE: Final = 32768.0
_SAMPLES_PER_MS: Final = SAMPLE_RATE // 1000


def _decoding_table() -> Samples:
    """ITU-T G.711 table 2a: the value of each mu-law byte, on the usual 16-bit scale."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent = (code >> 4) & 7
    magnitude = (((code & 15).astype(np.int32) << 3) + 132 << exponent) - 132
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _encoding_table() -> npt.NDArray[np.uint8]:
    """The mu-law byte of each 16-bit value, indexed by the value plus 32768."""
    value = np.arange(-32768, 32768, dtype=np.int32)
    biased = np.minimum(np.abs(value), 32635) + 132
    exponent = np.floor(np.log2(biased)).astype(np.int32) - 7
    mantissa = (biased >> (exponent + 3)) & 15
    sign = np.where(value < 0, 0x80, 0)
    return (~(sign | exponent << 4 | mantissa) & 0xFF).astype(np.uint8)


_DECODE: Final = _decoding_table()
_ENCODE: Final = _encoding_table()


def mulaw_decode(sound: bytes) -> Samples:
    return _DECODE[np.frombuffer(sound, np.uint8)]


def mulaw_encode(samples: Samples) -> bytes:
    return _ENCODE[samples.astype(np.int32) + 32768].tobytes()


def mulaw_frames(samples: Samples) -> list[bytes]:
    """`samples` as trunk frames, the last one filled up with silence."""
    sound = mulaw_encode(samples)
    return [
        sound[start : start + FRAME_BYTES].ljust(FRAME_BYTES, SILENCE[:1])
        for start in range(0, len(sound), FRAME_BYTES)
    ]


def milliseconds(samples: Samples) -> int:
    """How long `samples` take to play."""
    return len(samples) // _SAMPLES_PER_MS


def first_ms(samples: Samples, duration_ms: int) -> Samples:
    """The first `duration_ms` of `samples`."""
    return samples[: duration_ms * _SAMPLES_PER_MS]


def silence(duration_ms: int) -> Samples:
    return np.zeros(duration_ms * _SAMPLES_PER_MS, np.int16)


def resample(samples: Samples, from_rate: int, to_rate: int = SAMPLE_RATE) -> Samples:
    if from_rate == to_rate:
        return samples
    return np.asarray(soxr.resample(samples, from_rate, to_rate), np.int16)


def mix(parts: Iterable[Samples]) -> Samples:
    """All parts at once, as long as the longest; what does not fit 16 bits is clipped."""
    layers = list(parts)
    total = np.zeros(max((len(layer) for layer in layers), default=0), np.int32)
    for layer in layers:
        total[: len(layer)] += layer
    return np.clip(total, -32768, 32767).astype(np.int16)


def level_db(samples: Samples) -> float:
    """Root mean square of `samples`; digital silence and nothing at all are -inf."""
    if not len(samples):
        return -math.inf
    values = samples.astype(np.float32)
    power = float(np.dot(values, values)) / len(values)
    return 10 * math.log10(power / _FULL_SCALE**2) if power else -math.inf


def at_level(samples: Samples, target_db: float) -> Samples:
    """`samples` made louder or softer to `target_db`, but never so loud that a peak is clipped."""
    level = level_db(samples)
    if level == -math.inf:
        return samples
    loudest = float(np.abs(samples.astype(np.int32)).max())
    gain = min(10 ** ((target_db - level) / 20), 32000 / loudest)
    return (samples * gain).astype(np.int16)


def trimmed(samples: Samples, threshold: int = 50, keep_ms: int = 20) -> Samples:
    """`samples` without the quiet end but for `keep_ms` of it."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > threshold)
    end = int(loud[-1]) + 1 + keep_ms * _SAMPLES_PER_MS if len(loud) else 0
    return samples[:end]


class SpeechDetector:
    """Tells frames with speech from frames without.

    webrtcvad in its strictest mode still takes a steady hiss for speech now and then (28 % of white noise at -44
    dB), so a frame must also be louder than a gate.
    """

    def __init__(self, gate_db: float = -42.0) -> None:
        """`gate_db`: frames softer than this are never speech."""
        self._vad = webrtcvad.Vad(3)
        self.gate_db = gate_db

    def is_speech(self, frame: bytes) -> bool:
        """Whether `frame` (mu-law, `FRAME_BYTES`) holds speech."""
        if frame == SILENCE:
            return False
        samples = mulaw_decode(frame)
        return level_db(samples) > self.gate_db and bool(self._vad.is_speech(samples.tobytes(), SAMPLE_RATE))
