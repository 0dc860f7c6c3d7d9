"""The bus: live news, requests to the owner of a call, and queues of work. It holds no fact; the store is the record.

A message is a JSON object. Once it is given to the bus nobody changes it any more. Subjects and queues have names of
words with dots, `call.call_1`; in a pattern `*` stands for one word and `>` at the end for one or more.

BusError
├── NobodyThere     nobody serves the subject; known at once
└── NoAnswer        somebody does, and did not answer in time or failed: whether the request was carried out is unknown
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]
Handler = Callable[[Message], Awaitable[Message]]


class BusError(Exception):
    """The bus could not do what was asked."""


class NobodyThere(BusError):
    def __init__(self, subject: str) -> None:
        super().__init__(f"Nobody answers on {subject}.")


class NoAnswer(BusError):
    def __init__(self, subject: str, why: str) -> None:
        super().__init__(f"No answer on {subject}: {why}.")


@dataclass(frozen=True, slots=True)
class Lagged:
    """The reader was too slow and lost news: what it knows is old, and it should read the record again."""

    lost: int


class Subscription(AsyncIterator[Message | Lagged]):
    """News from the moment of subscribing, in order. It ends when it, or the bus, is closed; one reader reads it.

    It holds a bounded number of messages. When they are more, all that wait are dropped, the next thing read is
    `Lagged`, and the news goes on after it. A publisher never waits for a reader.
    """

    @abstractmethod
    async def close(self) -> None: ...


class Service(ABC):
    """The right to answer on a subject."""

    @abstractmethod
    async def stop(self) -> None:
        """Take no more requests. Those being answered have a moment to be; the rest fail with NoAnswer."""


class Claim(ABC):
    """A piece of work that is ours until it is done or given back."""

    message: Message

    @abstractmethod
    async def done(self) -> None:
        """It never comes again."""

    @abstractmethod
    async def give_back(self) -> None:
        """Somebody else may claim it, after all that waits already."""


class Bus(ABC):
    @abstractmethod
    def publish(self, subject: str, message: Message) -> None:
        """Tell everybody who listens now. It neither waits nor fails."""

    @abstractmethod
    def subscribe(self, pattern: str, capacity: int = 1000) -> Subscription:
        """Listen from now on to all subjects that fit. `capacity` is how many messages may wait for the reader."""

    @abstractmethod
    async def request(self, subject: str, message: Message, timeout_s: float) -> Message:
        """Ask whoever serves the subject; where several do, one of them. Errors: NobodyThere at once, NoAnswer."""

    @abstractmethod
    async def serve(self, subject: str, handler: Handler) -> Service:
        """Answer requests on a subject, any number at a time. A handler that raises leaves its asker with NoAnswer."""

    @abstractmethod
    async def enqueue(self, queue: str, message: Message) -> None:
        """Put work into a queue, for one claimer."""

    @abstractmethod
    async def claim(self, queue: str) -> Claim:
        """The next piece of work, oldest first; waits until there is one. Giving up the wait loses none."""

    @abstractmethod
    async def close(self) -> None:
        """End all subscriptions and services. Work not done is found again in the store."""
