"""The SIP leg to the engine: signalling to wait for, and audio as the far side of a line."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from aivoicecaller.sandbox import trunk
from aivoicecaller.sandbox.carrier.line import Far
from aivoicecaller.sandbox.carrier.trunk_socket import TrunkSocket
from aivoicecaller.sandbox.phones.person import Signal

STALL_S: Final = 10.0
"""Seconds of the world without a frame after which an answered leg counts as dead."""
MOST_WAITING_FRAMES: Final = 250
"""An engine that sends more than it was asked for loses the oldest beyond this."""


def jitter_frames(speed: float) -> int:
    """How many frames may be on their way to the engine and back: 60 ms, and more when ticks are very short."""
    return min(12, 3 + int(speed / 10))


class TrunkLeg(Far):
    """One INVITE and its audio.

    The engine answers every frame with one of its own, so frames on their way and frames waiting here are always
    `jitter` together; a tick waits while none is here. Audio is never cut or filled because a machine is slow.
    """

    def __init__(self, jitter: int) -> None:
        super().__init__()
        self.on_ringing: Callable[[], None] = lambda: None
        self.on_refer: Callable[[str], None] = lambda _: None
        """Given the Refer-To of a REFER."""
        self.answered: asyncio.Future[trunk.Reject | None] = asyncio.get_running_loop().create_future()
        """Done by the final answer: None for 200, else the refusal."""
        self._socket: TrunkSocket | None = None
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING_FRAMES)
        self._to_prefill = jitter
        self._stalled_at: float | None = None

    async def invite(self, url: str, invite: trunk.Invite) -> None:
        """Open the trunk at `url` and send the INVITE. Raises OSError when there is no engine."""
        self._socket = await TrunkSocket.open(url, self._on_text, self._waiting.append, self._on_lost)
        self._socket.send_text(trunk.encode(invite))

    def ready(self) -> bool:
        if self._to_prefill or self._waiting:
            self._stalled_at = None
            return True
        if self._stalled_at is None:
            self._stalled_at = time.monotonic()
        elif time.monotonic() - self._stalled_at > STALL_S:
            self._finish("lost", trunk.Bye())
        return False

    def speak(self) -> bytes:
        if self._to_prefill:
            self._to_prefill -= 1
            return trunk.SILENCE
        return self._waiting.popleft()

    def hear(self, frame: bytes, signals: Sequence[Signal]) -> None:
        if self._socket is None:
            return
        for signal in signals:
            if isinstance(signal, (trunk.Words, trunk.Dtmf)):
                self._socket.send_text(trunk.encode(signal))
        self._socket.send_binary(frame)

    def close(self) -> None:
        answered = self.answered.done() and self.answered.result() is None
        self._finish("closed", trunk.Bye() if answered else trunk.Cancel())

    def _finish(self, how: str, goodbye: trunk.Message | None) -> None:
        if self._socket is not None:
            if goodbye is not None and not self.ended.done():
                self._socket.send_text(trunk.encode(goodbye))
            self._socket.close()
        if not self.answered.done():
            self.answered.set_result(trunk.Reject(487, "Request Terminated"))
        self._end(how)

    def _on_lost(self) -> None:
        if not self.answered.done():
            self.answered.set_result(trunk.Reject(503, "Service Unavailable"))
        self._finish("lost", None)

    def _on_text(self, text: str) -> None:
        try:
            message = trunk.decode(text)
        except trunk.TrunkError:
            self._finish("lost", trunk.Bye())
            return
        match message:
            case trunk.Ringing():
                self.on_ringing()
            case trunk.Answer() if not self.answered.done():
                self.answered.set_result(None)
            case trunk.Reject() if not self.answered.done():
                self.answered.set_result(message)
                self._finish("rejected", None)
            case trunk.Refer(target):
                self.on_refer(target)
            case trunk.Bye():
                self._finish("bye", None)
            case _:
                pass
