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
from aivoicecaller.sandbox.speech import Speech
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
        self.speech_ms = self._loud_ms = 0


Lines = Mapping[str, list[bytes]]
"""The frames of every text a person may say."""


async def learn(scenario: Scenario, speech: Speech) -> Lines:
    """Have everything spoken that `scenario` may say. Raises SpeechError."""
    said = [text for text in scenario.spoken() if text]
    return {text: dsp.mulaw_frames(await speech.say(text, scenario.voice)) for text in said}


class Person:
    """One person during one call."""

    def __init__(self, scenario: Scenario, lines: Lines) -> None:
        self.scenario = scenario
        self.hung_up = False
        """Whether the phone was put down; from then on there is only silence."""
        self._lines = lines
        self._ear = Ear()
        self._signals: deque[Signal] = deque()
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
        """Whether that much speech came in time. A pause shorter than a second does not start the count again."""
        self._ear.forget()
        left = int(patience_s * _SECOND)
        while self._ear.speech_ms < at_least_ms:
            if left <= 0:
                return False
            # Patience is for silence: somebody who is speaking is waited for.
            if self._ear.silent_ms:
                left -= 1
            if self._ear.silent_ms >= 1000 and at_least_ms > 1:
                self._ear.forget()
            yield SILENCE
        return True

    def _say(self, text: str) -> _Life:
        frames = self._lines[text]
        self._signals.append(Words(text, len(frames) * FRAME_MS))
        yield from frames

    def _press(self, digits: str) -> _Life:
        for digit in digits:
            self._signals.append(Dtmf(digit))
            yield from dsp.mulaw_frames(tones.key_tone(digit))
            yield from self._be_silent(tones.KEY_GAP_MS / 1000)

    def _be_silent(self, seconds: float) -> _Life:
        for _ in range(int(seconds * _SECOND)):
            yield SILENCE
