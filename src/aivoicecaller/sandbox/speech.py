"""Text to speech for the stand-in engine and for scripted people.

eSpeak NG does the work in a process of its own (speech_worker.py, which says why); this side asks it through
pipes, brings the sound to the telephone's rate and level, and keeps what was made.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from aivoicecaller.sandbox import dsp
from aivoicecaller.sandbox.dsp import Samples

_WORKER: Final = Path(__file__).with_name("speech_worker.py")
_LEVEL_DB: Final = -20.0
_ANSWER_TIMEOUT_S: Final = 20.0
_LONGEST_TEXT: Final = 4000


class SpeechError(RuntimeError):
    """No speech can be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How eSpeak NG sounds."""

    espeak: str
    """Language and variant, `en-us+f3`."""
    words_per_minute: int = 165
    pitch: int = 50
    """0 to 99."""


VOICES: Final[dict[str, Voice]] = {
    # The names of OpenAI Realtime, so that another choice is heard as another voice.
    "alloy": Voice("en-us+f1", 168, 42),
    "ash": Voice("en-us+m1", 165, 38),
    "ballad": Voice("en-gb-x-rp+m3", 160, 45),
    "cedar": Voice("en-us+Michael", 165, 46),
    "coral": Voice("en-us+f3", 172, 58),
    "echo": Voice("en-us+m7", 162, 48),
    "marin": Voice("en-us+linda", 168, 52),
    "sage": Voice("en-us+steph", 160, 50),
    "shimmer": Voice("en-us+f5", 175, 60),
    "verse": Voice("en-us+max", 170, 52),
    # People on the other end of the line.
    "grandmother": Voice("en-us+grandma", 145, 55),
    "grandfather": Voice("en-us+grandpa", 140, 40),
    "man": Voice("en-us+adam", 165, 40),
    "operator": Voice("en-us+belinda", 155, 45),
    "woman": Voice("en-us+Annie", 170, 55),
    "young_man": Voice("en-us+Lee", 180, 55),
    "young_woman": Voice("en-us+f4", 182, 62),
}
DEFAULT_VOICE: Final = "alloy"


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    """With the space that follows it, so that the words joined are the text."""
    at_ms: int
    """When it begins."""


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """Something said: its sound, and when each word of it begins."""

    samples: Samples
    words: tuple[Word, ...]

    @property
    def duration_ms(self) -> int:
        return dsp.milliseconds(self.samples)


class Speech:
    """Says texts. One worker process serves everybody; a second of speech takes it about a millisecond."""

    def __init__(self, cache_bytes: int = 32 * 1024 * 1024, worker: Path = _WORKER) -> None:
        """`cache_bytes`: how much sound is kept for the next time; the longest unused goes first."""
        self._cache_bytes = cache_bytes
        self._worker_program = worker
        self._cached: OrderedDict[tuple[str, Voice], Utterance] = OrderedDict()
        self._cached_bytes = 0
        self._making: dict[tuple[str, Voice], asyncio.Task[Utterance]] = {}
        self._worker: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Start the worker and have it say a word. Raises SpeechError when it cannot."""
        await self.utter("Ready.", DEFAULT_VOICE)

    async def close(self) -> None:
        for task in self._making.values():
            task.cancel()
        await asyncio.gather(*self._making.values(), return_exceptions=True)
        await self._stop_worker()

    @property
    def worker_pid(self) -> int | None:
        return self._worker.pid if self._worker is not None else None

    async def say(self, text: str, voice: str, speed: float = 1.0) -> Samples:
        """The sound of `text`, int16 at 8 kHz; see `utter`."""
        return (await self.utter(text, voice, speed)).samples

    async def utter(self, text: str, voice: str, speed: float = 1.0) -> Utterance:
        """`text` said by `voice`, a name of VOICES; a name that is not there gets DEFAULT_VOICE.

        `speed` is a multiple of the voice's own pace, 0.25 to 4. Raises SpeechError.
        """
        chosen = VOICES.get(voice.lower(), VOICES[DEFAULT_VOICE])
        pace = round(chosen.words_per_minute * min(4.0, max(0.25, speed)))
        key = (_speakable(text), Voice(chosen.espeak, pace, chosen.pitch))
        if key in self._cached:
            self._cached.move_to_end(key)
            return self._cached[key]
        task = self._making.get(key)
        if task is None:
            task = asyncio.create_task(self._make(*key))
            self._making[key] = task
            task.add_done_callback(lambda _: self._making.pop(key, None))
        # Shielded: a caller that goes away must not leave half an answer in the pipe.
        return await asyncio.shield(task)

    async def _make(self, text: str, voice: Voice) -> Utterance:
        if not text:
            return Utterance(dsp.silence(0), ())
        async with self._turn:
            try:
                answer, sound = await self._ask(text, voice)
            except (OSError, EOFError) as error:
                # A worker that died takes nothing with it: try once with a new one.
                await self._stop_worker()
                try:
                    answer, sound = await self._ask(text, voice)
                except (OSError, EOFError):
                    await self._stop_worker()
                    raise SpeechError(_NO_WORKER) from error
        if "error" in answer:
            raise SpeechError(str(answer["error"]))
        raw = np.frombuffer(sound, np.int16)
        samples = dsp.at_level(dsp.trimmed(dsp.resample(raw, answer["sample_rate"])), _LEVEL_DB)
        utterance = Utterance(samples, _timed_words(text, answer["words"], dsp.milliseconds(samples)))
        self._keep((text, voice), utterance)
        return utterance

    async def _ask(self, text: str, voice: Voice) -> tuple[dict[str, Any], bytes]:
        """One exchange with the worker. Raises OSError (TimeoutError included) and EOFError."""
        if self._worker is None or self._worker.returncode is not None:
            # -P: the worker's folder must not shadow modules of the standard library.
            self._worker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                str(self._worker_program),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        pipe_in, pipe_out = self._worker.stdin, self._worker.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        request = {"text": text, "voice": voice.espeak, "rate": voice.words_per_minute, "pitch": voice.pitch}
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            pipe_in.write(orjson.dumps(request) + b"\n")
            await pipe_in.drain()
            answer: dict[str, Any] = orjson.loads(await pipe_out.readuntil(b"\n"))
            return answer, await pipe_out.readexactly(answer.get("bytes", 0))

    async def _stop_worker(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        if worker.stdin is not None:
            worker.stdin.close()  # it ends at the end of its input
        try:
            async with asyncio.timeout(2):
                await worker.wait()
        except TimeoutError:
            worker.kill()
            await worker.wait()

    def _keep(self, key: tuple[str, Voice], utterance: Utterance) -> None:
        self._cached[key] = utterance
        self._cached_bytes += utterance.samples.nbytes
        while self._cached_bytes > self._cache_bytes:
            _, oldest = self._cached.popitem(last=False)
            self._cached_bytes -= oldest.samples.nbytes


_NO_WORKER: Final = (
    "The sandbox cannot speak: eSpeak NG does not start. Install it with: pip install 'aivoicecaller[sandbox]'"
)


def _speakable(text: str) -> str:
    """`text` on one line, without what eSpeak NG would stop at or choke on."""
    return re.sub(r"[\x00-\x1f\x7f\s]+", " ", text).strip()[:_LONGEST_TEXT]


def _timed_words(text: str, starts: list[list[int]], duration_ms: int) -> tuple[Word, ...]:
    """The words of `text` with the times of `starts` ([offset in the text, milliseconds], in order).

    eSpeak NG reports several words for one such as "3:30", and none for a lone dash: that one begins with
    the word before it.
    """
    offsets = [match.start() for match in re.finditer(r"\S+", text)]
    words: list[Word] = []
    at_ms = 0
    remaining = iter([*starts, [len(text), duration_ms]])
    position, start_ms = next(remaining)
    for offset, following in pairwise([*offsets, len(text)]):
        while position < offset and position < len(text):
            position, start_ms = next(remaining)
        if position < following:
            at_ms = start_ms
        words.append(Word(text[offset:following], min(at_ms, duration_ms)))
    return tuple(words)
