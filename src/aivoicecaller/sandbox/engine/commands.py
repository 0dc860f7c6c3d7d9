"""The sideband's client events, and what each does to a talk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import orjson

from aivoicecaller.ids import new_id

from .errors import ApiError
from .fields import check_client_event
from .mind.model import Noted, Said, ToolAnswered
from .response import Options
from .talk import Talk


def obey(talk: Talk, message: str | bytes) -> None:
    """Do what a client event says. What is refused is answered with an `error` event; nothing raises."""
    event_id: str | None = None
    try:
        event = _parse(message)
        event_id = event.get("event_id") if isinstance(event.get("event_id"), str) else None
        check_client_event(event)
        _COMMANDS[event["type"]](talk, event)
    except ApiError as error:
        talk.emit("error", error={**error.details(), "event_id": event_id})


def _parse(message: str | bytes) -> dict[str, Any]:
    try:
        event: Any = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        raise ApiError("Invalid event received: it is not valid JSON.", code="invalid_json") from error
    if not isinstance(event, dict):
        raise ApiError("Invalid event received: it is not a JSON object.", code="invalid_event")
    return cast("dict[str, Any]", event)


def _update_session(talk: Talk, event: Mapping[str, Any]) -> None:
    talk.session.update(event["session"], has_spoken=talk.speaker.has_spoken)
    talk.listener.follow_session()
    talk.emit("session.updated", session=talk.session.as_sent())


def _create_response(talk: Talk, event: Mapping[str, Any]) -> None:
    talk.responder.respond(Options.of(talk.session, event.get("response") or {}))


def _cancel_response(talk: Talk, event: Mapping[str, Any]) -> None:
    talk.responder.cancel(event.get("response_id"))


def _create_item(talk: Talk, event: Mapping[str, Any]) -> None:
    item: dict[str, Any] = {"object": "realtime.item", "status": "completed", **event["item"]}
    if item["type"] == "item_reference":
        raise ApiError("An item_reference cannot be added to a conversation.", code="invalid_value", param="item.type")
    item.setdefault("id", new_id("item"))
    previous = talk.conversation.add(item, event.get("previous_item_id"))
    talk.emit("conversation.item.added", previous_item_id=previous, item=item)
    talk.emit("conversation.item.done", previous_item_id=previous, item=item)
    text = talk.conversation.get(item["id"], "retrieve").texts()
    match item:
        case {"type": "function_call_output", "call_id": call_id, "output": output}:
            talk.mind.learn(ToolAnswered(talk.conversation.tool_name(call_id) or "", output))
        case {"type": "message", "role": "user"}:
            talk.mind.learn(Said(text))
        case {"type": "message", "role": "system"}:
            talk.mind.learn(Noted(text))
        case _:
            pass


def _retrieve_item(talk: Talk, event: Mapping[str, Any]) -> None:
    talk.emit("conversation.item.retrieved", item=talk.conversation.get(event["item_id"], "retrieve").item)


def _delete_item(talk: Talk, event: Mapping[str, Any]) -> None:
    talk.conversation.delete(event["item_id"])
    talk.emit("conversation.item.deleted", item_id=event["item_id"])


def _truncate_item(talk: Talk, event: Mapping[str, Any]) -> None:
    entry = talk.conversation.get(event["item_id"], "truncate")
    end_ms: int = event["audio_end_ms"]
    if entry.role != "assistant":
        raise ApiError("Only model output audio messages can be truncated.", code="invalid_value", param="item_id")
    if end_ms > entry.audio_ms:
        raise ApiError(
            f"Audio content of {entry.audio_ms}ms is already shorter than {end_ms}ms",
            code="invalid_value",
            param="audio_end_ms",
        )
    entry.audio_ms = end_ms
    # Documented: the transcript goes with the sound, so that nothing unheard stays in the context.
    entry.item["content"][0]["transcript"] = ""
    talk.emit(
        "conversation.item.truncated",
        item_id=event["item_id"],
        content_index=event["content_index"],
        audio_end_ms=end_ms,
    )


def _clear_output(talk: Talk, event: Mapping[str, Any]) -> None:
    talk.responder.interrupt("client_cancelled")


def _append_input(talk: Talk, event: Mapping[str, Any]) -> None:
    raise ApiError(
        "Audio of a call comes from the call; input_audio_buffer.append is not supported here.",
        code="invalid_value",
        param="type",
    )


def _commit_input(talk: Talk, event: Mapping[str, Any]) -> None:
    talk.listener.commit()


def _clear_input(talk: Talk, event: Mapping[str, Any]) -> None:
    talk.listener.clear()


_COMMANDS: Final[Mapping[str, Callable[[Talk, Mapping[str, Any]], None]]] = {
    "session.update": _update_session,
    "response.create": _create_response,
    "response.cancel": _cancel_response,
    "conversation.item.create": _create_item,
    "conversation.item.retrieve": _retrieve_item,
    "conversation.item.delete": _delete_item,
    "conversation.item.truncate": _truncate_item,
    "output_audio_buffer.clear": _clear_output,
    "input_audio_buffer.append": _append_input,
    "input_audio_buffer.commit": _commit_input,
    "input_audio_buffer.clear": _clear_input,
}
