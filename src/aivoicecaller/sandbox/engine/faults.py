"""What the engine asks of the fault switchboard, and the points at which it asks."""

from __future__ import annotations

from typing import Final, Protocol

CLIENT_SECRETS: Final = "engine.client_secrets"
ACCEPT: Final = "engine.accept"
REJECT: Final = "engine.reject"
HANGUP: Final = "engine.hangup"
WEBHOOK: Final = "engine.webhook"
ATTACH: Final = "engine.sideband.attach"
EVENT: Final = "engine.sideband.event"


class Fault(Protocol):
    @property
    def kind(self) -> str: ...

    @property
    def seconds(self) -> float: ...

    @property
    def status(self) -> int: ...


class Faults(Protocol):
    def take(self, point: str) -> Fault | None:
        """Pass `point` once: the fault that happens now, or None."""
        ...
