"""What the caller hears of the responses, and the words as they are spoken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aivoicecaller.sandbox import dsp
from aivoicecaller.sandbox.speech import Word

from .conversation import Conversation
from .playback import Playback, Sound
from .response import Emit, Response
from .timers import MediaTimers

_MADE_AHEAD_FRAMES: Final = 50
"""How much more than was played a cancelled response has made already: one second, which `clear` can still drop."""


@dataclass(slots=True, eq=False)
class _Speaking:
    """A response whose words are still coming."""

    response: Response
    sound: Sound
    words: list[Word]
    """Not said yet."""
    on_told: Callable[[int], None]


class Speaker:
    def __init__(self, conversation: Conversation, timers: MediaTimers, emit: Emit) -> None:
        self._conversation = conversation
        self._timers = timers
        self._emit = emit
        self._speaking: list[_Speaking] = []
        self._playback = Playback(self._started, self._stopped)
        self.has_spoken = False
        self.quiet_since_ms = 0
        """Media time at which the last sound ended."""

    @property
    def is_silent(self) -> bool:
        return self._playback.is_idle

    def speak(
        self, response: Response, samples: dsp.Samples, words: list[Word], on_told: Callable[[int], None]
    ) -> None:
        """Open a message and play it after what plays already.

        `on_told` is called with the milliseconds made when the last word has begun: the response goes on from
        there, while the caller still hears the end.
        """
        sound = Sound(response.id, response.begin_message(), dsp.mulaw_frames(samples))
        self._speaking.append(_Speaking(response, sound, words, on_told))
        if sound.frames:
            self._playback.add(sound)

    def next_frame(self) -> bytes:
        """20 ms of what the caller hears; words are told as they begin."""
        frame = self._playback.next_frame()
        for speaking in tuple(self._speaking):
            self._tell(speaking, speaking.sound.played_ms)
        return frame

    def break_off(self, response: Response) -> None:
        """End the message of a response that was cancelled: what was made of it is told, and still played."""
        for speaking in [one for one in self._speaking if one.response is response]:
            self._speaking.remove(speaking)
            sound = speaking.sound
            sound.frames = sound.frames[: max(1, sound.played) + _MADE_AHEAD_FRAMES]
            _say_until(speaking, sound.duration_ms)
            response.end_message("incomplete", sound.duration_ms)

    def fall_silent(self) -> list[Response]:
        """Drop every sound at once and cut items to what was heard; the responses whose words stop here.

        Words that had not begun were never told, so an item's transcript holds what was heard of it.
        """
        for sound in self._playback.clear():
            sound.frames = sound.frames[: sound.played]
            if sound.played:
                self.quiet_since_ms = self._timers.now_ms
                self._emit("output_audio_buffer.cleared", response_id=sound.response_id)
            entry = self._conversation.find(sound.item_id)
            if entry is not None:
                heard_ms = entry.audio_ms = sound.played_ms
                self._emit("conversation.item.truncated", item_id=sound.item_id, content_index=0, audio_end_ms=heard_ms)
        stopped, self._speaking = self._speaking, []
        for speaking in stopped:
            speaking.response.end_message("incomplete", speaking.sound.duration_ms)
        return [speaking.response for speaking in stopped]

    def _tell(self, speaking: _Speaking, until_ms: int) -> None:
        """Say the words that have begun by then; after the last one the message is complete."""
        _say_until(speaking, until_ms)
        if not speaking.words:
            self._speaking.remove(speaking)
            speaking.on_told(speaking.sound.duration_ms)

    def _started(self, sound: Sound) -> None:
        self.has_spoken = True
        self._emit("output_audio_buffer.started", response_id=sound.response_id)

    def _stopped(self, sound: Sound) -> None:
        self.quiet_since_ms = self._timers.now_ms
        for speaking in [one for one in self._speaking if one.sound is sound]:
            self._tell(speaking, speaking.words[-1].at_ms if speaking.words else 0)
        self._emit("output_audio_buffer.stopped", response_id=sound.response_id)


def _say_until(speaking: _Speaking, until_ms: int) -> None:
    while speaking.words and speaking.words[0].at_ms <= until_ms:
        speaking.response.say(speaking.words.pop(0).text)
