"""What a person does when the phone rings, as read from one TOML file.

    number = "+12025550100"
    name = "Amelia Hart"
    description = "Books an appointment."
    voice = "woman"                    # a name of speech.VOICES
    answer = "picks_up"                # or busy, no_answer, invalid
    rings_s = 1.5                      # how long it rings before she picks up, or before busy is told
    detected_as = "human"              # or machine, unknown: what answering machine detection finds
    prompt = "Hello?"                  # said once when nothing is heard for too long
    farewell = "I have to go. Bye."    # said when that did not help, before hanging up
    script = [                         # each step is a `do` and the fields of that step
      { do = "listen" },
      { do = "say", text = "I would like to book an appointment." },
    ]
    faults = [ { point = "carrier.status_callback", kind = "duplicate" } ]   # armed when this number is called

All seconds and milliseconds are media time.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args, get_type_hints

from aivoicecaller.sandbox.faults import Fault, FaultError, parse_fault

Answer = Literal["picks_up", "busy", "no_answer", "invalid"]
Detected = Literal["human", "machine", "unknown"]


class ScenarioError(ValueError):
    """A scenario file that cannot be used; the message names the file and the field."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait until the other side has spoken and is silent again."""

    patience_s: float = 8.0
    """How long to wait for its first word."""
    silence_ms: int = 1000
    """How much silence means that it has finished."""
    longest_s: float = 60.0
    """Speech without an end is taken as finished after this."""
    insist: bool = True
    """Whether to ask and then give up when nothing is heard; otherwise the script just goes on."""


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Wait until the other side has been speaking for a while, and go on while it still speaks."""

    after_ms: int = 1000
    patience_s: float = 12.0
    """How long to wait for that before going on all the same."""


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys, one after the other; their tones are heard."""

    digits: str


@dataclass(frozen=True, slots=True)
class Beep:
    """An answering machine's tone: the greeting is over."""

    duration_ms: int = 400


@dataclass(frozen=True, slots=True)
class Wait:
    """Stay on the line and say nothing."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """Put the phone down now. A script's end does the same."""


Step = Listen | Interrupt | Say | Press | Beep | Wait | HangUp

_STEPS: Final[Mapping[str, type[Step]]] = {
    "listen": Listen,
    "interrupt": Interrupt,
    "say": Say,
    "press": Press,
    "beep": Beep,
    "wait": Wait,
    "hang_up": HangUp,
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One person, or anybody (`number` is `ANYBODY`)."""

    number: str
    name: str
    description: str
    voice: str = "woman"
    answer: Answer = "picks_up"
    rings_s: float = 1.5
    detected_as: Detected = "human"
    prompt: str = "Hello? Is anybody there?"
    farewell: str = "I am sorry, I have to go now. Goodbye."
    script: tuple[Step, ...] = ()
    faults: tuple[Fault, ...] = ()

    def spoken(self) -> tuple[str, ...]:
        """Every text this person may say."""
        said = tuple(step.text for step in self.script if isinstance(step, Say))
        return (*said, self.prompt, self.farewell)


ANYBODY: Final = "*"
"""The number of the scenario that answers for numbers without a file of their own."""


def parse_scenario(text: str, origin: str) -> Scenario:
    """The scenario in a TOML text; `origin` is named in errors. Raises ScenarioError."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{origin}: {error}.") from error
    script, faults = values.pop("script", []), values.pop("faults", [])
    try:
        plain = _checked(Scenario, values)
        steps = tuple(_step(step) for step in _tables("script", script))
        armed = tuple(parse_fault(fault) for fault in _tables("faults", faults))
    except (ScenarioError, FaultError) as error:
        raise ScenarioError(f"{origin}: {error}") from error
    person = Scenario(**plain, script=steps, faults=armed)
    if person.number != ANYBODY and not re.fullmatch(r"\+[1-9]\d{6,14}", person.number):
        raise ScenarioError(f'{origin}: `number` must be E.164, such as +12025550100, or "{ANYBODY}".')
    return person


def load_scenarios(folder: Path) -> tuple[Scenario, ...]:
    """The people of a folder of TOML files, by number. Raises ScenarioError."""
    people = [parse_scenario(path.read_text("utf-8"), path.name) for path in sorted(folder.glob("*.toml"))]
    numbers = [person.number for person in people]
    for number in numbers:
        if numbers.count(number) > 1:
            raise ScenarioError(f"Two scenarios in {folder.name} have the number {number}.")
    return tuple(sorted(people, key=lambda person: person.number))


def _tables(name: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in cast("list[Any]", value)):
        raise ScenarioError(f"`{name}` must be a list of tables.")
    return cast("list[dict[str, Any]]", value)


def _step(table: Mapping[str, Any]) -> Step:
    kind = _STEPS.get(str(table.get("do")))
    if kind is None:
        raise ScenarioError(f"a step's `do` must be one of {', '.join(_STEPS)}, not {table.get('do')!r}.")
    step = kind(**_checked(kind, {name: value for name, value in table.items() if name != "do"}))
    if isinstance(step, Press) and not re.fullmatch(r"[0-9*#A-D]+", step.digits):
        raise ScenarioError("`digits` must be keys of a telephone: 0-9, *, #, A-D.")
    return step


def _checked(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` as arguments of the dataclass `kind`: known names, right types, numbers not negative."""
    hints = get_type_hints(kind)
    known = {field.name: hints[field.name] for field in fields(kind)}
    for name, value in values.items():
        if name not in known:
            raise ScenarioError(f"{kind.__name__} has no field `{name}`.")
        wanted = known[name]
        if choices := get_args(wanted):
            if value not in choices:
                raise ScenarioError(f"`{name}` must be one of {', '.join(map(str, choices))}.")
        elif not isinstance(value, (int, float) if wanted is float else wanted) or (
            isinstance(value, bool) and wanted is not bool
        ):
            raise ScenarioError(f"`{name}` must be {_TYPE_NAMES[wanted]}.")
        elif wanted in (int, float) and value < 0:
            raise ScenarioError(f"`{name}` must not be negative.")
    for field in fields(kind):
        if field.name not in values and field.default is MISSING:
            raise ScenarioError(f"{kind.__name__} needs `{field.name}`.")
    return dict(values)


_TYPE_NAMES: Final = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
