"""One server for one data folder: two would take each other's calls."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Generator

from .places import OWNER_ONLY, DataFolder

try:
    import fcntl
except ImportError:  # Windows has no such lock, and does without
    fcntl = None

LOCK = "server.lock"
"""Locked for as long as a server runs; holds its process id."""
PATIENCE_S = 1.0
"""A server asks for so long: whoever only looks whether the lock is held has it for a moment."""
RETRY_S = 0.05


class ServerRunsAlready(Exception):
    """A server holds the data folder; the message says which."""


@contextlib.contextmanager
def hold(folder: DataFolder) -> Generator[None]:
    """Be the only server of a data folder; the system lets go of it when the process ends in any way.

    Errors: ServerRunsAlready, FolderUnusable.
    """
    if fcntl is None:
        yield
        return
    with folder.usable():
        handle = os.open(folder.path / LOCK, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    with os.fdopen(handle, "r+") as file:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                with folder.usable(but=BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise ServerRunsAlready(_who(folder, file.read())) from None
                time.sleep(RETRY_S)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder(folder: DataFolder) -> str | None:
    """The process id of the server that holds the folder, as it wrote it; None where none does."""
    if fcntl is None:
        return None
    try:
        with (folder.path / LOCK).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read()
    except OSError:
        return None
    return None


def _who(folder: DataFolder, pid: str) -> str:
    server = folder.running()
    # After a crash the announcement is that of an earlier process until the new one is ready.
    where = server.url if server is not None and str(server.pid) == pid else "not ready yet"
    return f"A server already runs on the data folder {folder.path}: {where}, process {pid or 'unknown'}."
