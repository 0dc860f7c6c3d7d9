"""One response, from `response.created` to `response.done`: its items and events, in the service's order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import orjson

from aivoicecaller.ids import new_id

from .conversation import Conversation
from .mind.model import Tool, ToolCall
from .session import Session
from .usage import InputTokens, rate_limits, usage


class Emit(Protocol):
    def __call__(self, type_: str, /, **fields: Any) -> None:
        """Send a server event on the sideband, if there is one."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """A response.create laid over the session."""

    hint: str | None
    """Instructions for this response alone."""
    modalities: Sequence[str]
    voice: Any
    speed: float
    tools: Sequence[Tool]
    tool_choice: str | Mapping[str, Any]
    max_output_tokens: int | str
    metadata: Mapping[str, str] | None
    in_conversation: bool
    given: Sequence[Mapping[str, Any]] | None
    """Items to answer instead of the conversation."""

    @classmethod
    def of(cls, session: Session, asked: Mapping[str, Any]) -> Options:
        output = asked.get("audio", {}).get("output", {})
        tools: list[dict[str, Any]] = asked.get("tools", session.tools)
        return cls(
            hint=asked.get("instructions"),
            modalities=asked.get("output_modalities", session.output_modalities),
            voice=output.get("voice", session.voice),
            speed=session.output["speed"],
            tools=tuple(
                Tool(tool["name"], tool.get("description", ""), tool.get("parameters", {}))
                for tool in tools
                if tool["type"] == "function"
            ),
            tool_choice=asked.get("tool_choice", session.tool_choice),
            max_output_tokens=asked.get("max_output_tokens", session.max_output_tokens),
            metadata=asked.get("metadata"),
            in_conversation=asked.get("conversation", "auto") == "auto",
            given=asked.get("input"),
        )

    @property
    def speaks(self) -> bool:
        return "audio" in self.modalities

    @property
    def forced_tool(self) -> str | None:
        """A tool that must be called: by name, "" for any, None for no force."""
        match self.tool_choice:
            case "required":
                return ""
            case {"type": "function", "name": str() as name}:
                return name
            case _:
                return None


class Response:
    """Holds what was made so far and tells it, event by event."""

    def __init__(self, options: Options, conversation: Conversation, read: InputTokens, emit: Emit) -> None:
        self.id = new_id("resp")
        self.options = options
        self.status = "in_progress"
        self._conversation = conversation
        self._read = read
        self._emit = emit
        self._output: list[dict[str, Any]] = []
        self._made_text = ""
        self._made_ms = 0

    @property
    def is_over(self) -> bool:
        return self.status != "in_progress"

    def open(self) -> None:
        self._emit("response.created", response=self._as_sent(None, None))

    def begin_message(self) -> str:
        """Open the item that will be spoken or written; its id."""
        key = "transcript" if self.options.speaks else "text"
        part_type = "audio" if self.options.speaks else "text"
        item = self._open_item({"type": "message", "role": "assistant", "content": []})
        self._emit("response.content_part.added", **self._place(item), part={"type": part_type, key: ""})
        item["content"] = [{"type": f"output_{part_type}", key: ""}]
        return item["id"]

    def say(self, words: str) -> None:
        """The message goes on with `words`."""
        part = self._part()
        kind = "output_audio_transcript" if self.options.speaks else "output_text"
        part["transcript" if self.options.speaks else "text"] += words
        self._made_text += words
        self._emit(f"response.{kind}.delta", **self._place(self._output[-1]), delta=words)

    def end_message(self, status: str, audio_ms: int = 0) -> None:
        """Close the message with `audio_ms` of speech made."""
        item, part = self._output[-1], self._part()
        place = self._place(item)
        self._made_ms += audio_ms
        if self.options.speaks:
            self._emit("response.output_audio.done", **place)
            self._emit("response.output_audio_transcript.done", **place, transcript=part["transcript"])
        else:
            self._emit("response.output_text.done", **place, text=part["text"])
        shown = {**part, "type": part["type"].removeprefix("output_")}
        self._emit("response.content_part.done", **place, part=shown)
        entry = self._conversation.find(item["id"])
        if entry is not None:
            entry.audio_ms = audio_ms
        self._close_item(item, status)

    def call(self, tool_call: ToolCall) -> None:
        """A whole function call."""
        arguments = orjson.dumps(tool_call.arguments).decode()
        item = self._open_item(
            {"type": "function_call", "name": tool_call.name, "call_id": new_id("call"), "arguments": ""}
        )
        place = {key: value for key, value in self._place(item).items() if key != "content_index"}
        place["call_id"] = item["call_id"]
        self._emit("response.function_call_arguments.delta", **place, delta=arguments)
        self._emit("response.function_call_arguments.done", **place, name=tool_call.name, arguments=arguments)
        item["arguments"] = arguments
        self._made_text += tool_call.name + arguments
        self._close_item(item, "completed")

    def finish(self, status: str, reason: str | None = None, error: Mapping[str, str] | None = None) -> None:
        """End the response. `reason` belongs to cancelled and incomplete, `error` to failed."""
        self.status = status
        details: dict[str, Any] = {"type": status}
        if reason is not None:
            details["reason"] = reason
        if error is not None:
            details["error"] = dict(error)
        spent = usage(self._read, self._made_text, self._made_ms)
        self._emit("response.done", response=self._as_sent(None if status == "completed" else details, spent))
        self._emit("rate_limits.updated", rate_limits=rate_limits(spent["total_tokens"]))

    def _open_item(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        item: dict[str, Any] = {"id": new_id("item"), "object": "realtime.item", "status": "in_progress", **fields}
        self._output.append(item)
        self._emit("response.output_item.added", response_id=self.id, output_index=self._index(), item=item)
        if self.options.in_conversation:
            previous = self._conversation.add(item)
            self._emit("conversation.item.added", previous_item_id=previous, item=item)
        return item

    def _close_item(self, item: dict[str, Any], status: str) -> None:
        item["status"] = status
        if self.options.in_conversation:
            self._emit("conversation.item.done", previous_item_id=self._conversation.previous(item["id"]), item=item)
        self._emit("response.output_item.done", response_id=self.id, output_index=self._index(), item=item)

    def _index(self) -> int:
        return len(self._output) - 1

    def _part(self) -> dict[str, Any]:
        return cast("list[dict[str, Any]]", self._output[-1]["content"])[0]

    def _place(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"response_id": self.id, "item_id": item["id"], "output_index": self._index(), "content_index": 0}

    def _as_sent(self, details: Mapping[str, Any] | None, spent: Mapping[str, Any] | None) -> dict[str, Any]:
        options = self.options
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": self.status,
            "status_details": details,
            "output": self._output,
            "conversation_id": self._conversation.id if options.in_conversation else None,
            "output_modalities": list(options.modalities),
            "max_output_tokens": options.max_output_tokens,
            "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": options.voice}},
            "usage": spent,
            "metadata": options.metadata,
        }
