"""Imports go down only. Rooms on one line do not import each other, so each can be read and tested alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from .tree import PACKAGE, SRC, expect_none, modules, plant

LINES = (
    ("__main__",),
    ("cli",),
    ("web", "supervisor"),
    ("engine", "carrier", "tools", "store", "bus"),
    ("calls", "agents", "numbers"),
    ("addresses", "topics"),
    ("references",),
    ("phone", "audio", "clock", "ids", "privacy", "settings"),
)
"""From the top to the bottom. The package itself, which holds the version, is below all."""

BESIDE = "sandbox"
"""A program of its own: it imports the bottom line only, and nobody imports it."""

PURE = {
    "calls": {"collections", "dataclasses", "enum", "typing"},
    "agents": {"collections", "re", "typing", "pydantic"},
    "numbers": {"collections", "dataclasses", "typing", "phonenumbers"},
}
"""All that the pure rooms import from outside: no I/O, no clock, no log."""

OWNERS = {
    "openai": "engine",
    "twilio": "carrier",
    "sqlalchemy": "store",
    "alembic": "store",
    "aiosqlite": "store",
    "asyncpg": "store",
}
"""Libraries that one room knows, so that nobody else spells their names."""


def room_of(module: str) -> str:
    """The room of a dotted module: `store` for `aivoicecaller.store.calls`; empty for the package itself."""
    return module.split(".")[1] if "." in module else ""


def own_room(path: Path) -> str:
    """The room of a file, by its path below `src`."""
    return "" if path.name == "__init__.py" and len(path.parts) == 2 else path.with_suffix("").parts[1]


def imports_of(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a module imports, also where only a type checker or one function does."""
    package = [part for part in path.with_suffix("").parts if part != "__init__"]
    if path.name != "__init__.py":
        package.pop()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from .. import calls` names a room, `from ..calls import model` a module of one.
            yield from ((node.lineno, f"{base}.{alias.name}" if base == PACKAGE else base) for alias in node.names)


def line_of(room: str) -> int | None:
    """How far from the top a room is; None for what is no room."""
    return next((number for number, rooms in enumerate(LINES) if room in rooms), None)


def why_not(importer: str, imported: str) -> str | None:
    """Why one room may not import another; None when it may, or when its place is not known."""
    if importer == imported:
        return None
    if imported == BESIDE or importer == BESIDE:
        if importer == BESIDE and imported in LINES[-1]:
            return None
        return "which is beside it: the sandbox is a program of its own"
    own, other = line_of(importer), line_of(imported)
    if own is None or other is None or other > own:
        return None
    return "which is beside it" if other == own else "which is above it"


def import_faults(src: Path) -> list[str]:
    """Every import that does not go down, as `file:line imports X, which is above it`, and rooms without a place."""
    files = [(path, own_room(path), tree) for path, tree in modules(src)]
    rooms = {room for _, room, _ in files}
    faults = [
        f"{room} is a new room: give it a place in the order"
        for room in sorted(rooms - {"", BESIDE})
        if line_of(room) is None
    ]
    for path, importer, tree in files:
        for line, module in imports_of(path, tree):
            imported = room_of(module)
            # What is no room is a name of the package itself, such as its version.
            if module.split(".")[0] == PACKAGE and imported in rooms:
                why = why_not(importer, imported)
                faults += [f"{path}:{line} imports {module}, {why}"] if why else []
    return list(dict.fromkeys(faults))


def purity_faults(src: Path) -> list[str]:
    """Whatever in a pure room reaches outside or waits."""
    faults: list[str] = []
    for path, tree in modules(src):
        room = own_room(path)
        if room not in PURE:
            continue
        faults += [
            f"{path}:{line} imports {module}, but {room} is pure"
            for line, module in imports_of(path, tree)
            if module.split(".")[0] not in PURE[room] | {"__future__", PACKAGE} or room_of(module) == "settings"
        ]
        faults += [
            f"{path}:{node.lineno} waits, but {room} is pure"
            for node in ast.walk(tree)
            if isinstance(node, ast.AsyncFunctionDef | ast.Await)
        ]
    return faults


def library_faults(src: Path) -> list[str]:
    """Libraries of one room that another one imports."""
    return [
        f"{path}:{line} imports {module}, which only {OWNERS[library]} knows"
        for path, tree in modules(src)
        for line, module in imports_of(path, tree)
        if (library := module.split(".")[0]) in OWNERS and own_room(path) != OWNERS[library]
    ]


def test_imports_go_down_only() -> None:
    expect_none(import_faults(SRC))


def test_pure_rooms_reach_nothing_outside() -> None:
    expect_none(purity_faults(SRC))


def test_each_provider_and_the_database_are_known_to_one_room() -> None:
    expect_none(library_faults(SRC))


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        (
            "calls/model.py",
            "\nfrom ..store import base\n",
            "calls/model.py:2 imports aivoicecaller.store, which is above",
        ),
        ("calls/model.py", "from .. import web\n", "calls/model.py:1 imports aivoicecaller.web, which is above"),
        (
            "store/__init__.py",
            "import aivoicecaller.cli.serve\n",
            "store/__init__.py:1 imports aivoicecaller.cli.serve",
        ),
        ("engine/client.py", "from ..carrier.wire import X\n", "aivoicecaller.carrier.wire, which is beside it"),
        (
            "web/app.py",
            "def f():\n    from ..supervisor import loop\n",
            "web/app.py:2 imports aivoicecaller.supervisor",
        ),
        ("cli/__init__.py", "from ..sandbox import trunk\n", "the sandbox is a program of its own"),
        ("sandbox/a/b.py", "from ...calls.model import Call\n", "the sandbox is a program of its own"),
        ("sandbox/a/b.py", "from aivoicecaller import references\n", "aivoicecaller.references, which is beside it"),
        ("clock.py", "from . import topics\n", "clock.py:1 imports aivoicecaller.topics, which is above it"),
        ("rumpus/__init__.py", "from .. import clock\n", "rumpus is a new room"),
    ],
)
def test_an_import_that_does_not_go_down_is_found(tmp_path: Path, file: str, text: str, fault: str) -> None:
    rooms = ("calls", "store", "web", "supervisor", "carrier", "engine", "cli", "sandbox")
    files = {f"{PACKAGE}/{room}/__init__.py": "" for room in rooms}
    values = {f"{PACKAGE}/{value}.py": "" for value in ("clock", "topics", "references")}
    found = import_faults(plant(tmp_path, {**files, **values, f"{PACKAGE}/{file}": text}))
    assert len(found) == 1
    assert fault in found[0]


def test_imports_that_go_down_are_no_fault(tmp_path: Path) -> None:
    files = {
        f"{PACKAGE}/__init__.py": "__version__ = '1'\n",
        f"{PACKAGE}/clock.py": "import time\n",
        f"{PACKAGE}/calls/__init__.py": "from ..clock import Clock\n",
        f"{PACKAGE}/calls/model.py": "from . import events\n",
        f"{PACKAGE}/web/__init__.py": "from .. import __version__\nfrom ..calls import model\n",
        f"{PACKAGE}/sandbox/__init__.py": "from aivoicecaller.clock import Clock\n",
    }
    assert import_faults(plant(tmp_path, files)) == []


def test_a_pure_room_that_reaches_outside_is_found(tmp_path: Path) -> None:
    text = "import time\nfrom ..settings import load\nasync def wait():\n    await other()\n"
    found = purity_faults(plant(tmp_path, {f"{PACKAGE}/calls/a.py": text, f"{PACKAGE}/store/a.py": text}))
    assert [fault.removesuffix(", but calls is pure") for fault in found] == [
        "aivoicecaller/calls/a.py:1 imports time",
        "aivoicecaller/calls/a.py:2 imports aivoicecaller.settings",
        "aivoicecaller/calls/a.py:3 waits",
        "aivoicecaller/calls/a.py:4 waits",
    ]


def test_a_library_in_a_foreign_room_is_found(tmp_path: Path) -> None:
    text = "from openai import OpenAI\n"
    found = library_faults(plant(tmp_path, {f"{PACKAGE}/engine/a.py": text, f"{PACKAGE}/web/a.py": text}))
    assert found == ["aivoicecaller/web/a.py:1 imports openai, which only engine knows"]
