"""A person on the phone: hears 20 ms at a time, says 20 ms at a time, and works through a scenario meanwhile.

A person does no I/O and knows no clock: one call of `tick` is 20 ms of its life. What was going to be said has been
spoken beforehand by `learn`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import dataclass

from aivoicecaller.sandbox import dsp
from aivoicecaller.sandbox.phones import tones
from aivoicecaller.sandbox.phones.scenario import Beep, HangUp, Interrupt, Listen, Press, Say, Scenario, Step, Wait
from aivoicecaller.sandbox.speech import Speech, Word
from aivoicecaller.sandbox.trunk import FRAME_MS, SILENCE, Dtmf, Words


@dataclass(frozen=True, slots=True)
class GreetingOver:
    """An answering machine's tone has sounded."""


Signal = Words | Dtmf | GreetingOver
"""What travels beside the audio, right before the frame it belongs to."""

_Life = Generator[bytes, None, None]
"""Yields a frame per tick."""

ONSET_MS = 60
"""Sound shorter than this is a click, not speech."""
_SECOND = 1000 // FRAME_MS


class Ear:
    """Tells from the sound that arrives whether the other side is speaking."""

    def __init__(self) -> None:
        self._detector = dsp.SpeechDetector()
        self._loud_ms = 0
        self.silent_ms = 0
        """How long nothing has been heard."""
        self.speech_ms = 0
        """How much speech was heard since `forget`."""

    def hear(self, frame: bytes) -> None:
        if not self._detector.is_speech(frame):
            self.silent_ms += FRAME_MS
            self._loud_ms = 0
            return
        self._loud_ms += FRAME_MS
        if self._loud_ms >= ONSET_MS:
            self.speech_ms += self._loud_ms if self._loud_ms == ONSET_MS else FRAME_MS
            self.silent_ms = 0

    def forget(self) -> None:
        """Listen afresh: what was heard so far does not count."""
        self.speech_ms = 0


@dataclass(frozen=True, slots=True, eq=False)
class Saying:
    """A text as it is heard on the line."""

    frames: list[bytes]
    words: tuple[Word, ...]

    def words_from(self, at_ms: int) -> Words | None:
        """The words that begin at `at_ms` or later, or None when there are none."""
        rest = "".join(word.text for word in self.words if word.at_ms >= at_ms).strip()
        return Words(rest, len(self.frames) * FRAME_MS - at_ms) if rest else None


Lines = Mapping[str, Saying]
"""Every text a person may say."""


async def learn(scenario: Scenario, speech: Speech) -> Lines:
    """Have everything spoken that `scenario` may say; nothing for people who do not pick up. Raises SpeechError."""
    if scenario.answer != "picks_up":
        return {}
    spoken = {text: await speech.utter(text, scenario.voice) for text in scenario.spoken()}
    return {text: Saying(dsp.mulaw_frames(one.samples), one.words) for text, one in spoken.items()}


class Person:
    """One person during one call."""

    def __init__(self, scenario: Scenario, lines: Lines) -> None:
        self.scenario = scenario
        self.hung_up = False
        """Whether the phone was put down; from then on there is only silence."""
        self._lines = lines
        self._ear = Ear()
        self._signals: deque[Signal] = deque()
        self._saying: tuple[Saying, int] | None = None
        """What is being said, and how many milliseconds of it have been."""
        self._prompted = False
        self._life = self._live()

    def tick(self, heard: bytes) -> bytes:
        """Live for 20 ms: hear a frame, say one."""
        self._ear.hear(heard)
        try:
            return next(self._life)
        except StopIteration:
            self.hung_up = True
            return SILENCE

    def take_signals(self) -> list[Signal]:
        """What belongs before the frame that `tick` just gave, in order."""
        taken = list(self._signals)
        self._signals.clear()
        return taken

    def unfinished(self) -> list[Signal]:
        """For somebody who joins in the middle of a sentence: the words that are still to come."""
        if self._saying is None:
            return []
        saying, said_ms = self._saying
        rest = saying.words_from(said_ms)
        return [rest] if rest else []

    def _live(self) -> _Life:
        for step in self.scenario.script:
            go_on = yield from self._do(step)
            if not go_on:
                return

    def _do(self, step: Step) -> Generator[bytes, None, bool]:
        """Work through one step; False when the phone is to be put down."""
        match step:
            case Listen():
                return (yield from self._listen(step))
            case Interrupt(after_ms, patience_s):
                yield from self._wait_for_speech(after_ms, patience_s)
            case Say(text):
                yield from self._say(text)
            case Press(digits):
                yield from self._press(digits)
            case Beep(duration_ms):
                yield from dsp.mulaw_frames(tones.beep(duration_ms))
                self._signals.append(GreetingOver())
            case Wait(seconds):
                yield from self._be_silent(seconds)
            case HangUp():
                return False
        return True

    def _listen(self, step: Listen) -> Generator[bytes, None, bool]:
        """Hear the other side out. Nothing heard: ask once in the whole call, then say goodbye and give up."""
        while True:
            if (yield from self._wait_for_speech(1, step.patience_s)):
                left = int(step.longest_s * _SECOND)
                while self._ear.silent_ms < step.silence_ms and left > 0:
                    left -= 1
                    yield SILENCE
                return True
            if not step.insist:
                return True
            if self._prompted:
                yield from self._say(self.scenario.farewell)
                yield from self._be_silent(0.5)
                return False
            self._prompted = True
            yield from self._say(self.scenario.prompt)

    def _wait_for_speech(self, at_least_ms: int, patience_s: float) -> Generator[bytes, None, bool]:
        """Whether that much speech came in time, with no pause of a second in it."""
        self._ear.forget()
        left = int(patience_s * _SECOND)
        while self._ear.speech_ms < at_least_ms:
            if left <= 0:
                return False
            # Patience is for silence: somebody who is speaking is waited for.
            if self._ear.silent_ms:
                left -= 1
            # Only speech that was heard is forgotten: the first sound after a silence must not be.
            if self._ear.speech_ms and self._ear.silent_ms >= 1000:
                self._ear.forget()
            yield SILENCE
        return True

    def _say(self, text: str) -> _Life:
        saying = self._lines[text]
        self._signals.append(Words(text, len(saying.frames) * FRAME_MS))
        for number, frame in enumerate(saying.frames, 1):
            self._saying = saying, number * FRAME_MS
            yield frame
        self._saying = None

    def _press(self, digits: str) -> _Life:
        for digit in digits:
            self._signals.append(Dtmf(digit))
            yield from dsp.mulaw_frames(tones.key_tone(digit))
            yield from self._be_silent(tones.KEY_GAP_MS / 1000)

    def _be_silent(self, seconds: float) -> _Life:
        for _ in range(int(seconds * _SECOND)):
            yield SILENCE
