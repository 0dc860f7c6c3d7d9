"""Finding the values of a tool's parameters in what a caller said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = "january|february|march|april|may|june|july|august|september|october|november|december"
_NUMBER: Final = "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_NUMBERS: Final = {word: number for number, word in enumerate(_NUMBER.split("|"))}
_HOUR: Final = rf"(?:\d{{1,2}}|{_NUMBER})"
_MINUTES_PAST: Final = {"half past": 30, "thirty": 30, "quarter past": 15, "fifteen": 15, "quarter to": 45, "forty": 45}
_PART_OF_DAY: Final = r"(?:\s*(?:a\.?m\.?|p\.?m\.?)\b|\s+in the (?:morning|afternoon|evening)|\s+at night)"

_DAY: Final = re.compile(
    rf"\b((?:the day after )?tomorrow|today|(?:next |this |on )?(?:{'|'.join(_DAYS)})"
    rf"|(?:{_MONTHS})\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?|(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)"
    rf"(?:\s+of\s+(?:{_MONTHS}))?|\d{{4}}-\d{{2}}-\d{{2}})\b",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    rf"\b(?:at|around|about|by)\s+((?:half past |quarter (?:past|to) )?{_HOUR}(?::\d{{2}})?"
    rf"(?:\s+(?:thirty|fifteen|forty-five|o'?clock))?{_PART_OF_DAY}?)"
    rf"|\b(\d{{1,2}}:\d{{2}}{_PART_OF_DAY}?|{_HOUR}\s+o'?clock{_PART_OF_DAY}?|{_HOUR}{_PART_OF_DAY}"
    rf"|(?:half past|quarter past|quarter to) {_HOUR}{_PART_OF_DAY}?"
    r"|noon|midday|midnight)(?=\W|$)",
    re.IGNORECASE,
)
_NAME: Final = re.compile(
    r"(?:\b[Mm]y name is|\b[Nn]ame'?s|\b[Tt]his is|\b[Ii]t'?s|\bI am|\bI'm)\s+"
    r"((?:(?:Mr|Mrs|Ms|Dr)\.?\s+)?[A-Z][\w'-]+(?:\s+[A-Z][\w'-]+){0,3})"
)
_DIGITS: Final = re.compile(r"\+?\d[\d\s-]{2,}\d|\d+")


def find_day(text: str) -> str | None:
    found = _DAY.search(text)
    return re.sub(r"(?i)^on ", "", found.group(1)) if found else None


def find_time(text: str) -> str | None:
    found = _TIME.search(text)
    return (found.group(1) or found.group(2)).strip() if found else None


def find_name(text: str) -> str | None:
    found = _NAME.search(text)
    return found.group(1) if found else None


def find_digits(text: str) -> str | None:
    found = _DIGITS.search(text)
    return re.sub(r"[\s-]", "", found.group()) if found else None


def find_number(text: str) -> int | None:
    found = re.search(rf"\b(\d+|{_NUMBER})\b", text, re.IGNORECASE)
    if found is None:
        return None
    word = found.group(1).lower()
    return _NUMBERS[word] if word in _NUMBERS else int(word)


def find_moment(text: str) -> str | None:
    """Day and time together."""
    day, time = find_day(text), find_time(text)
    return f"{day} at {time}" if day and time else None


def iso_date(phrase: str, today: date) -> str | None:
    """The date a phrase such as "next Tuesday" means, as 2026-11-24; None for one that is not understood."""
    words = phrase.lower()
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", words):
        return words
    ahead = {"today": 0, "tomorrow": 1, "the day after tomorrow": 2}.get(words)
    if ahead is None:
        weekday = next((index for index, name in enumerate(_DAYS) if name in words), None)
        if weekday is None:
            return None
        ahead = (weekday - today.weekday() - 1) % 7 + 1
    return (today + timedelta(days=ahead)).isoformat()


def clock_time(phrase: str) -> str | None:
    """The time a phrase such as "three in the afternoon" means, as 15:00.

    One to six without more are taken for the afternoon, as a caller means them.
    """
    words = phrase.lower()
    if words in ("noon", "midday"):
        return "12:00"
    if words == "midnight":
        return "00:00"
    hour = find_number(words)
    if hour is None or hour > 24:
        return None
    minutes = re.search(r":(\d{2})", words)
    past = next((past for phrase, past in _MINUTES_PAST.items() if phrase in words), 0)
    minute = int(minutes.group(1)) if minutes else past
    if "quarter to" in words:
        hour -= 1
    late = re.search(r"p\.?m|afternoon|evening|night", words) is not None
    early = re.search(r"a\.?m\b|a\.m|morning", words) is not None
    if hour == 12 and early:
        hour = 0
    elif hour < 12 and (late or (hour <= 6 and not early)):
        hour += 12
    return f"{hour % 24:02}:{minute:02}"


@dataclass(frozen=True, slots=True)
class Slot:
    """A kind of parameter: how it is named, asked for, and found."""

    parts: tuple[str, ...]
    """Parts of a parameter's name that show it is this kind."""
    noun: str
    """What to ask the caller for."""
    find: Callable[[str], str | None]


SLOTS: Final = (
    Slot(("datetime", "when", "start", "slot"), "day and the time", find_moment),
    Slot(("day", "date"), "day", find_day),
    Slot(("time", "hour"), "time", find_time),
    Slot(("phone", "number", "digits", "code", "pin"), "number", find_digits),
    Slot(("name",), "name", find_name),
)


def slot_of(parameter: str) -> Slot | None:
    """The kind of a parameter by its name; None for one that takes any words."""
    name = parameter.lower()
    return next((slot for slot in SLOTS if any(part in name for part in slot.parts)), None)


def noun_for(parameter: str, schema: dict[str, Any]) -> str:
    """What to ask the caller for, to stand after "the"."""
    slot = slot_of(parameter)
    if slot is not None:
        return slot.noun
    noun = parameter.replace("_", " ")
    return f"{noun} ({' or '.join(str(one) for one in schema['enum'])})" if "enum" in schema else noun


def value_for(parameter: str, schema: dict[str, Any], text: str, today: date, *, asked: bool) -> Any:
    """The value of a parameter in `text`, in the type its schema wants; None when it is not there.

    `asked`: the text answers a question for this parameter, so words of any kind are the answer.
    """
    if "enum" in schema:
        options: list[Any] = schema["enum"]
        return next((one for one in options if str(one).replace("_", " ").lower() in text.lower()), None)
    match schema.get("type"):
        case "integer" | "number":
            return find_number(text)
        case "boolean":
            if not asked:
                return None
            return re.search(r"\b(yes|yeah|yep|sure|please|right|correct|ok)\b", text, re.IGNORECASE) is not None
        case "array" | "object":
            return None
        case _:
            return _words_for(parameter, schema, text, today, asked=asked)


def _words_for(parameter: str, schema: dict[str, Any], text: str, today: date, *, asked: bool) -> str | None:
    slot = slot_of(parameter)
    found = slot.find(text) if slot is not None else None
    if found is None and asked and (slot is None or "name" in slot.parts):
        found = text.strip().rstrip(".!?") or None
    if found is None:
        return None
    match schema.get("format"):
        case "date":
            return iso_date(found, today)
        case "time":
            return clock_time(found)
        case "date-time":
            day, time = find_day(found), find_time(found)
            on, at = iso_date(day or "", today), clock_time(time or "")
            return f"{on}T{at}:00" if on and at else None
        case _:
            return found
