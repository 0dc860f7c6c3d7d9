"""Files of an installation: all state lives in the data folder, and what is secret can be read by its owner only."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

OWNER_ONLY = 0o600


class FolderUnusable(Exception):
    """The data folder cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """What a running server tells other programs of this user."""

    pid: int
    url: str
    program_token: str


class DataFolder:
    """The folder of one installation. Errors: FolderUnusable."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise FolderUnusable(self._why(error)) from None
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise FolderUnusable(self._why(PermissionError(13, "Permission denied")))

    @property
    def database(self) -> Path:
        return self.path / "aivoicecaller.db"

    @property
    def sandbox_state(self) -> Path:
        return self.path / "sandbox.json"

    @property
    def log(self) -> Path:
        return self.path / "sandbox.log"

    def secret(self, name: str) -> str:
        """A random secret, made on first use and kept."""
        path = self.path / name
        try:
            return path.read_text("ascii").strip()
        except FileNotFoundError:
            value = secrets.token_urlsafe(32)
            self._write(path, value)
            return value
        except OSError as error:
            raise FolderUnusable(self._why(error)) from None

    def announce(self, server: RunningServer) -> None:
        self._write(self.path / "server.json", json.dumps(asdict(server)))

    def withdraw(self, server: RunningServer) -> None:
        """Take the announcement back, unless another server has taken its place."""
        if self.running() == server:
            (self.path / "server.json").unlink(missing_ok=True)

    def running(self) -> RunningServer | None:
        """The server that announced itself here. Whether it still lives is to be asked at its address."""
        found = read_json(self.path / "server.json")
        try:
            return None if found is None else RunningServer(**found)
        except TypeError:
            return None

    def _write(self, path: Path, text: str) -> None:
        # Written beside and moved: a reader never sees half a file.
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
            with os.fdopen(handle, "w") as file:
                file.write(text)
            beside.replace(path)
        except OSError as error:
            raise FolderUnusable(self._why(error)) from None

    def _why(self, error: OSError) -> str:
        reason = error.strerror or type(error).__name__
        return f"The data folder {self.path} cannot be used: {reason}. Choose another one with --data."


def read_json(path: Path) -> dict[str, Any] | None:
    """None when there is no such file, or nothing readable in it."""
    try:
        value: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return cast(dict[str, Any], value) if isinstance(value, dict) else None
