"""The engine itself: what every endpoint works with, and the life of a call from INVITE to end."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Coroutine, Mapping
from typing import Any, Final

from aivoicecaller.sandbox import trunk
from aivoicecaller.sandbox.speech import Speech

from .calls import Call, Calls, Line
from .config import EngineConfig
from .errors import ApiError
from .faults import Faults
from .fields import check_accepted_session
from .ledger import Ledger
from .rules import missing_parameter
from .session import Session
from .talk import Talk
from .webhook import Webhooks

_LOG: Final = logging.getLogger(__name__)
_SESSION_S: Final = 3600


class Engine:
    def __init__(self, config: EngineConfig, faults: Faults, speech: Speech) -> None:
        self.config = config
        self.faults = faults
        self.ledger = Ledger()
        self.calls = Calls()
        self._speech = speech
        self.webhooks = Webhooks(config.webhook_url, config.webhook_secret, config.clock, faults, self.ledger)
        self._tasks: set[asyncio.Task[None]] = set()

    def offer(self, invite: trunk.Invite, line: Line) -> Call | None:
        """Take an INVITE: tell the application. None for a project that is not ours; it has been refused."""
        line.send(trunk.Trying())
        project = re.match(r"sips?:([^@;]+)@", invite.request_uri)
        if project is None or project.group(1) != self.config.project_id:
            self.ledger.note("invite_refused", sip_call_id=invite.call_id)
            line.send(trunk.Reject(404, "Not Found"))
            line.close()
            return None
        call = Call(invite, line, self._ended)
        self.calls.add(call)
        self.ledger.note("invite", call_id=call.id, sip_call_id=invite.call_id)
        self._spawn(self.webhooks.announce(call))
        self._spawn(self._refuse_when_forgotten(call))
        return call

    def accept(self, call_id: str, asked: dict[str, Any]) -> None:
        """Accept with the session `asked`. Raises ApiError."""
        call = self.calls.get(call_id)
        call.must_be_offered()
        if "type" not in asked:
            # Seen in 2026: the request succeeds, and the session then fails for want of a type.
            self.ledger.note("session_failed", call_id=call.id, message=missing_parameter("session.type").message)
            call.reject(400, "session_failed")
            return
        check_accepted_session(asked)
        session = Session(asked, expires_at=int(time.time()) + _SESSION_S)
        talk = Talk(
            session,
            self._speech,
            reply_delay_ms=self.config.reply_delay_ms,
            longest_ms=self.config.longest_ms,
            on_expired=lambda: call.hang_up("session_expired"),
            muted=_sets_format(asked),
        )
        call.accept(talk)
        self.ledger.note("accept", call_id=call.id, model=session.model)
        self._spawn(self._answer(call))

    def reject(self, call_id: str, status: int) -> None:
        """Raises ApiError."""
        call = self.calls.get(call_id)
        call.must_be_offered()
        self.ledger.note("reject", call_id=call.id, status=status)
        call.reject(status, "rejected")

    def hang_up(self, call_id: str) -> None:
        """Raises ApiError."""
        call = self.calls.get(call_id)
        self.ledger.note("hangup", call_id=call.id)
        call.hang_up("hung_up")

    def refer(self, call_id: str, target: str) -> None:
        """Raises ApiError."""
        call = self.calls.get(call_id)
        if not re.match(r"(tel|sips?):\S+$", target):
            raise ApiError(
                "Invalid 'target_uri': expected a tel: or sip: URI.", code="invalid_value", param="target_uri"
            )
        call.refer(target)
        self.ledger.note("refer", call_id=call.id)

    async def close(self) -> None:
        """Hang up every call and let go of everything."""
        for call in self.calls.all():
            call.hang_up("shutdown")
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.webhooks.close()

    async def _answer(self, call: Call) -> None:
        await self.config.clock.sleep(self.config.answer_delay_s)
        call.answer()

    async def _refuse_when_forgotten(self, call: Call) -> None:
        """The service gives no figure; its staff said that a late accept ends in a SIP 400 to the carrier."""
        await self.config.clock.sleep(self.config.decide_within_s)
        if call.talk is None and not call.is_over:
            call.reject(400, "not_decided")

    def _ended(self, call: Call, cause: str) -> None:
        self.calls.remove(call)
        self.ledger.note("ended", call_id=call.id, cause=cause)
        if call.talk is not None:
            self._spawn(call.talk.close())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("A task of the sandbox's engine failed.", exc_info=error)


def _sets_format(asked: Mapping[str, Any]) -> bool:
    """Whether a session sets an audio format, which over SIP was seen to leave the line silent."""
    return any("format" in parts for parts in asked.get("audio", {}).values())
