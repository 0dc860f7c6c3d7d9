"""The command line, and the place where the parts are put together."""

from __future__ import annotations

from .commands import app


def main() -> None:
    app()


__all__ = ["main"]
