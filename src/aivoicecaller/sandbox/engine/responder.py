"""The agent's side of a talk: one response at a time, from the mind's reply to its last word and its tools."""

from __future__ import annotations

import asyncio

from aivoicecaller.sandbox import dsp
from aivoicecaller.sandbox.speech import Speech, SpeechError, Utterance, Word
from aivoicecaller.sandbox.trunk import FRAME_MS

from .conversation import CHARACTERS_PER_TOKEN, Conversation, Entry, text_tokens
from .errors import ApiError
from .mind.mind import Mind
from .mind.model import Reply, Request, ToolCall
from .response import Emit, Options, Response
from .session import Session
from .speaker import Speaker
from .timers import MediaTimers
from .usage import Meter, audio_tokens


class Responder:
    def __init__(
        self,
        *,
        speech: Speech,
        session: Session,
        conversation: Conversation,
        mind: Mind,
        speaker: Speaker,
        timers: MediaTimers,
        emit: Emit,
        reply_delay_ms: int,
    ) -> None:
        self._speech = speech
        self._session = session
        self._conversation = conversation
        self._mind = mind
        self._speaker = speaker
        self._timers = timers
        self._emit = emit
        self._reply_delay_ms = reply_delay_ms
        self._meter = Meter()
        self._active: Response | None = None
        self._making: set[asyncio.Task[None]] = set()

    @property
    def has_active_response(self) -> bool:
        """Whether a response writes to the conversation."""
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
        read = self._meter.read(self._session, self._conversation)
        response = Response(options, self._conversation, read, self._emit)
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

    def cancel(self, response_id: str | None = None) -> None:
        """response.cancel: what was made is still played. Raises ApiError when there is nothing to cancel."""
        response = self._active
        if response is None or response_id not in (None, response.id):
            raise ApiError("Cancellation failed: no active response found.", code="response_cancel_not_active")
        self._speaker.break_off(response)
        self._finish(response, "cancelled", "client_cancelled")

    def interrupt(self, reason: str) -> None:
        """Silence at once; the active response, and any that was speaking, is cancelled for `reason`."""
        stopped = self._speaker.fall_silent()
        if self._active is not None and self._active not in stopped:
            stopped.append(self._active)
        for response in stopped:
            self._finish(response, "cancelled", reason)

    async def close(self) -> None:
        for task in self._making:
            task.cancel()
        await asyncio.gather(*self._making, return_exceptions=True)

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
            if not response.is_over:
                self._active = None if self._active is response else self._active
                failure = {"type": "server_error", "code": "speech_failed", "message": str(error)}
                response.finish("failed", error=failure)
            return
        self._timers.after(self._reply_delay_ms, lambda: self._speak(response, reply, utterance))

    def _speak(self, response: Response, reply: Reply, utterance: Utterance) -> None:
        if response.is_over:
            return
        samples, words, complete = _spoken_within(utterance, response.options.max_output_tokens)

        def told(made_ms: int) -> None:
            response.end_message("completed" if complete else "incomplete", made_ms)
            self._end(response, reply.calls, complete=complete)

        self._speaker.speak(response, samples, words, told)

    def _write(self, response: Response, reply: Reply) -> None:
        """A response without sound."""
        if response.is_over:
            return
        complete = True
        if reply.text:
            text, complete = _written_within(reply.text, response.options.max_output_tokens)
            response.begin_message()
            response.say(text)
            response.end_message("completed" if complete else "incomplete")
        self._end(response, reply.calls, complete=complete)

    def _end(self, response: Response, calls: tuple[ToolCall, ...], *, complete: bool) -> None:
        if not complete:
            self._finish(response, "incomplete", "max_output_tokens")
            return
        for call in calls:
            response.call(call)
        self._finish(response, "completed")

    def _finish(self, response: Response, status: str, reason: str | None = None) -> None:
        self._active = None if self._active is response else self._active
        response.finish(status, reason)


def _written_within(text: str, limit: int | str) -> tuple[str, bool]:
    """As much of a text as `limit` tokens hold, in whole words, and whether that is all of it."""
    if isinstance(limit, str) or text_tokens(text) <= limit:
        return text, True
    cut = text[: limit * CHARACTERS_PER_TOKEN]
    return cut[: cut.rfind(" ") + 1] or cut, False


def _spoken_within(utterance: Utterance, limit: int | str) -> tuple[dsp.Samples, list[Word], bool]:
    """As much of an utterance as `limit` tokens of text and speech hold, and whether that is all of it."""
    words, samples = list(utterance.words), utterance.samples
    if isinstance(limit, str):
        return samples, words, True
    for index, word in enumerate(words):
        end_ms = words[index + 1].at_ms if index + 1 < len(words) else utterance.duration_ms
        end_ms = -(-end_ms // FRAME_MS) * FRAME_MS
        text = "".join(one.text for one in words[: index + 1])
        if text_tokens(text) + audio_tokens(end_ms) > limit:
            return dsp.first_ms(samples, word.at_ms), words[:index], False
    return samples, words, True
