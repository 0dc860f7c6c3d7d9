"""The caller's side of a talk: turns, what was said in them, and when to answer or to fall silent."""

from __future__ import annotations

from typing import Any, Final

from aivoicecaller.ids import new_id
from aivoicecaller.sandbox.trunk import Words

from .conversation import Conversation
from .errors import ApiError
from .hearing import Hearing, SpeechBegan, SpeechEnded
from .mind.mind import Mind
from .mind.model import Said
from .responder import Responder
from .response import Emit, Options
from .session import Session
from .speaker import Speaker
from .timers import MediaTimers

_TRANSCRIPTION_MS: Final = 400
"""How long the separate recognition takes: longer than the reply, as it often is."""
_WORDS_PER_DELTA: Final = 4
_LEAST_COMMIT_MS: Final = 100


class Listener:
    def __init__(
        self,
        *,
        session: Session,
        conversation: Conversation,
        mind: Mind,
        speaker: Speaker,
        responder: Responder,
        timers: MediaTimers,
        emit: Emit,
    ) -> None:
        self._session = session
        self._conversation = conversation
        self._mind = mind
        self._speaker = speaker
        self._responder = responder
        self._timers = timers
        self._emit = emit
        self._hearing = Hearing()
        self._item_id = new_id("item")
        self._committed_until_ms = 0
        self.follow_session()

    def follow_session(self) -> None:
        """Take over a changed turn detection."""
        self._hearing.set_turn_detection(self._session.turn_detection or {})

    def add_words(self, words: Words) -> None:
        self._hearing.add_words(words, self._timers.now_ms)

    def hear(self, frame: bytes) -> None:
        """20 ms of the caller."""
        turn_detection = self._session.turn_detection
        if turn_detection is None:
            return
        match self._hearing.feed(frame, self._timers.now_ms):
            case SpeechBegan(start_ms):
                start_ms = max(0, start_ms - int(turn_detection.get("prefix_padding_ms", 300)))
                self._emit("input_audio_buffer.speech_started", audio_start_ms=start_ms, item_id=self._item_id)
                if turn_detection["interrupt_response"]:
                    self._responder.interrupt("turn_detected")
            case SpeechEnded() as ended:
                self._emit("input_audio_buffer.speech_stopped", audio_end_ms=self._timers.now_ms, item_id=self._item_id)
                self._take_turn(ended)
                self._answer_if(bool(turn_detection["create_response"]))
            case None:
                self._prompt_if_idle(turn_detection.get("idle_timeout_ms"))

    def commit(self) -> None:
        """input_audio_buffer.commit: take the turn now. Raises ApiError when there is next to nothing in it."""
        now_ms = self._timers.now_ms
        length_ms = now_ms - self._committed_until_ms
        if length_ms < _LEAST_COMMIT_MS:
            raise ApiError(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                f"but buffer only has {length_ms:.2f}ms of audio.",
                code="input_audio_buffer_commit_empty",
            )
        ended = self._hearing.end(now_ms) or self._hearing.all_since(self._committed_until_ms, now_ms)
        self._take_turn(ended)

    def clear(self) -> None:
        """input_audio_buffer.clear: forget the turn that is going on."""
        self._hearing.end(self._timers.now_ms)
        self._committed_until_ms = self._timers.now_ms
        self._emit("input_audio_buffer.cleared")

    def _take_turn(self, ended: SpeechEnded) -> None:
        item_id, self._item_id = self._item_id, new_id("item")
        self._committed_until_ms = self._timers.now_ms
        self._add_item(item_id, ended.end_ms - ended.start_ms)
        self._mind.learn(Said(ended.text))
        if self._session.transcription is not None:
            self._timers.after(_TRANSCRIPTION_MS, lambda: self._transcribe(item_id, ended))

    def _add_item(self, item_id: str, audio_ms: int) -> None:
        item: dict[str, Any] = {
            "id": item_id,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        previous = self._conversation.add(item, audio_ms=audio_ms)
        self._emit("input_audio_buffer.committed", previous_item_id=previous, item_id=item_id)
        self._emit("conversation.item.added", previous_item_id=previous, item=item)
        self._emit("conversation.item.done", previous_item_id=previous, item=item)

    def _answer_if(self, wanted: bool) -> None:
        # Documented: with interrupt_response off, a turn during a response may find no answer.
        if wanted and not self._responder.has_active_response:
            self._responder.respond(Options.of(self._session, {}))

    def _prompt_if_idle(self, idle_timeout_ms: int | None) -> None:
        """server_vad's idle timeout, counted from the end of the last sound: the model speaks up."""
        now_ms = self._timers.now_ms
        if idle_timeout_ms is None or self._hearing.is_speaking:
            return
        if self._responder.has_active_response or not self._speaker.is_silent:
            return
        start_ms = max(self._speaker.quiet_since_ms, self._committed_until_ms)
        if not self._speaker.has_spoken or now_ms - start_ms < idle_timeout_ms:
            return
        item_id, self._item_id = self._item_id, new_id("item")
        self._committed_until_ms = now_ms
        self._emit(
            "input_audio_buffer.timeout_triggered", audio_start_ms=start_ms, audio_end_ms=now_ms, item_id=item_id
        )
        self._add_item(item_id, 0)
        self._answer_if(True)

    def _transcribe(self, item_id: str, ended: SpeechEnded) -> None:
        """The words that were told beside the audio, marked with where they come from; nothing is recognised."""
        entry = self._conversation.find(item_id)
        if entry is None or self._session.transcription is None:
            return
        place = {"item_id": item_id, "content_index": 0}
        event = "conversation.item.input_audio_transcription"
        if not ended.text:
            self._emit(
                f"{event}.failed",
                **place,
                error={
                    "type": "transcription_error",
                    "code": "audio_unintelligible",
                    "message": "The sandbox does not recognise speech, and no words came with this audio.",
                },
            )
            return
        entry.item["content"][0]["transcript"] = ended.text
        for delta in _deltas(ended.text):
            self._emit(f"{event}.delta", **place, delta=delta)
        seconds = round((ended.end_ms - ended.start_ms) / 1000, 2)
        self._emit(
            f"{event}.completed",
            **place,
            transcript=ended.text,
            usage={"type": "duration", "seconds": seconds},
            source=ended.source,
        )


def _deltas(text: str) -> list[str]:
    words = text.split(" ")
    parts = [" ".join(words[start : start + _WORDS_PER_DELTA]) for start in range(0, len(words), _WORDS_PER_DELTA)]
    return [parts[0], *(f" {part}" for part in parts[1:])]
