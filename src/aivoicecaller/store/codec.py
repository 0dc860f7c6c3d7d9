"""Facts and commands as text for the record, and back. The unions in `calls` say what there is."""

from __future__ import annotations

from typing import Any, NamedTuple, get_args

from pydantic import TypeAdapter

from ..calls.commands import Command
from ..calls.events import Event
from .base import to_json


class Encoded(NamedTuple):
    name: str
    """The class: `LegAnswered`, `HangUpLeg`."""
    detail: str
    """Its fields as a JSON object."""


class NameUnknown(ValueError):
    """The record holds a fact or a command that this release does not know."""


def _adapters(union: Any) -> dict[type, TypeAdapter[Any]]:
    return {kind: TypeAdapter(kind) for kind in get_args(union)}


_EVENTS = _adapters(Event)
_COMMANDS = _adapters(Command)
_ALL = _EVENTS | _COMMANDS
_EVENT_NAMES = {kind.__name__: adapter for kind, adapter in _EVENTS.items()}
_COMMAND_NAMES = {kind.__name__: adapter for kind, adapter in _COMMANDS.items()}


def encode(value: Event | Command) -> Encoded:
    kind = type(value)
    return Encoded(kind.__name__, to_json(_ALL[kind], value))


def decode_event(name: str, detail: str) -> Event:
    """Errors: NameUnknown; ValueError when the detail does not fit."""
    return _decode(_EVENT_NAMES, name, detail)


def decode_command(name: str, detail: str) -> Command:
    """Errors: NameUnknown; ValueError when the detail does not fit."""
    return _decode(_COMMAND_NAMES, name, detail)


def _decode(names: dict[str, TypeAdapter[Any]], name: str, detail: str) -> Any:
    adapter = names.get(name)
    if adapter is None:
        raise NameUnknown(f"“{name}” is not known here: it was recorded by another release.")
    return adapter.validate_json(detail)
