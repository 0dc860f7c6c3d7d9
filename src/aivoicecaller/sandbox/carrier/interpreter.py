"""Plays TwiML documents on an answered call, one verb after the other.

A verb either lets the next one follow (None), names the page that replaces the document (Page), or ends it (END).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import repeat
from typing import Any, Final

from aivoicecaller.sandbox import dsp
from aivoicecaller.sandbox.carrier.dialing import Dialing, Outcome
from aivoicecaller.sandbox.carrier.documents import Page, fetch_document
from aivoicecaller.sandbox.carrier.errors import TwimlError
from aivoicecaller.sandbox.carrier.line import Line, MessageTape, Playback
from aivoicecaller.sandbox.carrier.model import Call, RecordingPlan
from aivoicecaller.sandbox.carrier.requests import Source
from aivoicecaller.sandbox.carrier.services import Services
from aivoicecaller.sandbox.carrier.sounds import key_frames, load_sound, looped
from aivoicecaller.sandbox.carrier.twiml import (
    Dial,
    Document,
    Hangup,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
    parse_twiml,
)
from aivoicecaller.sandbox.carrier.wire import recording_parameters
from aivoicecaller.sandbox.phones import tones
from aivoicecaller.sandbox.speech import SpeechError
from aivoicecaller.sandbox.trunk import FRAME_MS, SILENCE

APPLICATION_ERROR: Final = "We are sorry. An application error has occurred. Goodbye."
VOICE: Final = "operator"
BEEP_MS: Final = 400


class End:
    """The document is over and the call is to be hung up."""


END: Final = End()
Next = Page | End | None


class Interpreter:
    """Plays what a source says, and what that leads to, until the end."""

    def __init__(self, services: Services, call: Call, line: Line) -> None:
        self._services = services
        self._call = call
        self._line = line
        self._base: str | None = None
        """The address of the document being played."""
        self.interrupted: Page | None = None
        """The action of a `<Dial>` that was cut short. It is still asked, though its answer is not played."""
        self._verbs: dict[type[Verb], Callable[[Any], Awaitable[Next]]] = {
            Say: self._say,
            Play: self._play,
            Pause: self._pause,
            Redirect: self._redirect,
            Hangup: self._hang_up,
            Reject: self._hang_up,
            Record: self._record,
            Dial: self._dial,
        }

    async def run(self, source: Source) -> None:
        """Play `source`; returns when there is nothing more to play."""
        fallback = Page(source.fallback_url, source.fallback_method) if source.fallback_url else None
        page = Page(source.url, source.method) if source.url else None
        try:
            await self._run(page, source.twiml or "")
        except TwimlError as error:
            if fallback is not None:
                try:
                    await self._run(fallback.as_fallback_for(self._base, error), "")
                except TwimlError as second:
                    await self._apologise(second)
            else:
                await self._apologise(error)

    async def press(self, digits: str) -> None:
        """Send the tones of keys (`w` waits half a second, `W` one)."""
        await self._play_frames(key_frames(digits))

    async def _run(self, page: Page | None, twiml: str) -> None:
        """Play a page, or the text of a document, and the pages it leads to. Raises TwimlError."""
        document = await self._open(page) if page else parse_twiml(twiml.encode())
        while True:
            following = await self._play_document(document)
            if not isinstance(following, Page):
                return
            document = await self._open(following)

    async def _open(self, page: Page) -> Document:
        page = page.relative_to(self._base)
        self._base = page.url
        return await fetch_document(self._services, self._call, page)

    async def _play_document(self, document: Document) -> Next:
        for verb in document.verbs:
            following = await self._verbs[type(verb)](verb)
            if following is not None:
                return following
        return END

    async def _apologise(self, error: TwimlError) -> None:
        """What a caller hears when the application has failed."""
        self._call.error = (error.code, error.message)
        self._services.ledger.note("application_error", call_sid=self._call.sid, code=error.code, message=error.message)
        await self._say(Say(APPLICATION_ERROR))

    async def _play_frames(self, frames: Iterable[bytes]) -> None:
        playback = Playback(frames)
        self._line.connect(playback)
        try:
            await asyncio.wait({playback.ended})
        finally:
            self._line.disconnect()

    async def _say(self, verb: Say) -> Next:
        try:
            spoken = dsp.mulaw_frames(await self._services.speech.say(verb.text, VOICE))
        except SpeechError as error:
            self._services.ledger.note("twiml_warning", call_sid=self._call.sid, message=str(error))
            return None
        await self._play_frames(looped(spoken, verb.loop))
        return None

    async def _play(self, verb: Play) -> Next:
        if verb.digits is not None:
            frames = key_frames(verb.digits)
        else:
            frames = await load_sound(self._services, Page(verb.url or "", "GET").relative_to(self._base).url)
        await self._play_frames(looped(frames, verb.loop))
        return None

    async def _pause(self, verb: Pause) -> Next:
        await self._play_frames(repeat(SILENCE, verb.seconds * 1000 // FRAME_MS))
        return None

    async def _redirect(self, verb: Redirect) -> Next:
        return Page(verb.url, verb.method)

    async def _hang_up(self, _: Verb) -> Next:
        return END

    async def _record(self, verb: Record) -> Next:
        plan = RecordingPlan("RecordVerb", 1, verb.callback)
        beep = dsp.mulaw_frames(tones.beep(BEEP_MS)) if verb.play_beep else []
        tape = MessageTape(beep, verb.silence_s * 1000, verb.max_length_s * 1000)
        recording, recorder = self._services.recordings.start(self._call.sid, plan)
        self._line.connect(tape)
        self._line.record(recorder)
        try:
            await asyncio.wait({tape.ended})
        finally:
            self._line.disconnect()
            self._line.stop_recording(recorder)
            self._services.recordings.finish(recording, recorder)
        # Twilio asks the document's own address when there is no action, and goes on when nothing was said.
        action = verb.action or self._base
        if action is None or not tape.heard:
            return None
        shown = recording_parameters(recording, self._services.config.account_sid, self._services.config.base_url)
        names = ("RecordingUrl", "RecordingSid", "RecordingDuration")
        return Page(action, verb.method, {name: shown[name] for name in names if name in shown} | {"Digits": ""})

    async def _dial(self, verb: Dial) -> Next:
        dialing = Dialing(self._services, self._call, self._line, verb)
        try:
            outcome = await dialing.run()
        except asyncio.CancelledError:
            outcome = dialing.cut()
            self.interrupted = self._action(verb, outcome) if verb.action else None
            raise
        if outcome.refer_to is not None and verb.refer_url is not None:
            return Page(verb.refer_url, verb.refer_method, {"ReferTransferTarget": outcome.refer_to})
        if verb.action:
            return self._action(verb, outcome)
        return None

    def _action(self, verb: Dial, outcome: Outcome) -> Page:
        return Page(verb.action or "", verb.method, outcome.parameters()).relative_to(self._base)
