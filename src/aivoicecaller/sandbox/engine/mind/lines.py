"""What the stand-in says. It never pretends to be more than it is."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final, cast

GREETING: Final = "Hello, this is the stand-in of the sandbox. How can I help you?"
GREETED: Final = "Hello. How can I help you?"
STILL_THERE: Final = "Are you still there?"
GOODBYE: Final = "Thank you for calling. Goodbye."
WELCOME: Final = "You are welcome. Is there anything else I can do for you?"
ANYTHING_ELSE: Final = "Is there anything else I can do for you?"
NOTHING_YET: Final = "All right. Is there anything else I can do for you?"
GO_ON: Final = "All right. Please go on."
WAIT: Final = "Of course, take your time."
IDENTITY: Final = (
    "I am the sandbox's stand-in for the speech engine: no person and no language model, just a few rules."
)
UNHEARD: Final = "I heard you, but this stand-in cannot turn sound into words. Please type, or press keys."
NO_TRANSFER: Final = "I cannot transfer calls, but I will pass on your message. What shall I say?"
TRANSFER: Final = "One moment, I will connect you."
NO_BOOKING: Final = "I have no tool to book with, but I will pass on that you asked for an appointment."
PASSED_ON: Final = "Thank you, I will pass that on. Is there anything else I can do for you?"
NOT_SAID: Final = "not said"

_OF_HINT: Final = (
    (re.compile(r"\b(good ?bye|farewell|take leave|end(ing)? the call|hang(ing)? up)\b", re.IGNORECASE), GOODBYE),
    (re.compile(r"\b(still there|silen\w+|quiet|no answer|not answered|not responded)\b", re.IGNORECASE), STILL_THERE),
    (re.compile(r"\b(greet\w*|welcome|introduce)\b", re.IGNORECASE), GREETING),
)


def aside(texts: Sequence[str]) -> str:
    last = f" The last one is: {texts[-1]}" if texts else ""
    return f"This stand-in does not sum up. The conversation has {len(texts)} entries.{last}"


def of_hint(hint: str, *, first: bool) -> str:
    """A fitting line for instructions that quote nothing."""
    fitting = next((line for words, line in _OF_HINT if words.search(hint)), None)
    return fitting or (GREETING if first else STILL_THERE)


def ask_for(nouns: Sequence[str], *, understood: bool) -> str:
    opening = "Sure." if understood else "Sorry, I did not catch that."
    return f"{opening} Please tell me {listed([f'the {noun}' for noun in nouns])}."


def listed(things: Sequence[str]) -> str:
    return " and ".join(things) if len(things) < 3 else f"{', '.join(things[:-1])} and {things[-1]}"


def digits(pressed: str) -> str:
    names = {"*": "star", "#": "hash"}
    return f"You pressed {', '.join(names.get(digit, digit) for digit in pressed)}. {ANYTHING_ELSE}"


def abilities(tool_names: Sequence[str]) -> str:
    can = ["repeat what I said", "read out the keys you press", "say goodbye"]
    can[:0] = [name.replace("_", " ") for name in tool_names if name != "end_call"]
    return f"I can {listed(can)}."


def not_understood(tool_names: Sequence[str]) -> str:
    return f"I am only a stand-in and did not understand that. {abilities(tool_names)}"


def from_instructions(sentence: str | None) -> str:
    if sentence is None:
        return f"My instructions say nothing about that. {ANYTHING_ELSE}"
    return f"My instructions say: {sentence} {ANYTHING_ELSE}"


_TELLING: Final = ("error", "message", "confirmation", "summary", "text", "detail", "result", "answer")


def of_output(output: str) -> str:
    """A tool's output as a sentence."""
    try:
        value: Any = json.loads(output)
    except ValueError:
        value = output
    if isinstance(value, dict):
        return _of_object(cast("dict[str, Any]", value))
    words = str(value).strip()
    return sentence(words) if words else "That is done."


def _of_object(value: dict[str, Any]) -> str:
    for key in _TELLING:
        words = value.get(key)
        if isinstance(words, dict):
            words = cast("dict[str, Any]", words).get("message")
        if isinstance(words, str) and words.strip():
            return sentence(f"I am sorry, that did not work: {words}" if key == "error" else words)
    facts = [f"{key.replace('_', ' ')} {one}" for key, one in value.items() if isinstance(one, str | int | float)]
    return sentence(f"That is done: {', '.join(facts)}") if facts else "That is done."


def sentence(words: str) -> str:
    words = words.strip()
    return words if words.endswith((".", "!", "?")) else f"{words}."
