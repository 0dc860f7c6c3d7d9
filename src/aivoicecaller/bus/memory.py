"""The bus within one process: the default."""

from __future__ import annotations

import asyncio
import weakref
from collections import defaultdict, deque

import structlog

from .base import Bus, Claim, Handler, Lagged, Message, NoAnswer, NobodyThere, Service, Subscription

log = structlog.get_logger(__name__)

GRACE_S = 1.0
"""How long requests may still be answered after their service was stopped."""


class MemoryBus(Bus):
    def __init__(self) -> None:
        # Replaced and never changed, so that a reader may come or go while one publishes.
        self._readers: tuple[weakref.ref[MemorySubscription], ...] = ()
        self._services: dict[str, list[MemoryService]] = {}
        self._queues: defaultdict[str, asyncio.Queue[Message]] = defaultdict(asyncio.Queue)

    def publish(self, subject: str, message: Message) -> None:
        for known in self._readers:
            if (reader := known()) is not None and reader.wants(subject):
                reader.put(message)

    def subscribe(self, pattern: str, capacity: int = 1000) -> Subscription:
        reader = MemorySubscription(pattern, capacity)
        # A reader that is dropped without being closed is forgotten with it.
        self._readers = (*self._readers, weakref.ref(reader, self._forget))
        return reader

    def _forget(self, gone: weakref.ref[MemorySubscription]) -> None:
        self._readers = tuple(known for known in self._readers if known is not gone)

    async def request(self, subject: str, message: Message, timeout_s: float) -> Message:
        services = self._services.get(subject)
        if not services:
            raise NobodyThere(subject)
        # They take turns.
        services.append(services.pop(0))
        return await services[-1].answer(message, timeout_s)

    async def serve(self, subject: str, handler: Handler) -> Service:
        service = MemoryService(self, subject, handler)
        self._services.setdefault(subject, []).append(service)
        return service

    def leave(self, service: MemoryService) -> None:
        """Forget a service that takes no more requests."""
        others = self._services.get(service.subject, [])
        if service in others:
            others.remove(service)
        if not others:
            self._services.pop(service.subject, None)

    async def enqueue(self, queue: str, message: Message) -> None:
        self._queues[queue].put_nowait(message)

    async def claim(self, queue: str) -> Claim:
        return MemoryClaim(self._queues[queue], await self._queues[queue].get())

    async def close(self) -> None:
        for known in self._readers:
            if (reader := known()) is not None:
                await reader.close()
        for service in [each for services in self._services.values() for each in services]:
            await service.stop()


class MemorySubscription(Subscription):
    def __init__(self, pattern: str, capacity: int) -> None:
        self._words = pattern.split(".")
        self._subject = None if {"*", ">"} & set(self._words) else pattern
        self._capacity = capacity
        self._waiting: deque[Message] = deque()
        self._lost = 0
        self._closed = False
        self._arrived = asyncio.Event()

    def wants(self, subject: str) -> bool:
        if self._subject is not None:
            return subject == self._subject
        words = subject.split(".")
        if self._words[-1] == ">":
            return len(words) >= len(self._words) and _fit(self._words[:-1], words)
        return len(words) == len(self._words) and _fit(self._words, words)

    def put(self, message: Message) -> None:
        if len(self._waiting) == self._capacity:
            self._lost += len(self._waiting)
            self._waiting.clear()
        self._waiting.append(message)
        self._arrived.set()

    async def __anext__(self) -> Message | Lagged:
        while not self._closed:
            if self._lost:
                lagged, self._lost = Lagged(self._lost), 0
                return lagged
            if self._waiting:
                return self._waiting.popleft()
            self._arrived.clear()
            await self._arrived.wait()
        raise StopAsyncIteration

    async def close(self) -> None:
        self._closed = True
        self._arrived.set()


class MemoryService(Service):
    def __init__(self, bus: MemoryBus, subject: str, handler: Handler) -> None:
        self.subject = subject
        self._bus = bus
        self._handler = handler
        self._answers: set[asyncio.Task[Message]] = set()

    async def answer(self, message: Message, timeout_s: float) -> Message:
        # A task of its own: an asker who stops waiting does not stop what it asked for.
        task = asyncio.ensure_future(self._handler(message))
        self._answers.add(task)
        task.add_done_callback(self._answered)
        await asyncio.wait([task], timeout=timeout_s)
        if not task.done():
            raise NoAnswer(self.subject, f"none came within {timeout_s:g} s")
        if task.cancelled():
            raise NoAnswer(self.subject, "its owner left")
        if (error := task.exception()) is not None:
            raise NoAnswer(self.subject, "its owner failed") from error
        return task.result()

    def _answered(self, task: asyncio.Task[Message]) -> None:
        self._answers.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("! a request failed", subject=self.subject, exc_info=error)

    async def stop(self) -> None:
        self._bus.leave(self)
        if self._answers:
            await asyncio.wait(self._answers, timeout=GRACE_S)
        for task in self._answers:
            task.cancel()


class MemoryClaim(Claim):
    def __init__(self, queue: asyncio.Queue[Message], message: Message) -> None:
        self.message = message
        self._queue = queue
        self._open = True

    async def done(self) -> None:
        self._open = False

    async def give_back(self) -> None:
        if self._open:
            self._open = False
            self._queue.put_nowait(self.message)


def _fit(pattern: list[str], words: list[str]) -> bool:
    return all(wanted in ("*", word) for wanted, word in zip(pattern, words, strict=False))
