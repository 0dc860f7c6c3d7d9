"""The dial gate: which destinations may be rung. It says no with a reason that tells what to do."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberType
from phonenumbers.shortnumberinfo import connects_to_emergency_number

from ..phone import Number

_COSTLY = {
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.SHARED_COST: "a shared-cost number",
    PhoneNumberType.PAGER: "a pager",
    PhoneNumberType.VOICEMAIL: "a voicemail access number",
}


@dataclass(frozen=True, slots=True)
class DialRules:
    own_number: Number | None
    """The number that calls; it cannot call itself."""
    countries: frozenset[str]
    """Two-letter countries that may be dialled; empty: only the country of `own_number`."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a number is not dialled."""

    code: str
    """`emergency`, `premium`, `own-number` or `country`."""
    reason: str


def emergency(text: str, country: str) -> Refusal | None:
    """Refuse what connects to an emergency service. `text` is as typed: such numbers have no E.164 form."""
    stripped = text.strip()
    national = stripped
    if stripped.startswith("+"):
        code = str(phonenumbers.country_code_for_region(country))
        national = stripped[1:].removeprefix(code)
    if not connects_to_emergency_number(national, country):
        return None
    return Refusal(
        "emergency",
        "An automatic caller does not dial emergency services. If somebody is in danger, dial the number yourself.",
    )


def may_dial(number: Number, rules: DialRules) -> Refusal | None:
    """None when the number may be rung, else why not."""
    parsed = phonenumbers.parse(number.e164)
    region = country_of(number)
    if (refusal := emergency(str(parsed.national_number), region or "ZZ")) is not None:
        return refusal
    if number == rules.own_number:
        return Refusal("own-number", "That is the number this installation calls from. Enter another one.")
    kind = _COSTLY.get(phonenumbers.number_type(parsed))
    if kind is not None:
        return Refusal("premium", f"{number.for_people()} is {kind}, and those are not dialled.")
    allowed: frozenset[str] = rules.countries
    if not allowed and rules.own_number is not None:
        home = country_of(rules.own_number)
        allowed = frozenset([home] if home else [])
    if region not in allowed:
        where = f"Calls to {region}" if region else "Calls to that network"
        return Refusal(
            "country",
            f"{where} are not allowed here. Allowed: {', '.join(sorted(allowed)) or 'none'}. "
            "To allow more, set ALLOWED_COUNTRIES and start again.",
        )
    return None


def country_of(number: Number) -> str | None:
    """Two-letter country; for numbers not assigned yet, the main country of their code. None for global networks."""
    if number.region is not None:
        return number.region
    main = phonenumbers.region_code_for_country_code(phonenumbers.parse(number.e164).country_code or 0)
    return None if main in ("001", "ZZ") else main
