"""Small rules that a JSON value must keep, and the words in which the API refuses one that does not.

A rule is data. `check(value, path)` returns nothing or raises ApiError; `path` is how the API names the place,
such as `session.tools[0].name`. Codes and sentences are those the service was seen to use in 2025 and 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from .errors import ApiError


class Rule(Protocol):
    @property
    def expected(self) -> str:
        """What the rule takes, with its article: `a string`."""
        ...

    def takes(self, value: Any) -> bool:
        """Whether `value` is of the right JSON type."""
        ...

    def check(self, value: Any, path: str) -> None: ...


def _name(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _must_take(rule: Rule, value: Any, path: str) -> None:
    if not rule.takes(value):
        raise ApiError(
            f"Invalid type for '{path}': expected {rule.expected}, but got {_name(value)} instead.",
            code="invalid_type",
            param=path,
        )


def unknown_parameter(path: str) -> ApiError:
    return ApiError(f"Unknown parameter: '{path}'.", code="unknown_parameter", param=path)


def missing_parameter(path: str) -> ApiError:
    return ApiError(f"Missing required parameter: '{path}'.", code="missing_required_parameter", param=path)


def invalid_value(value: Any, path: str, supported: Sequence[str]) -> ApiError:
    quoted = [f"'{one}'" for one in supported]
    listed = ", ".join(quoted) if len(quoted) < 3 else ", ".join(quoted[:-1]) + f", and {quoted[-1]}"
    if len(quoted) == 2:
        listed = " and ".join(quoted)
    shown = value if isinstance(value, str) else str(value)
    return ApiError(
        f"Invalid value: '{shown[:100]}'. Supported values are: {listed}.", code="invalid_value", param=path
    )


@dataclass(frozen=True, slots=True)
class Text:
    longest: int | None = None
    pattern: str | None = None
    expected: str = "a string"

    def takes(self, value: Any) -> bool:
        return isinstance(value, str)

    def check(self, value: Any, path: str) -> None:
        _must_take(self, value, path)
        if self.longest is not None and len(value) > self.longest:
            raise ApiError(
                f"Invalid '{path}': string too long. Expected a string with maximum length {self.longest}, "
                f"but got a string with length {len(value)} instead.",
                code="string_above_max_length",
                param=path,
            )
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            raise ApiError(
                f"Invalid '{path}': string does not match pattern. "
                f"Expected a string that matches the pattern '^{self.pattern}$'.",
                code="invalid_value",
                param=path,
            )


@dataclass(frozen=True, slots=True)
class Flag:
    expected: str = "a boolean"

    def takes(self, value: Any) -> bool:
        return isinstance(value, bool)

    def check(self, value: Any, path: str) -> None:
        _must_take(self, value, path)


@dataclass(frozen=True, slots=True)
class Number:
    lowest: float | None = None
    highest: float | None = None
    whole: bool = False

    @property
    def expected(self) -> str:
        return "an integer" if self.whole else "a decimal"

    def takes(self, value: Any) -> bool:
        return isinstance(value, int if self.whole else (int, float)) and not isinstance(value, bool)

    def check(self, value: Any, path: str) -> None:
        _must_take(self, value, path)
        kind = "integer" if self.whole else "decimal"
        if self.lowest is not None and value < self.lowest:
            raise self._out_of_range(kind, "below", "minimum", ">=", self.lowest, value, path)
        if self.highest is not None and value > self.highest:
            raise self._out_of_range(kind, "above", "maximum", "<=", self.highest, value, path)

    @staticmethod
    def _out_of_range(kind: str, side: str, bound: str, sign: str, limit: float, value: float, path: str) -> ApiError:
        return ApiError(
            f"Invalid '{path}': {kind} {side} {bound} value. Expected a value {sign} {limit}, but got {value} instead.",
            code=f"{kind}_{side}_{bound[:3]}_value",
            param=path,
        )


@dataclass(frozen=True, slots=True)
class OneOf:
    values: tuple[str, ...]
    expected: str = "a string"

    def takes(self, value: Any) -> bool:
        return isinstance(value, str)

    def check(self, value: Any, path: str) -> None:
        _must_take(self, value, path)
        if value not in self.values:
            raise invalid_value(value, path, self.values)


@dataclass(frozen=True, slots=True)
class ListOf:
    rule: Rule
    longest: int | None = None
    expected: str = "an array"

    def takes(self, value: Any) -> bool:
        return isinstance(value, list)

    def check(self, value: Any, path: str) -> None:
        _must_take(self, value, path)
        if self.longest is not None and len(value) > self.longest:
            raise ApiError(
                f"Invalid '{path}': array too long. Expected an array with maximum length {self.longest}, "
                f"but got an array with length {len(value)} instead.",
                code="array_above_max_length",
                param=path,
            )
        for index, one in enumerate(value):
            self.rule.check(one, f"{path}[{index}]")


@dataclass(frozen=True, slots=True)
class Record:
    """An object with these fields, of which some are required; other fields are refused."""

    fields: Mapping[str, Rule]
    required: tuple[str, ...] = ()
    expected: str = "an object"

    def takes(self, value: Any) -> bool:
        return isinstance(value, dict)

    def check(self, value: Any, path: str) -> None:
        _must_take(self, value, path)
        prefix = f"{path}." if path else ""
        for name in value:
            if name not in self.fields:
                raise unknown_parameter(prefix + name)
        for name in self.required:
            if name not in value:
                raise missing_parameter(prefix + name)
        for name, one in value.items():
            self.fields[name].check(one, prefix + name)


@dataclass(frozen=True, slots=True)
class AnyRecord:
    """An object whose inside is the client's own affair, such as a JSON Schema."""

    expected: str = "an object"

    def takes(self, value: Any) -> bool:
        return isinstance(value, dict)

    def check(self, value: Any, path: str) -> None:
        _must_take(self, value, path)


@dataclass(frozen=True, slots=True)
class TextMap:
    """An object from short strings to strings."""

    most: int
    longest_key: int
    longest_value: int
    expected: str = "an object"

    def takes(self, value: Any) -> bool:
        return isinstance(value, dict)

    def check(self, value: Any, path: str) -> None:
        _must_take(self, value, path)
        if len(value) > self.most:
            raise ApiError(
                f"Invalid '{path}': too many properties. Expected an object with at most {self.most} properties, "
                f"but got an object with {len(value)} properties instead.",
                code="object_above_max_properties",
                param=path,
            )
        for key, one in cast("dict[str, Any]", value).items():
            Text(self.longest_key).check(key, f"{path}.{key}")
            Text(self.longest_value).check(one, f"{path}.{key}")


@dataclass(frozen=True, slots=True)
class Kinds:
    """An object whose field `tag` says which of several records it is."""

    kinds: Mapping[str, Rule]
    tag: str = "type"
    default: str | None = None
    """The kind of an object that lacks the tag; without a default the tag is required."""
    expected: str = "an object"

    def takes(self, value: Any) -> bool:
        return isinstance(value, dict)

    def check(self, value: Any, path: str) -> None:
        _must_take(self, value, path)
        tag_path = f"{path}.{self.tag}" if path else self.tag
        if self.tag not in value and self.default is None:
            raise missing_parameter(tag_path)
        kind = value.get(self.tag, self.default)
        if not isinstance(kind, str):
            _must_take(Text(), kind, tag_path)
        if kind not in self.kinds:
            raise invalid_value(kind, tag_path, tuple(self.kinds))
        self.kinds[kind].check(value, path)


@dataclass(frozen=True, slots=True)
class Either:
    """One of several rules, told apart by the JSON type of the value."""

    rules: tuple[Rule, ...]

    @property
    def expected(self) -> str:
        return "one of " + " or ".join(rule.expected for rule in self.rules)

    def takes(self, value: Any) -> bool:
        return any(rule.takes(value) for rule in self.rules)

    def check(self, value: Any, path: str) -> None:
        _must_take(self, value, path)
        next(rule for rule in self.rules if rule.takes(value)).check(value, path)


@dataclass(frozen=True, slots=True)
class Null:
    expected: str = field(default="null")

    def takes(self, value: Any) -> bool:
        return value is None

    def check(self, value: Any, path: str) -> None:
        _must_take(self, value, path)


def nullable(rule: Rule) -> Either:
    return Either((rule, Null()))
