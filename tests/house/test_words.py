"""What a reader meets in the sources: nothing unfinished, nothing too long, and a sentence at each room's door."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from .tree import PACKAGE, ROOT, SRC, expect_none, modules, plant

SOURCES = (SRC, ROOT / "dashboard" / "src")
ENDINGS = {".py", ".ts", ".tsx", ".css"}

FILE_LINES = 400
CLASS_METHODS = 15

_UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b|(?i:\bcoming soon\b|\bnot (yet )?implemented\b)")


def unfinished(folder: Path) -> list[str]:
    """Every mark of work left undone, as `file:line: the line`."""
    return [
        f"{path.relative_to(folder)}:{number}: {line.strip()}"
        for path in sorted(folder.rglob("*"))
        if path.suffix in ENDINGS and "static" not in path.parts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if _UNFINISHED.search(line)
    ]


def doors_without_a_sentence(src: Path) -> list[str]:
    """Packages whose docstring does not say in one line what they are for."""
    return [
        f"{path}: {'no docstring' if said is None else 'not one line that ends in a full stop'}"
        for path, tree in modules(src)
        if path.name == "__init__.py"
        if (said := ast.get_docstring(tree)) is None or "\n" in said or not said.endswith(".")
    ]


def too_long(src: Path) -> list[str]:
    """Files and classes that have grown until nobody reads them at once."""
    faults: list[str] = []
    for path, tree in modules(src):
        lines = len((src / path).read_text("utf-8").splitlines())
        if lines > FILE_LINES:
            faults.append(f"{path}: {lines} lines, at most {FILE_LINES}")
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and (count := methods(node)) > CLASS_METHODS:
                faults.append(f"{path}:{node.lineno} {node.name}: {count} methods, at most {CLASS_METHODS}")
    return faults


def methods(definition: ast.ClassDef) -> int:
    """How many functions a class has, its private ones too; those that Python calls by itself do not count."""
    return sum(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("__")
        for node in definition.body
    )


@pytest.mark.parametrize("folder", SOURCES, ids=["src", "dashboard"])
def test_nothing_is_left_undone(folder: Path) -> None:
    expect_none(unfinished(folder))


def test_every_package_says_what_it_is_for() -> None:
    expect_none(doors_without_a_sentence(SRC))


def test_no_file_or_class_is_too_long() -> None:
    expect_none(too_long(SRC))


@pytest.mark.parametrize(
    "line",
    ["# TODO: later", "// FIXME", "<p>Coming soon</p>", "raise X('not implemented')", "/* Not yet implemented */"],
)
def test_unfinished_work_is_found(tmp_path: Path, line: str) -> None:
    [found] = unfinished(plant(tmp_path, {"a/b.tsx": f"const todo = 1\n{line}\n", "a/readme.txt": line}))
    assert found.startswith("a/b.tsx:2:")


@pytest.mark.parametrize("text", ["", "x = 1\n", '"""Half a sentence"""\n', '"""One line.\n\nMore.\n"""\n'])
def test_a_package_without_its_sentence_is_found(tmp_path: Path, text: str) -> None:
    [found] = doors_without_a_sentence(plant(tmp_path, {f"{PACKAGE}/__init__.py": text, f"{PACKAGE}/a.py": ""}))
    assert found.startswith(f"{PACKAGE}/__init__.py")


def test_a_file_and_a_class_that_are_too_long_are_found(tmp_path: Path) -> None:
    body = "\n".join(f"    def method_{number}(self): ..." for number in range(CLASS_METHODS))
    files = {
        "long.py": "x = 1\n" * (FILE_LINES + 1),
        "enough.py": "x = 1\n" * FILE_LINES,
        "large.py": f"class Large:\n    async def one_more(self): ...\n{body}\n",
        "full.py": f"class Full:\n    def __init__(self): ...\n{body}\n",
    }
    assert too_long(plant(tmp_path, files)) == [
        "large.py:1 Large: 16 methods, at most 15",
        "long.py: 401 lines, at most 400",
    ]
