"""What the sandbox keeps in its data folder: credentials that outlive it, and where it is while it runs.

DIR/sandbox.json              where a running sandbox is, and with which credentials; mode 0600, removed at its end
DIR/sandbox/credentials.json  made once, mode 0600
DIR/sandbox/lock              locked while a sandbox runs
DIR/sandbox/carrier.jsonl     calls and recordings of earlier runs
DIR/sandbox/recordings/       WAV files
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self, cast

import orjson

try:
    import fcntl
except ImportError:  # Windows has no such lock, and does without
    fcntl = None


class StateError(Exception):
    """The data folder cannot be used; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Both providers' credentials, in their own forms."""

    account_sid: str
    auth_token: str
    number_sid: str
    openai_api_key: str
    openai_project_id: str
    openai_webhook_secret: str

    @classmethod
    def make(cls) -> Self:
        return cls(
            account_sid="AC" + secrets.token_hex(16),
            auth_token=secrets.token_hex(16),
            number_sid="PN" + secrets.token_hex(16),
            openai_api_key="sk-sandbox-" + secrets.token_urlsafe(30),
            openai_project_id="proj_sandbox" + secrets.token_hex(6),
            # Standard Webhooks: the key is what the base64 behind the prefix says.
            openai_webhook_secret="whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
        )


class DataFolder:
    """The sandbox's part of a data folder."""

    def __init__(self, data: Path) -> None:
        """Make what is missing. Raises StateError when that cannot be done."""
        self.state_file = data / "sandbox.json"
        self.folder = data / "sandbox"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A folder may be there and still take no files.
            write_private(self.folder / "probe", b"")
            (self.folder / "probe").unlink()
        except OSError as error:
            raise StateError(f"The data folder {data} cannot be written: {error.strerror}.") from error

    def credentials(self) -> Credentials:
        """Those of earlier runs, or new ones. Raises StateError for a damaged file."""
        path = self.folder / "credentials.json"
        if not path.exists():
            made = Credentials.make()
            write_private(path, orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2))
            return made
        try:
            found = cast("Mapping[str, Any]", orjson.loads(path.read_bytes()))
            return Credentials(**{field.name: str(found[field.name]) for field in fields(Credentials)})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StateError(f"{path} is damaged; remove it to get new credentials.") from error

    @contextlib.contextmanager
    def locked(self) -> Generator[None]:
        """Hold the folder for this process. Raises StateError when another sandbox has it."""
        with (self.folder / "lock").open("a") as lock:
            if fcntl is not None:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError as error:
                    raise StateError(f"A sandbox is already running in {self.state_file.parent}.") from error
            yield

    @contextlib.contextmanager
    def announced(self, state: Mapping[str, Any]) -> Generator[None]:
        """Tell where this sandbox is for as long as it is there."""
        write_private(self.state_file, orjson.dumps(state, option=orjson.OPT_INDENT_2))
        try:
            yield
        finally:
            self.state_file.unlink(missing_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, all at once: readers see the old one or the new one."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)
