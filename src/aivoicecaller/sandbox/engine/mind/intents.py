"""What a caller may want, as data: the words that show it. The first intent that matches counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .model import Tool


@dataclass(frozen=True, slots=True)
class Intent:
    name: str
    words: re.Pattern[str]


def _intent(name: str, words: str) -> Intent:
    return Intent(name, re.compile(words, re.IGNORECASE))


INTENTS: Final = (
    _intent("unheard", r"^\s*$"),
    _intent(
        "identity",
        r"\bwho (are you|am i (talking|speaking) (to|with)|is this|is speaking)\b|\bwhat are you\b"
        r"|\b(are you|is this) (really |just )?(an? )?(real|actual|robot|machine|computer|bot|a\.?i|person|human)\b",
    ),
    _intent(
        "human",
        r"\b(human|real person|somebody real|someone real|representative|manager|colleague|front desk)\b"
        r"|\b(transfer|connect|put) me\b"
        r"|\b(speak|talk) (to|with) (a |an |the )?(person|somebody|someone|agent|operator)",
    ),
    _intent("goodbye", r"\b(good ?bye|bye( bye)?|see you|hang up now|talk to you later|have a (nice|good) day)\b"),
    _intent(
        "nothing_more",
        r"\bno,? (thank you|thanks)\b|\bthat('s| is| was|'ll be| will be) (all|it|everything)\b|\bnothing (else|more)\b"
        r"|^\s*(no|nope)\s*[.!]*\s*$|\bi('m| am) (all )?(done|good|set)\b",
    ),
    _intent("repeat", r"\b(repeat (that|it)|say (that|it) again|come again|pardon|what did you say|didn'?t hear)\b"),
    _intent("wait", r"\b(one|just a|give me a|wait a) (moment|second|minute|sec)\b|\bhold on\b"),
    _intent("booking", r"\b(appointment|book|booking|reservation|reserve|schedule|come in|make a date)\b"),
    _intent("help", r"\bwhat can you do\b|\bwhat do you do\b|\bhelp\b"),
    _intent("question", r"\b(what|when|where|which|how (much|long|many|far)|do you (have|take|offer|accept)|can i)\b"),
    _intent("thanks", r"\b(thank you|thanks|cheers)\b"),
    _intent("greeting", r"\b(hello|hi|hey|good (morning|afternoon|evening))\b"),
    _intent("yes", r"^\s*(yes|yeah|yep|sure|please|ok|okay|right|all right|of course|fine)\b"),
)


def intent_of(text: str) -> str:
    """The name of the intent, or `unknown`."""
    return next((intent.name for intent in INTENTS if intent.words.search(text)), "unknown")


_TOOL_PARTS: Final = {
    "booking": ("book", "appointment", "schedule", "reserv"),
    "transfer": ("transfer", "human", "operator", "handoff", "hand_off", "escalate", "forward_call"),
    "end": ("end_call", "hang_up", "hangup", "finish_call", "terminate_call"),
    "message": ("message", "callback", "call_back", "note"),
}
"""Parts of a tool's name that show what it is for."""

_SMALL_WORDS: Final = re.compile(
    r"|a|an|the|to|of|for|my|your|our|is|are|do|does|you|i|we|it|and|or|in|on|at|what|when|where|which|how|can|could"
    r"|would|please|this|that|have|tell|me|about|get|check|find|look|up|call|make|take"
)


def _telling_words(text: str) -> set[str]:
    """The words of `text`, or of a name such as get_opening_hours, without those that say little."""
    return {word for word in re.findall(r"[a-z]+", text.lower()) if not _SMALL_WORDS.fullmatch(word)}


def tool_for(purpose: str, tools: Sequence[Tool]) -> Tool | None:
    """The first tool whose name shows it serves `purpose` (booking, transfer, end, message)."""
    return next((tool for tool in tools if any(part in tool.name.lower() for part in _TOOL_PARTS[purpose])), None)


def tool_named_in(text: str, tools: Sequence[Tool]) -> Tool | None:
    """A tool with a telling word of its name in `text`: "what are your opening hours" finds get_opening_hours."""
    said = _telling_words(text)
    ending = tool_for("end", tools)
    for tool in tools:
        if tool != ending and _telling_words(tool.name) & said:
            return tool
    return None


def sentence_about(text: str, instructions: str) -> str | None:
    """The sentence of the instructions that shares the most telling words with `text`, if any does."""
    asked = _telling_words(text)
    best, shared = None, 0
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", instructions):
        common = len(asked & _telling_words(sentence))
        if common > shared:
            best, shared = sentence.strip(" -*#"), common
    return best
