"""The words of one call as they are spoken: applied to the transcript, told to watchers, and kept for the record."""

from __future__ import annotations

from ..calls.transcript import SpeechCut, Transcript, TranscriptFact, TranscriptItem, WordsHeard
from ..clock import Clock, Instant
from .news import News

PlacedItem = tuple[int, TranscriptItem]


class Talk:
    """One call's transcript while it lives. Words do not pass through the machine: they change nothing we do."""

    def __init__(self, transcript: Transcript, news: News, clock: Clock) -> None:
        self._transcript = transcript
        self._news = news
        self._clock = clock
        self._saved: dict[str, PlacedItem] = {item.item_id: (at, item) for at, item in enumerate(transcript.items)}
        self._changed = False
        self.began_at: Instant | None = None
        """When the agent's side was connected: the zero of every place in the call."""

    def place_ms(self, at: Instant | None = None) -> int:
        """Milliseconds from the zero to `at`, or to now."""
        if self.began_at is None:
            return 0
        return max(0, round(((self._clock.now() if at is None else at) - self.began_at) * 1000))

    def hear(self, fact: TranscriptFact) -> None:
        item = self._transcript.apply(fact, self.place_ms())
        if item is None:
            return
        self._changed = True
        if isinstance(fact, WordsHeard):
            self._news.words(item, fact.delta)
        else:
            self._news.item(item, self._transcript.position(item.item_id))

    def end(self) -> None:
        """Nobody speaks any more: what was still being said was cut off."""
        for item in self._transcript.items:
            if not item.final:
                self.hear(SpeechCut(item.item_id))

    def unsaved(self) -> list[PlacedItem]:
        """Items, with their places, that differ from what `saved` was last told."""
        if not self._changed:
            return []
        placed = list(enumerate(self._transcript.items))
        return [entry for entry in placed if self._saved.get(entry[1].item_id) != entry]

    def saved(self, placed: list[PlacedItem]) -> None:
        for entry in placed:
            self._saved[entry[1].item_id] = entry
        self._changed = bool(self.unsaved())
