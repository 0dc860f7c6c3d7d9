"""Files of an installation: all state lives in the data folder, and what is secret can be read by its owner only."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

OWNER_ONLY = 0o600
FOLDER_OWNER_ONLY = 0o700
MARKS = {"aivoicecaller.db", "app-secret", "server.lock"}
"""One of these is in every folder that a server has used."""
LOG_BYTES = 1_000_000
"""A log that has grown beyond this begins anew with the next start."""


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
        with self.usable():
            self.path.mkdir(mode=FOLDER_OWNER_ONLY, parents=True, exist_ok=True)
            self._tighten()
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

    @property
    def server_log(self) -> Path:
        """What servers said that a command started for its own time."""
        return self.path / "server.log"

    def open_log(self, path: Path) -> BinaryIO:
        """A log to append to: it can be read by its owner only, and is begun anew when it has grown too long."""
        with self.usable():
            file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ONLY), "ab")
            path.chmod(OWNER_ONLY)
            if file.seek(0, os.SEEK_END) > LOG_BYTES:
                file.truncate(0)
            return file

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

    def changed(self, name: str, value: str) -> bool:
        """Keep a value for the next start; whether another one was kept before."""
        path = self.path / name
        with self.usable():
            before = path.read_text("ascii") if path.is_file() else value
        self._write(path, value)
        return before != value

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

    @contextlib.contextmanager
    def usable(self, but: type[OSError] | None = None) -> Generator[None]:
        """What the system says against the folder becomes FolderUnusable; `but` passes as it is."""
        try:
            yield
        except OSError as error:
            if but is not None and isinstance(error, but):
                raise
            raise FolderUnusable(self._why(error)) from None

    def _tighten(self) -> None:
        # Calls and keys are in it. A folder that holds something else may be shared on purpose, like /tmp.
        found = self.path.stat()
        ours = os.name == "posix" and found.st_uid == os.getuid() and not found.st_mode & stat.S_ISVTX
        if not ours or not found.st_mode & 0o077:
            return
        within = {each.name for each in self.path.iterdir()}
        if not within or within & MARKS:
            self.path.chmod(FOLDER_OWNER_ONLY)

    def _write(self, path: Path, text: str) -> None:
        # Written beside and moved: a reader never sees half a file.
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        with self.usable():
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
            with os.fdopen(handle, "w") as file:
                file.write(text)
            beside.replace(path)

    def _why(self, error: OSError) -> str:
        reason = error.strerror or type(error).__name__
        return f"The data folder {self.path} cannot be used: {reason}. Choose another one with --data."


def last_line(path: Path, after: int = 0) -> str | None:
    """The last line of a log, of those beyond `after` bytes; None where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(after)
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return None
    return lines[-1] if lines else None


def read_json(path: Path) -> dict[str, Any] | None:
    """None when there is no such file, or nothing readable in it."""
    try:
        value: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return cast(dict[str, Any], value) if isinstance(value, dict) else None
