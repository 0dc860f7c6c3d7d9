"""What the sources of `calls/` say beside the tables: who sets a state, and how long each deadline is."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Rule:
    """A function outside the tables that puts a part of the call into a state."""

    part: str
    """`leg`, `session` or `turn`."""
    state: str
    """The state's name in the code, such as `ENDING`."""
    function: str
    """`module.function`."""


@dataclass(frozen=True, slots=True)
class Length:
    """One length that a deadline is given."""

    kind: str
    """The name of the DeadlineKind, such as `HANG_UP`."""
    words: str
    """How long, for people: `15 s`, or `ring_s` + 20 s with a limit of the agent in it."""
    reasons: tuple[str, ...]
    """The docstrings of the constants in it."""
    functions: tuple[str, ...]
    """Who sets it, as `module.function`."""


@dataclass(frozen=True, slots=True)
class Constant:
    value: float
    reason: str


class Sources:
    """The modules of one package, parsed."""

    def __init__(self, folder: Path) -> None:
        self._modules = {path.stem: ast.parse(path.read_text("utf-8")) for path in sorted(folder.glob("*.py"))}
        self._constants = {name: found for tree in self._modules.values() for name, found in _constants(tree)}

    def rules(self) -> list[Rule]:
        """Every `move.<part>(state=<a named state>)`; where a table decides, the state is a variable."""
        return [
            Rule(part, state, function) for function, tree in self._functions() for part, state in _states_set(tree)
        ]

    def lengths(self) -> list[Length]:
        """Every `expect(DeadlineKind.<kind>, <seconds>)`, the functions that say the same together."""
        functions: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
        for function, tree in self._functions():
            for kind, seconds in _expected(tree):
                functions.setdefault((kind, *self._read(seconds)), []).append(function)
        return [Length(*said, tuple(dict.fromkeys(names))) for said, names in functions.items()]

    def _functions(self) -> Iterator[tuple[str, ast.FunctionDef]]:
        for module, tree in self._modules.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    yield f"{module}.{node.name}", node

    def _read(self, seconds: ast.expr) -> tuple[str, tuple[str, ...]]:
        match seconds:
            case ast.Name(name):
                constant = self._constants[name]
                return f"{constant.value:g} s", (constant.reason,) if constant.reason else ()
            case ast.Attribute(attr=limit):
                return f"`{limit}`", ()
            case ast.BinOp(left, ast.Add(), right):
                (one, why), (other, why_too) = self._read(left), self._read(right)
                return f"{one} + {other}", why + why_too
            case ast.IfExp(body=one_way, orelse=other_way):
                (one, why), (other, why_too) = self._read(one_way), self._read(other_way)
                return f"{one} or {other}", why + why_too
            case ast.Call(func=ast.Name("min"), args=[first, _]):
                one, why = self._read(first)
                return f"at most {one}", why
            case _:
                raise ValueError(f"A deadline's length cannot be read: {ast.unparse(seconds)}")


def docstrings_of_members(enumeration: type[StrEnum]) -> dict[str, str]:
    """The docstring below each member that has one, by the member's name."""
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(enumeration))).body
    assert isinstance(definition, ast.ClassDef)
    found: dict[str, str] = {}
    for at, node in enumerate(definition.body):
        match node:
            case ast.Assign(targets=[ast.Name(name)]) if text := _docstring(definition.body[at + 1 : at + 2]):
                found[name] = text
            case _:
                continue
    return found


def _constants(tree: ast.Module) -> Iterator[tuple[str, Constant]]:
    """Numbers at the top of a module, each with the docstring below it."""
    for at, node in enumerate(tree.body):
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=ast.Constant(float(value))):
                yield name, Constant(value, _docstring(tree.body[at + 1 : at + 2]))
            case _:
                continue


def _docstring(following: list[ast.stmt]) -> str:
    match following:
        case [ast.Expr(ast.Constant(str(text)))]:
            return " ".join(text.split())
        case _:
            return ""


def _states_set(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(ast.Name("move"), part), keywords=keywords):
                for keyword in keywords:
                    if keyword.arg == "state" and isinstance(keyword.value, ast.Attribute):
                        yield part, keyword.value.attr
            case _:
                continue


def _expected(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(attr="expect"), args=[ast.Attribute(attr=kind), seconds]):
                yield kind, seconds
            case _:
                continue
