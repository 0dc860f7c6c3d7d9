"""Writes the pages that are made from the code. `--check` writes nothing and fails when one of them is stale.

Exit code 0: all pages are as the code is now; 1: `--check` found one that is not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from made import openapi, settings, states

ROOT = Path(__file__).resolve().parent.parent

MARK = "<!-- Generated from {source} by `make docs`; do not edit. -->\n\n"

PAGES: Mapping[str, Callable[[], str]] = {
    "docs/states.md": lambda: MARK.format(source="src/aivoicecaller/calls/") + states.page(),
    "docs/settings.md": lambda: MARK.format(source="src/aivoicecaller/settings.py") + settings.page(),
    ".env.example": settings.example,
    "dashboard/openapi.json": openapi.document,
}
"""Each page by its place in the project."""


def stale(root: Path = ROOT) -> dict[str, str]:
    """What each page that is missing or out of date should say."""
    wanted = {place: make() for place, make in PAGES.items()}
    return {place: text for place, text in wanted.items() if _read(root / place) != text}


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the pages that are made from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a page is stale")
    check = parser.parse_args().check
    found = stale()
    for place, text in found.items():
        if check:
            sys.stderr.write(f"{place} is not as the code is. Run `make docs` and commit it.\n")
        else:
            (ROOT / place).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / place).write_text(text, "utf-8")
            sys.stdout.write(f"{place} written.\n")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
