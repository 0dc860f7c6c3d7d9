"""Tones of the telephone, as int16 samples at 8 kHz."""

from __future__ import annotations

from typing import Final

import numpy as np

from aivoicecaller.sandbox.dsp import Samples
from aivoicecaller.sandbox.trunk import SAMPLE_RATE

# ITU-T Q.23: a key is the sum of its row's and its column's frequency, in Hz.
_ROWS: Final = (697, 770, 852, 941)
_COLUMNS: Final = (1209, 1336, 1477, 1633)
_KEYS: Final = ("123A", "456B", "789C", "*0#D")

KEY_MS: Final = 160
"""How long a key is held."""
KEY_GAP_MS: Final = 100
"""Silence between two keys."""
BEEP_HZ: Final = 1000
"""An answering machine's tone."""


def tone(frequencies: tuple[int, ...], duration_ms: int, amplitude: float = 0.2) -> Samples:
    """A sum of sines, each with `amplitude` of full scale."""
    at = np.arange(SAMPLE_RATE * duration_ms // 1000) / SAMPLE_RATE
    wave = sum(np.sin(2 * np.pi * frequency * at) for frequency in frequencies)
    return (np.asarray(wave) * amplitude * 32767).astype(np.int16)


def key_tone(digit: str, duration_ms: int = KEY_MS) -> Samples:
    """The two tones of a key, `0`-`9`, `*`, `#`, `A`-`D`."""
    for row, keys in zip(_ROWS, _KEYS, strict=True):
        if digit in keys:
            return tone((row, _COLUMNS[keys.index(digit)]), duration_ms)
    raise ValueError(f"A telephone has no key {digit!r}.")


def beep(duration_ms: int) -> Samples:
    return tone((BEEP_HZ,), duration_ms, 0.3)
