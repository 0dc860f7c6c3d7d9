"""The project's own files, as the house tests read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
PACKAGE = "aivoicecaller"


def modules(src: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Every module below `src` by its path from there, parsed."""
    for path in sorted(src.rglob("*.py")):
        yield path.relative_to(src), ast.parse(path.read_text("utf-8"), str(path))


def plant(folder: Path, files: Mapping[str, str]) -> Path:
    """A small tree of files with something wrong in it, for a check to find."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def expect_none(faults: Sequence[str]) -> None:
    """Fail with every fault on a line of its own."""
    assert not faults, "\n".join(["", *faults])
