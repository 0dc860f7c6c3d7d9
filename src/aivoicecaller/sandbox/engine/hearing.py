"""When a caller speaks and when the turn is over, from 20 ms frames; and which known words fell into it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from aivoicecaller.sandbox.dsp import SpeechDetector
from aivoicecaller.sandbox.trunk import FRAME_MS, Words

_WINDOW_FRAMES: Final = 5
_VOICED_TO_START: Final = 3
"""Speech begins when this many of the last `_WINDOW_FRAMES` frames hold some: 60 ms, so that a click is not a word."""
_SLACK_MS: Final = 250
"""How far a word's estimated place may be off."""
_PAUSES: Final = {".": 7, "!": 7, "?": 7, ",": 3, ";": 5, ":": 5}
"""How long a speaker pauses after these, in characters spoken meanwhile."""


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    start_ms: int


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    start_ms: int
    end_ms: int
    """Both in media time, without padding."""
    text: str
    """The words known for this stretch; empty when nobody told us any."""
    source: str | None
    """Where the words come from, `scripted`; None without words."""


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long a pause may be, in milliseconds, before semantic_vad takes the turn."""

    finished_ms: int
    """After a sentence that sounds complete."""
    unknown_ms: int
    """When the words are not known."""
    unfinished_ms: int
    """After a sentence that does not: the documented longest waits."""


_PATIENCE: Final[Mapping[str, _Patience]] = {
    "low": _Patience(600, 1200, 8000),
    "medium": _Patience(300, 800, 4000),
    "auto": _Patience(300, 800, 4000),
    "high": _Patience(200, 500, 2000),
}
_COMPLETE: Final = re.compile(r"(?<!\.\.)[.?!][\"')]*\s*$")


@dataclass(frozen=True, slots=True)
class _KnownWord:
    text: str
    at_ms: int
    """Estimated place in the audio."""
    source: str


class _KnownWords:
    """Words that travel beside the audio, each with its estimated place in it."""

    def __init__(self) -> None:
        self._words: deque[_KnownWord] = deque()
        self.end_ms = 0
        """When the last saying is over: known, not estimated."""

    def add(self, words: Words, now_ms: int) -> None:
        self.end_ms = now_ms + words.duration_ms
        texts = words.text.split()
        weights = [len(text) + 1 + _PAUSES.get(text[-1], 0) for text in texts]
        before = accumulate(weights, initial=0)
        for text, weight in zip(texts, before, strict=False):
            at_ms = now_ms + words.duration_ms * weight // sum(weights)
            self._words.append(_KnownWord(text, at_ms, words.source))

    def take(self, start_ms: int, end_ms: int) -> list[_KnownWord]:
        """The words said from `start_ms` to `end_ms`; those long before went unheard."""
        until_ms = max(end_ms, self.end_ms) if end_ms >= self.end_ms - _SLACK_MS else end_ms
        taken: list[_KnownWord] = []
        while self._words and self._words[0].at_ms <= until_ms:
            word = self._words.popleft()
            if word.at_ms >= start_ms - 4 * _SLACK_MS:
                taken.append(word)
        return taken

    def last_before(self, now_ms: int) -> _KnownWord | None:
        return next((word for word in reversed(self._words) if word.at_ms <= now_ms), None)


class Hearing:
    """Feed it every frame; it says when speech begins and ends."""

    def __init__(self) -> None:
        self._detector = SpeechDetector()
        self._recent: deque[bool] = deque(maxlen=_WINDOW_FRAMES)
        self._words = _KnownWords()
        self._turn_detection: Mapping[str, Any] = {}
        self._start_ms: int | None = None
        self._voiced_ms = 0

    @property
    def is_speaking(self) -> bool:
        return self._start_ms is not None

    def set_turn_detection(self, turn_detection: Mapping[str, Any]) -> None:
        """`turn_detection` with its defaults filled in. The threshold becomes a gate between -54 and -30 dB."""
        self._turn_detection = turn_detection
        self._detector.gate_db = -54 + 24 * float(turn_detection.get("threshold", 0.5))

    def add_words(self, words: Words, now_ms: int) -> None:
        self._words.add(words, now_ms)

    def feed(self, frame: bytes, now_ms: int) -> SpeechBegan | SpeechEnded | None:
        """`now_ms`: media time at the end of `frame`."""
        voiced = self._detector.is_speech(frame)
        if self._start_ms is None:
            self._recent.append(voiced)
            if not voiced or sum(self._recent) < _VOICED_TO_START:
                return None
            first = self._recent.index(True)
            self._start_ms = now_ms - (len(self._recent) - first) * FRAME_MS
            self._voiced_ms = now_ms
            return SpeechBegan(self._start_ms)
        if voiced:
            self._voiced_ms = now_ms
            return None
        return self.end(now_ms) if now_ms - self._voiced_ms >= self._allowed_pause_ms(now_ms) else None

    def end(self, now_ms: int) -> SpeechEnded | None:
        """Close the turn now, whether or not the pause was long enough; None when nobody speaks."""
        start_ms, self._start_ms = self._start_ms, None
        self._recent.clear()
        if start_ms is None:
            return None
        return self._turn(start_ms, self._voiced_ms)

    def all_since(self, start_ms: int, end_ms: int) -> SpeechEnded:
        """The whole stretch as one turn, for a session that detects none itself."""
        return self._turn(start_ms, end_ms)

    def _turn(self, start_ms: int, end_ms: int) -> SpeechEnded:
        heard = self._words.take(start_ms, end_ms)
        text = " ".join(word.text for word in heard)
        return SpeechEnded(start_ms, end_ms, text, heard[0].source if heard else None)

    def _allowed_pause_ms(self, now_ms: int) -> int:
        if self._turn_detection.get("type") != "semantic_vad":
            return int(self._turn_detection.get("silence_duration_ms", 500))
        patience = _PATIENCE[self._turn_detection["eagerness"]]
        last = self._words.last_before(now_ms)
        if last is None:
            return patience.unknown_ms
        complete = now_ms >= self._words.end_ms and _COMPLETE.search(last.text)
        return patience.finished_ms if complete else patience.unfinished_ms
