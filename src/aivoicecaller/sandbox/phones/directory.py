"""Which numbers can be called in the sandbox, and who answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aivoicecaller.sandbox.phones.scenario import ANYBODY, Scenario, ScenarioError, load_scenarios

OUR_NUMBER: Final = "+12025550199"
"""The number that belongs to the sandbox's account."""
SCENARIOS: Final = Path(__file__).parent.parent / "scenarios"

_WELL_FORMED: Final = re.compile(r"\+[1-9]\d{6,14}")
_LOCAL: Final = re.compile(r"\+1202555\d{4}")


class MalformedNumberError(ValueError):
    """A number that is not E.164, or a local one with digits missing or left over."""


class UnreachableNumberError(ValueError):
    """A good number, but nobody in the sandbox has it."""


class Directory:
    """The people of the sandbox. The real telephone network is never reached."""

    def __init__(self, people: Sequence[Scenario]) -> None:
        by_number = {person.number: person for person in people}
        try:
            self._anybody = by_number.pop(ANYBODY)
        except KeyError:
            raise ScenarioError(f'One scenario must have the number "{ANYBODY}".') from None
        self._by_number = by_number

    @property
    def people(self) -> tuple[Scenario, ...]:
        """Everybody with a number of their own."""
        return tuple(self._by_number.values())

    def find(self, number: str) -> Scenario:
        """Who answers at `number`. Raises MalformedNumberError, UnreachableNumberError."""
        if number in self._by_number:
            return self._by_number[number]
        if not _WELL_FORMED.fullmatch(number):
            raise MalformedNumberError(f"{number!r} is not a telephone number in E.164 form.")
        if _LOCAL.fullmatch(number):
            return self._anybody
        if number.startswith("+1202555"):
            raise MalformedNumberError(f"{number} has the wrong number of digits.")
        raise UnreachableNumberError(
            f"This is the sandbox: it reaches only its own people, "
            f"{self.people[0].number} to {self.people[-1].number}, and other numbers of the form +1202555xxxx."
        )


def everybody() -> Directory:
    """The people that come with the sandbox."""
    return Directory(load_scenarios(SCENARIOS))
