"""The agent's side of a talk: asks the mind, has it spoken, plays it, and stops when it must."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aivoicecaller.sandbox import dsp
from aivoicecaller.sandbox.speech import Speech, SpeechError, Utterance, Word
from aivoicecaller.sandbox.trunk import FRAME_MS

from .conversation import Conversation, Entry, text_tokens
from .errors import ApiError
from .mind.mind import Mind
from .mind.model import Reply, Request, ToolCall
from .playback import Playback, Sound
from .response import Emit, Options, Response
from .session import Session
from .timers import MediaTimers
from .usage import Meter, audio_tokens

_MADE_AHEAD_FRAMES = 50
"""How much more than was played a cancelled response has made already: one second, which `clear` can still drop."""


@dataclass(slots=True, eq=False)
class _Speaking:
    """A response whose words are still coming."""

    response: Response
    sound: Sound
    words: list[Word]
    """Not said yet."""
    calls: tuple[ToolCall, ...]
    complete: bool
    """False when the response ends before its text, for lack of tokens."""


class Speaker:
    def __init__(
        self,
        *,
        speech: Speech,
        session: Session,
        conversation: Conversation,
        mind: Mind,
        timers: MediaTimers,
        emit: Emit,
        reply_delay_ms: int,
    ) -> None:
        self._speech = speech
        self._session = session
        self._conversation = conversation
        self._mind = mind
        self._timers = timers
        self._emit = emit
        self._reply_delay_ms = reply_delay_ms
        self._meter = Meter()
        self._active: Response | None = None
        self._speaking: list[_Speaking] = []
        self._making: set[asyncio.Task[None]] = set()
        self._playback = Playback(self._started, self._stopped)
        self.has_spoken = False
        self.quiet_since_ms = 0
        """Media time at which the last sound ended."""

    @property
    def is_busy(self) -> bool:
        """Whether a response is being made or heard."""
        return self._active is not None or not self._playback.is_idle

    @property
    def has_active_response(self) -> bool:
        return self._active is not None

    @property
    def making(self) -> set[asyncio.Task[None]]:
        """Speech that is being made; audio waits for it, so that media time does not run while a worker works."""
        return self._making

    def respond(self, options: Options) -> None:
        """Begin a response. Raises ApiError while another one writes to the conversation."""
        if options.in_conversation and self._active is not None:
            raise ApiError(
                f"Conversation already has an active response in progress: {self._active.id}. "
                "Wait until the response is finished before creating a new one.",
                code="conversation_already_has_active_response",
            )
        response = Response(
            options, self._conversation, self._meter.read(self._session, self._conversation), self._emit
        )
        if options.in_conversation:
            self._active = response
        response.open()
        reply = self._think(options)
        if reply.text and options.speaks:
            task = asyncio.create_task(self._make(response, reply))
            self._making.add(task)
            task.add_done_callback(self._making.discard)
        else:
            self._timers.after(self._reply_delay_ms, lambda: self._write(response, reply))

    def next_frame(self) -> bytes:
        """20 ms of what the caller hears; words are told as they are spoken."""
        frame = self._playback.next_frame()
        for speaking in tuple(self._speaking):
            self._tell(speaking)
        return frame

    def cancel(self, response_id: str | None = None) -> None:
        """response.cancel: what was made is still played. Raises ApiError when there is nothing to cancel."""
        response = self._active
        if response is None or response_id not in (None, response.id):
            raise ApiError("Cancellation failed: no active response found.", code="response_cancel_not_active")
        for speaking in [one for one in self._speaking if one.response is response]:
            sound = speaking.sound
            sound.frames = sound.frames[: max(1, sound.played) + _MADE_AHEAD_FRAMES]
            self._tell(speaking, made_ms=sound.duration_ms, finishing=True)
        self._break_off(response, "client_cancelled")

    def stop(self, reason: str) -> None:
        """Silence at once: playback is dropped, items are cut to what was heard, the response is cancelled."""
        for sound in self._playback.clear():
            sound.frames = sound.frames[: sound.played]
            if sound.played:
                self._emit("output_audio_buffer.cleared", response_id=sound.response_id)
                self.quiet_since_ms = self._timers.now_ms
            self._cut(sound)
        for response in dict.fromkeys([*(one.response for one in self._speaking), self._active]):
            if response is not None:
                self._break_off(response, reason)

    async def close(self) -> None:
        for task in self._making:
            task.cancel()
        await asyncio.gather(*self._making, return_exceptions=True)

    # --- making --------------------------------------------------------------------------------------------

    def _think(self, options: Options) -> Reply:
        tools = () if options.tool_choice == "none" else options.tools
        request = Request(self._session.instructions, options.hint, tools, options.forced_tool)
        if options.in_conversation:
            return self._mind.reply(request)
        given = self._conversation.entries() if options.given is None else [Entry(dict(item)) for item in options.given]
        return self._mind.aside(request, [entry.texts() for entry in given])

    async def _make(self, response: Response, reply: Reply) -> None:
        voice = response.options.voice if isinstance(response.options.voice, str) else ""
        try:
            utterance = await self._speech.utter(reply.text, voice, response.options.speed)
        except SpeechError as error:
            if response.is_over:
                return
            self._active = None if self._active is response else self._active
            response.finish("failed", error={"type": "server_error", "code": "speech_failed", "message": str(error)})
            return
        self._timers.after(self._reply_delay_ms, lambda: self._speak(response, reply, utterance))

    def _write(self, response: Response, reply: Reply) -> None:
        """A response without sound."""
        if response.is_over:
            return
        complete = True
        if reply.text:
            text, complete = _within(reply.text, response.options.max_output_tokens)
            response.begin_message()
            response.say(text)
            response.end_message("completed" if complete else "incomplete")
        self._end(response, reply.calls, complete=complete)

    def _speak(self, response: Response, reply: Reply, utterance: Utterance) -> None:
        if response.is_over:
            return
        samples, words, complete = _spoken_within(utterance, response.options.max_output_tokens)
        sound = Sound(response.id, response.begin_message(), dsp.mulaw_frames(samples))
        self._speaking.append(_Speaking(response, sound, words, reply.calls, complete))
        if sound.frames:
            self._playback.add(sound)

    def _tell(self, speaking: _Speaking, made_ms: int | None = None, *, finishing: bool = False) -> None:
        """Send the words that have begun by `made_ms`, by default what was played; end after the last one."""
        until_ms = speaking.sound.played_ms if made_ms is None else made_ms
        while speaking.words and speaking.words[0].at_ms <= until_ms:
            speaking.response.say(speaking.words.pop(0).text)
        if speaking.words or finishing:
            return
        self._speaking.remove(speaking)
        status = "completed" if speaking.complete else "incomplete"
        speaking.response.end_message(status, speaking.sound.duration_ms)
        self._end(speaking.response, speaking.calls, complete=speaking.complete)

    def _end(self, response: Response, calls: tuple[ToolCall, ...], *, complete: bool) -> None:
        self._active = None if self._active is response else self._active
        if not complete:
            response.finish("incomplete", "max_output_tokens")
            return
        for call in calls:
            response.call(call)
        response.finish("completed")

    # --- stopping ------------------------------------------------------------------------------------------

    def _break_off(self, response: Response, reason: str) -> None:
        self._active = None if self._active is response else self._active
        for speaking in [one for one in self._speaking if one.response is response]:
            self._speaking.remove(speaking)
            response.end_message("incomplete", speaking.sound.duration_ms)
        response.finish("cancelled", reason)

    def _cut(self, sound: Sound) -> None:
        """Cut an item to what was heard of it. The words still to come were never told, so they need no removing."""
        entry = self._conversation.find(sound.item_id)
        if entry is None:
            return
        entry.audio_ms = sound.played_ms
        self._emit("conversation.item.truncated", item_id=sound.item_id, content_index=0, audio_end_ms=sound.played_ms)

    # --- playback ------------------------------------------------------------------------------------------

    def _started(self, sound: Sound) -> None:
        self.has_spoken = True
        self._emit("output_audio_buffer.started", response_id=sound.response_id)

    def _stopped(self, sound: Sound) -> None:
        self.quiet_since_ms = self._timers.now_ms
        for speaking in [one for one in self._speaking if one.sound is sound]:
            self._tell(speaking, made_ms=speaking.words[-1].at_ms if speaking.words else 0)
        self._emit("output_audio_buffer.stopped", response_id=sound.response_id)


def _within(text: str, limit: int | str) -> tuple[str, bool]:
    """As much of a text as `limit` tokens hold, in whole words, and whether that is all of it."""
    if isinstance(limit, str) or text_tokens(text) <= limit:
        return text, True
    cut = text[: limit * 4]
    return cut[: cut.rfind(" ") + 1] or cut, False


def _spoken_within(utterance: Utterance, limit: int | str) -> tuple[dsp.Samples, list[Word], bool]:
    """As much of an utterance as `limit` tokens of text and speech hold."""
    words, samples = list(utterance.words), utterance.samples
    if isinstance(limit, str):
        return samples, words, True
    for index, word in enumerate(words):
        end_ms = words[index + 1].at_ms if index + 1 < len(words) else utterance.duration_ms
        end_ms = -(-end_ms // FRAME_MS) * FRAME_MS
        text = "".join(one.text for one in words[: index + 1])
        if text_tokens(text) + audio_tokens(end_ms) > limit:
            return samples[: word.at_ms * 8], words[:index], False
    return samples, words, True
