"""A live session: the caller's frames in, the agent's frames out, events to the sideband if there is one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import orjson

from aivoicecaller.ids import new_id
from aivoicecaller.sandbox.speech import Speech
from aivoicecaller.sandbox.trunk import FRAME_MS, SILENCE, Words

from .conversation import Conversation
from .listener import Listener
from .mind.mind import Mind
from .mind.model import Pressed
from .responder import Responder
from .session import Session
from .speaker import Speaker
from .timers import MediaTimers

Sink = Callable[[bytes], None]
"""Takes server events in order, each as JSON: items change after they were told, so they are written at once."""


class Talk:
    def __init__(
        self,
        session: Session,
        speech: Speech,
        *,
        reply_delay_ms: int,
        longest_ms: int,
        on_expired: Callable[[], None],
        muted: bool = False,
    ) -> None:
        """`longest_ms`: media time after which the session expires and `on_expired` is called.

        `muted`: the caller hears nothing of the agent.
        """
        self.session = session
        self.conversation = Conversation()
        self.mind = Mind()
        self._timers = MediaTimers()
        self.speaker = Speaker(self.conversation, self._timers, self.emit)
        self.responder = Responder(
            speech=speech,
            session=session,
            conversation=self.conversation,
            mind=self.mind,
            speaker=self.speaker,
            timers=self._timers,
            emit=self.emit,
            reply_delay_ms=reply_delay_ms,
        )
        self.listener = Listener(
            session=session,
            conversation=self.conversation,
            mind=self.mind,
            speaker=self.speaker,
            responder=self.responder,
            timers=self._timers,
            emit=self.emit,
        )
        self._sink: Sink | None = None
        self._longest_ms = longest_ms
        self._on_expired = on_expired
        self._muted = muted

    def attach(self, sink: Sink) -> None:
        """Send events to `sink` from now on; what happened before is not repeated."""
        self._sink = sink

    def detach(self, sink: Sink) -> None:
        """Send no more to `sink`; harmless when another one took its place."""
        if self._sink == sink:
            self._sink = None

    def emit(self, type_: str, /, **fields: Any) -> None:
        """Send a server event on the sideband, if there is one."""
        if self._sink is not None:
            self._sink(orjson.dumps({"type": type_, "event_id": new_id("event"), **fields}))

    def frame(self, frame: bytes) -> bytes:
        """One frame of the caller for one of the agent."""
        self._timers.advance(FRAME_MS)
        self.listener.hear(frame)
        answer = self.speaker.next_frame()
        if self._timers.now_ms >= self._longest_ms:
            self.emit("error", error=_EXPIRED)
            self._on_expired()
        return SILENCE if self._muted else answer

    async def ready(self) -> None:
        """Wait until no speech is being made."""
        while self.responder.making:
            await asyncio.wait(self.responder.making)

    def add_words(self, words: Words) -> None:
        self.listener.add_words(words)

    def press(self, digit: str) -> None:
        """A key of the caller's phone. The model does not answer to it by itself."""
        self.mind.learn(Pressed(digit))
        if self._sink is not None:
            # Published without an event_id, unlike every other event.
            event = "input_audio_buffer.dtmf_event_received"
            self._sink(orjson.dumps({"type": event, "event": digit, "received_at": int(time.time())}))

    async def close(self) -> None:
        self._sink = None
        await self.responder.close()


_EXPIRED = {
    "type": "invalid_request_error",
    "code": "session_expired",
    "message": "Your session hit the maximum duration of 60 minutes.",
    "param": None,
    "event_id": None,
}
