"""The items of a conversation, in order, with what each weighs in tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

from aivoicecaller.ids import new_id

from .errors import ApiError

USER_AUDIO_MS_PER_TOKEN: Final = 100
ASSISTANT_AUDIO_MS_PER_TOKEN: Final = 50
"""OpenAI, guide "Managing Realtime costs", read 2026-11-22."""
CHARACTERS_PER_TOKEN: Final = 4
"""The usual estimate for English."""


def text_tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)


@dataclass(slots=True)
class Entry:
    """An item as the API shows it, and how much sound it holds."""

    item: dict[str, Any]
    audio_ms: int = 0

    @property
    def role(self) -> str | None:
        return self.item.get("role")

    def texts(self) -> str:
        """Everything in the item that is text, one part a line."""
        parts = cast("list[dict[str, Any]]", self.item.get("content", []))
        texts = [str(part.get("text") or part.get("transcript") or "") for part in parts]
        texts += [str(self.item[key]) for key in ("name", "arguments", "output") if key in self.item]
        return "\n".join(texts).strip()

    def audio_tokens(self) -> int:
        rate = USER_AUDIO_MS_PER_TOKEN if self.role == "user" else ASSISTANT_AUDIO_MS_PER_TOKEN
        return -(-self.audio_ms // rate)


class Conversation:
    """The default conversation of a session."""

    def __init__(self) -> None:
        self.id = new_id("conv")
        self._entries: dict[str, Entry] = {}

    def entries(self) -> list[Entry]:
        return list(self._entries.values())

    def add(self, item: dict[str, Any], previous_id: str | None = None, audio_ms: int = 0) -> str | None:
        """Take in `item`, whose `id` is set. Returns the id of the item it stands behind, None at the beginning.

        `previous_id`: an item's id, `root` for the beginning, None for the end. Raises ApiError.
        """
        item_id = item["id"]
        if item_id in self._entries:
            raise ApiError(
                f"Error adding item: an item with id '{item_id}' already exists.",
                code="item_create_duplicate_item_id",
                param="item.id",
            )
        order = list(self._entries)
        if previous_id is None:
            previous_id = order[-1] if order else "root"
        elif previous_id != "root" and previous_id not in self._entries:
            raise ApiError(
                f"Error adding item: the previous item with id '{previous_id}' does not exist.",
                code="item_create_invalid_previous_item_id",
                param="previous_item_id",
            )
        self._entries[item_id] = Entry(item, audio_ms)
        place = 0 if previous_id == "root" else order.index(previous_id) + 1
        if place < len(order):
            self._entries = {key: self._entries[key] for key in [*order[:place], item_id, *order[place:]]}
        return None if previous_id == "root" else previous_id

    def previous(self, item_id: str) -> str | None:
        """The id of the item before this one."""
        order = list(self._entries)
        place = order.index(item_id)
        return order[place - 1] if place else None

    def find(self, item_id: str) -> Entry | None:
        return self._entries.get(item_id)

    def get(self, item_id: str, doing: str) -> Entry:
        """The entry. Raises ApiError `item_{doing}_invalid_item_id` when there is none."""
        entry = self._entries.get(item_id)
        if entry is None:
            raise ApiError(
                f"Error: the item with id '{item_id}' does not exist.",
                code=f"item_{doing}_invalid_item_id",
                param="item_id",
            )
        return entry

    def delete(self, item_id: str) -> None:
        self.get(item_id, "delete")
        del self._entries[item_id]

    def tool_name(self, tool_call_id: str) -> str | None:
        """The function that the call with this id was for."""
        items = (entry.item for entry in self._entries.values())
        return next((item["name"] for item in items if item.get("call_id") == tool_call_id and "name" in item), None)
