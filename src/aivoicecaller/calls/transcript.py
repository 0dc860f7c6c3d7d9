"""Who said what, and when: words in the order they were spoken, whatever order they arrive in.

The engine tells the place of an item (`ItemAdded`, naming the item before it) early and its words late: a
caller's words often come after the reply they caused. So places are kept apart from words.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum


class Role(StrEnum):
    AGENT = "agent"
    CALLER = "caller"
    """The person on the telephone, whoever placed the call."""


class Source(StrEnum):
    """Where words come from."""

    GENERATED = "generated"
    """The agent's own words."""
    RECOGNISED = "recognised"
    """Speech recognition: a guess."""
    SCRIPTED = "scripted"
    """A sandbox person's script, never heard by any recogniser."""


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """An item took its place in the conversation, after `previous_item_id` (None: at the beginning or unknown)."""

    item_id: str
    role: Role | None
    """None for an item that nobody speaks, such as a tool call: it only keeps the place."""
    previous_item_id: str | None


@dataclass(frozen=True, slots=True)
class SpeechHeard:
    """The caller began to speak: `audio_ms` of call audio before the first sound of the item."""

    item_id: str
    audio_ms: int


@dataclass(frozen=True, slots=True)
class WordsHeard:
    """More words of an item that is still being spoken."""

    item_id: str
    role: Role
    delta: str
    source: Source


@dataclass(frozen=True, slots=True)
class WordsFinal:
    """All words of an item."""

    item_id: str
    role: Role
    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class WordsLost:
    """The caller spoke, and the words could not be written down."""

    item_id: str
    detail: str


@dataclass(frozen=True, slots=True)
class SpeechCut:
    """The other side cut the item off."""

    item_id: str


TranscriptFact = ItemAdded | SpeechHeard | WordsHeard | WordsFinal | WordsLost | SpeechCut


@dataclass(frozen=True, slots=True)
class TranscriptItem:
    """One thing said. `at_ms` counts from the moment the agent's side was connected, as the recording does."""

    item_id: str
    role: Role
    text: str = ""
    at_ms: int = 0
    final: bool = False
    interrupted: bool = False
    source: Source = Source.GENERATED


@dataclass(slots=True)
class Transcript:
    """The items of one call. Apply facts in any order; read `items` in speaking order."""

    _places: list[str] = field(default_factory=list[str])
    _items: dict[str, TranscriptItem] = field(default_factory=dict[str, TranscriptItem])
    _after: dict[str, str] = field(default_factory=dict[str, str])
    """The item that the engine says stands before each."""

    @classmethod
    def restored(cls, items: list[TranscriptItem]) -> Transcript:
        """A transcript from items saved earlier, in their order."""
        return cls([item.item_id for item in items], {item.item_id: item for item in items})

    @property
    def items(self) -> list[TranscriptItem]:
        """What has words, in speaking order."""
        return [item for key in self._places if (item := self._items.get(key)) is not None and item.text]

    def position(self, item_id: str) -> int:
        """The index of an item within `items`."""
        before = self._places[: self._places.index(item_id)]
        return sum(1 for key in before if (item := self._items.get(key)) is not None and item.text)

    def apply(self, fact: TranscriptFact, now_ms: int) -> TranscriptItem | None:
        """Take one fact in; the item as it now stands if its words or marks changed.

        `now_ms` is the place in the call at which the fact arrived: it dates an agent's item, whose first words
        come as they are spoken. A caller's item is dated by the engine's own measure of the audio.
        """
        match fact:
            case ItemAdded():
                self._place(fact.item_id, fact.previous_item_id)
                return None
            case SpeechHeard():
                item = self._item(fact.item_id, Role.CALLER, Source.RECOGNISED, now_ms)
                self._items[fact.item_id] = replace(item, at_ms=fact.audio_ms)
                return None
            case WordsHeard():
                item = self._item(fact.item_id, fact.role, fact.source, now_ms)
                if item.final:
                    return None
                return self._save(replace(item, text=item.text + fact.delta, source=fact.source))
            case WordsFinal():
                item = self._item(fact.item_id, fact.role, fact.source, now_ms)
                if item.interrupted and item.text:
                    # What was made beyond the cut was never heard: keep the words that were.
                    return self._save(replace(item, final=True))
                return self._save(replace(item, text=fact.text, source=fact.source, final=True))
            case WordsLost():
                item = self._item(fact.item_id, Role.CALLER, Source.RECOGNISED, now_ms)
                return self._save(replace(item, text="(not understood)", final=True))
            case SpeechCut():
                item = self._items.get(fact.item_id)
                if item is None or item.interrupted:
                    return None
                return self._save(replace(item, interrupted=True, final=True))

    def _item(self, item_id: str, role: Role, source: Source, now_ms: int) -> TranscriptItem:
        self._place(item_id, None)
        known = self._items.get(item_id)
        return known or TranscriptItem(item_id, role, at_ms=max(0, now_ms), source=source)

    def _save(self, item: TranscriptItem) -> TranscriptItem | None:
        self._items[item.item_id] = item
        return item if item.text else None

    def _place(self, item_id: str, previous: str | None) -> None:
        """Give an item its place. The item before it may become known only later; then both are put right."""
        if previous is not None:
            self._after[item_id] = previous
        if item_id not in self._places:
            self._places.append(item_id)
            self._put_after(item_id, always=True)
        else:
            self._put_after(item_id)
        # A ring of items, each said to follow the other, must not turn for ever.
        moved = {item_id}
        waiting = [item_id]
        while waiting:
            place = waiting.pop()
            for later in [each for each, before in self._after.items() if before == place and each not in moved]:
                if self._put_after(later):
                    moved.add(later)
                    waiting.append(later)

    def _put_after(self, item_id: str, *, always: bool = False) -> bool:
        """Move an item right behind the one before it, if it stands in front of that or `always`."""
        previous = self._after.get(item_id)
        if previous is None or previous not in self._places or previous == item_id:
            return False
        if not always and self._places.index(previous) < self._places.index(item_id):
            return False
        self._places.remove(item_id)
        self._places.insert(self._places.index(previous) + 1, item_id)
        return True
