"""Telephone numbers: read at the edge, one form (E.164) inside."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


class NumberUnreadable(ValueError):
    """The text is no telephone number that can be dialled; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in E.164, `+4930123456`. Made by `parse`; equal numbers are equal values."""

    e164: str

    def __str__(self) -> str:
        return self.e164

    @property
    def region(self) -> str | None:
        """Two-letter country, None where several share the code and the number tells none (ITU shared codes)."""
        region = phonenumbers.region_code_for_number(phonenumbers.parse(self.e164))
        return None if region in (None, "001", "ZZ") else region

    def for_people(self) -> str:
        """`+1 202-555-0100`; what is no whole number, such as `911` in the record of a refused call, as it is."""
        try:
            return phonenumbers.format_number(phonenumbers.parse(self.e164), PhoneNumberFormat.INTERNATIONAL)
        except NumberParseException:
            return self.e164


def parse(text: str, country: str | None = None) -> Number:
    """Read a number written by a person: E.164, or a national form of `country` (two letters).

    Errors: NumberUnreadable with what to do. Numbers of a right length in an unassigned range are accepted:
    whether they exist is for the carrier to say.
    """
    stripped = text.strip()
    if any(character.isalpha() for character in stripped):
        raise NumberUnreadable("A number has digits only. Write it like +12025550100.")
    try:
        parsed = phonenumbers.parse(stripped, country)
    except NumberParseException as error:
        raise NumberUnreadable(_why(error, country)) from None
    if parsed.extension:
        raise NumberUnreadable("An extension cannot be dialled. Leave out what follows the number.")
    if not phonenumbers.is_possible_number(parsed):
        raise NumberUnreadable(
            f"“{stripped}” is not a possible number: it has too few or too many digits. Write it like +12025550100."
        )
    return Number(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))


def _why(error: NumberParseException, country: str | None) -> str:
    if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
        if country is None:
            return "Begin with + and the country code, like +12025550100, or choose a country."
        return f"The country code is unknown, and “{country}” does not help. Write the number like +12025550100."
    if error.error_type in (NumberParseException.TOO_SHORT_AFTER_IDD, NumberParseException.TOO_SHORT_NSN):
        return "The number is too short. Write it like +12025550100."
    if error.error_type == NumberParseException.TOO_LONG:
        return "The number is too long. Write it like +12025550100."
    return "That is not a telephone number. Write it like +12025550100."
