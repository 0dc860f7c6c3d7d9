"""What one call has to write down. Steps that give orders are written at once, the others together with the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from ..calls.commands import Command
from ..calls.events import Event
from ..calls.model import Call
from ..clock import Instant
from ..store import Store
from ..store.calls import Duplicate
from ..store.errors import DatabaseUnusable
from .talk import Talk

log = structlog.get_logger(__name__)

Fact = tuple[Instant, Event]
T = TypeVar("T")

PAUSES_S = (0.1, 0.3, 1.0, 3.0)
"""Between tries to write while the database cannot be used; the last one repeats. The talk goes on meanwhile."""


class Journal:
    """Keeps the record of one call up to date.

    While the database cannot be used it waits and tries again: a call is not dropped for that, since its audio does
    not depend on us. Errors of its methods: Superseded.
    """

    def __init__(self, store: Store, call: Call, revision: int, talk: Talk) -> None:
        self._store = store
        self._call = call
        self._revision = revision
        self._talk = talk
        self._facts: list[Fact] = []
        self._done: list[str] = []
        # The loop writes steps while the flusher writes what waited; each names the revision it follows.
        self._turn = asyncio.Lock()

    def note(self, call: Call, at: Instant, event: Event) -> None:
        """A fact that ordered nothing. It is written with the next step or the next `flush`."""
        self._call = call
        self._facts.append((at, event))

    def done(self, command_id: str) -> None:
        self._done.append(command_id)

    async def step(
        self, call: Call, at: Instant, event: Event, commands: tuple[Command, ...], inbox_id: str | None
    ) -> tuple[str, ...] | None:
        """Write one step and all that waited, in one transaction: ids of the commands, None for a doubled message."""
        async with self._turn:
            waiting, done = len(self._facts), len(self._done)
            record = await _persistently(
                lambda: self._store.calls.record_step(
                    call,
                    self._revision,
                    facts=[*self._facts[:waiting], (at, event)],
                    commands=commands,
                    at=at,
                    inbox_id=inbox_id,
                    done=self._done[:done],
                )
            )
            if isinstance(record, Duplicate):
                return None
            del self._facts[:waiting], self._done[:done]
            self._call, self._revision = call, record.revision
            return tuple(record.command_ids)

    async def flush(self, at: Instant) -> None:
        """Write what waits, and the words that changed."""
        async with self._turn:
            facts, done = list(self._facts), list(self._done)
            if facts or done:
                call = self._call
                record = await _persistently(
                    lambda: self._store.calls.record_step(
                        call, self._revision, facts=facts, commands=(), at=at, done=done
                    )
                )
                assert not isinstance(record, Duplicate), "Only a step with an inbox id can be a double."
                del self._facts[: len(facts)], self._done[: len(done)]
                self._revision = record.revision
            if placed := self._talk.unsaved():
                await _persistently(lambda: self._store.transcripts.save(self._call.id, placed))
                self._talk.saved(placed)


async def _persistently(write: Callable[[], Awaitable[T]]) -> T:
    """Write, however long the database is away. An answer that was lost shows as Superseded, which ends the runner."""
    tries = 0
    while True:
        try:
            return await write()
        except DatabaseUnusable as error:
            log.error("! the record cannot be written, trying again", why=str(error), tries=tries)
            await asyncio.sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
            tries += 1
