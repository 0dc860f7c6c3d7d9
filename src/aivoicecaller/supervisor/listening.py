"""One call's sideband while it is open: what it tells becomes facts and words, what we say is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import structlog

from ..calls.events import Event, SidebandClosed
from ..calls.transcript import TranscriptFact
from ..engine.errors import SidebandLost
from ..engine.sideband import Sideband

log = structlog.get_logger(__name__)


class Listening:
    def __init__(self, tell: Callable[[Event], None], hear: Callable[[TranscriptFact], None]) -> None:
        self._tell = tell
        self._hear = hear
        self._sideband: Sideband | None = None
        self._listener: asyncio.Task[None] | None = None

    def begin(self, sideband: Sideband) -> None:
        """Listen to a fresh sideband."""
        self._sideband = sideband
        self._listener = asyncio.create_task(self._listen(sideband))

    async def send(self, message: dict[str, Any]) -> None:
        """If the sideband is lost meanwhile, the call is told of that, and says everything anew on the next one."""
        if self._sideband is None:
            return
        try:
            await self._sideband.send(message)
        except SidebandLost as lost:
            log.info("> not sent, the sideband is lost", why=str(lost))

    async def stop(self) -> None:
        sideband, self._sideband = self._sideband, None
        if self._listener is not None:
            self._listener.cancel()
        if sideband is not None:
            await sideband.close()

    async def _listen(self, sideband: Sideband) -> None:
        try:
            while True:
                for fact in await sideband.receive():
                    if isinstance(fact, TranscriptFact):
                        self._hear(fact)
                    else:
                        self._tell(fact)
        except SidebandLost as lost:
            if self._sideband is sideband:
                self._sideband = None
                self._tell(SidebandClosed(str(lost)))
        except Exception:
            # A fault of ours must not make the call deaf: a fresh sideband is attached.
            log.exception("! the sideband could not be read")
            self._tell(SidebandClosed("What the speech engine said could not be read."))
