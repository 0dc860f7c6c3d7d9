"""What a tool is, and how one is run: its arguments are checked first, and it always answers within its time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
import structlog
from pydantic import BaseModel, ValidationError

from ..agents.model import ToolSpec

log = structlog.get_logger(__name__)

Arguments = TypeVar("Arguments", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the agent is told, and whether the call shall end politely."""

    output: str
    failed: bool = False
    ends_call: bool = False


@dataclass(frozen=True, slots=True)
class Tool(Generic[Arguments]):
    """A function that the agent may call. `arguments` is both its schema for the engine and its check."""

    name: str
    description: str
    arguments: type[Arguments]
    run: Callable[[Arguments], Awaitable[ToolResult]]
    timeout_s: float = 10.0

    @property
    def spec(self) -> ToolSpec:
        schema = self.arguments.model_json_schema()
        schema.pop("title", None)
        schema.pop("description", None)
        return ToolSpec(name=self.name, description=self.description, parameters=schema)


class Toolbox:
    """The tools that exist, by name."""

    def __init__(self, tools: Iterable[Tool[Any]]) -> None:
        self._tools = {tool.name: tool for tool in tools}

    def specs(self, names: Iterable[str]) -> list[ToolSpec]:
        """The named tools as the engine is told of them. Errors: KeyError for a name that does not exist."""
        return [self._tools[name].spec for name in names]

    async def run(self, name: str, arguments: str, allowed: Iterable[str]) -> ToolResult:
        """Run one tool. Never raises: whatever goes wrong is said to the agent in words it can use."""
        tool = self._tools.get(name) if name in allowed else None
        if tool is None:
            return ToolResult(f"There is no tool named {name}.", failed=True)
        try:
            checked = tool.arguments.model_validate(_object(arguments))
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}" for each in error.errors()
            )
            return ToolResult(f"The arguments are not right: {faults}. Correct them and call again.", failed=True)
        except ValueError as error:
            return ToolResult(f"The arguments are not right: {error}. Correct them and call again.", failed=True)
        try:
            async with asyncio.timeout(tool.timeout_s):
                return await tool.run(checked)
        except TimeoutError:
            return ToolResult("The tool took too long. Tell the caller that it did not work just now.", failed=True)
        except Exception as error:
            # A tool is somebody's own code: its fault must not end the call.
            log.exception("! tool failed", tool=name, error=type(error).__name__)
            return ToolResult("The tool failed. Tell the caller that it did not work just now.", failed=True)


def _object(text: str) -> dict[str, Any]:
    try:
        value: Any = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        raise ValueError("they are not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("they are not a JSON object")
    return value  # pyright: ignore[reportUnknownVariableType]
