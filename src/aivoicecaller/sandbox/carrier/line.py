"""The audio of one answered call: a person on the near side, and on the far side whatever the document connects.

Every tick is 20 ms: the person hears a frame of the far side and says one, the far side hears that, and recorders
keep both.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

from aivoicecaller.sandbox import dsp
from aivoicecaller.sandbox.carrier.recordings import Recorder
from aivoicecaller.sandbox.phones.person import GreetingOver, Person, Signal
from aivoicecaller.sandbox.trunk import FRAME_MS, SILENCE


class Far:
    """Silence; and what every far side has."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done when this side has nothing more to give; the result says how it ended."""
        self.ticks = 0
        """How long it has been connected."""

    def ready(self) -> bool:
        """Whether a tick can be done now; if not, the call's media time waits."""
        return True

    def speak(self) -> bytes:
        """The next frame of this side."""
        return SILENCE

    def hear(self, frame: bytes, signals: Sequence[Signal]) -> None:
        """What the person says; `signals` belong before `frame`."""

    def close(self) -> None:
        """Let go of this side; harmless twice."""
        self._end("closed")

    def _end(self, how: str) -> None:
        if not self.ended.done():
            self.ended.set_result(how)


class DeadAir(Far):
    """Silence while a document is fetched or a leg is dialled.

    That is work of programs, and no sped-up clock makes them faster: the person's time goes at the world's pace
    meanwhile, so that a tenth of a second of theirs does not look like seconds of silence and cost her patience.
    """

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()

    def ready(self) -> bool:
        return self.ticks * FRAME_MS / 1000 <= time.monotonic() - self._began


class Playback(Far):
    """Frames that are played to the person, once."""

    def __init__(self, frames: Iterable[bytes]) -> None:
        super().__init__()
        self._frames = iter(frames)

    def speak(self) -> bytes:
        frame = next(self._frames, None)
        if frame is None:
            self._end("played")
            return SILENCE
        return frame


class Colleague(Far):
    """Another person of the sandbox, put through by `<Number>`."""

    def __init__(self, person: Person) -> None:
        super().__init__()
        self._person = person
        self._says = SILENCE

    def speak(self) -> bytes:
        return self._says

    def hear(self, frame: bytes, signals: Sequence[Signal]) -> None:
        self._says = self._person.tick(frame)
        self._person.take_signals()
        if self._person.hung_up:
            self._end("bye")


class MessageTape(Far):
    """What `<Record>` listens with: a beep, then it takes what the person says until it is silent."""

    def __init__(self, beep: Iterable[bytes], silence_ms: int, longest_ms: int) -> None:
        super().__init__()
        self._beep = iter(beep)
        self._detector = dsp.SpeechDetector()
        self._silence_ms = silence_ms
        self._longest_ms = longest_ms
        self._quiet_ms = self._taken_ms = 0
        self.heard = False
        """Whether there was any speech."""

    def speak(self) -> bytes:
        return next(self._beep, SILENCE)

    def hear(self, frame: bytes, signals: Sequence[Signal]) -> None:
        self._taken_ms += FRAME_MS
        speech = self._detector.is_speech(frame)
        self.heard = self.heard or speech
        self._quiet_ms = 0 if speech else self._quiet_ms + FRAME_MS
        if self._quiet_ms >= self._silence_ms or self._taken_ms >= self._longest_ms:
            self._end("recorded")


class Line:
    """One answered call's audio. `tick` is handed to the media clock."""

    def __init__(self, person: Person, on_hang_up: Callable[[], None]) -> None:
        self._person = person
        self._on_hang_up = on_hang_up
        self._far: Far = DeadAir()
        self._recorders: list[Recorder] = []
        self._over = False
        self._ticks = 0
        self._missed: list[Signal] = []
        """What a new far side must be told before its first frame."""
        self.greeting_over = asyncio.Event()
        """Set when an answering machine has beeped."""

    @property
    def seconds(self) -> float:
        """How long the call has lasted."""
        return self._ticks * FRAME_MS / 1000

    def connect(self, far: Far) -> None:
        """Put `far` on the other side, in place of what was there."""
        self._far = far
        self._missed = self._person.unfinished()

    def disconnect(self) -> None:
        """Leave the person with dead air."""
        self._far = DeadAir()

    def record(self, recorder: Recorder) -> None:
        self._recorders.append(recorder)

    def stop_recording(self, recorder: Recorder) -> None:
        if recorder in self._recorders:
            self._recorders.remove(recorder)

    def tick(self) -> bool:
        """Do 20 ms; False when the far side cannot go on yet."""
        far = self._far
        if not far.ready():
            return False
        heard = far.speak()
        self._ticks += 1
        far.ticks += 1
        said = self._person.tick(heard)
        signals = self._person.take_signals()
        if any(isinstance(signal, GreetingOver) for signal in signals):
            self.greeting_over.set()
        far.hear(said, [*self._missed, *signals])
        self._missed = []
        for recorder in self._recorders:
            recorder.write(said, heard)
        if self._person.hung_up and not self._over:
            self._over = True
            self._on_hang_up()
        return True
