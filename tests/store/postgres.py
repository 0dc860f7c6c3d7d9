"""A PostgreSQL server of the tests' own, in a folder of its own."""

from __future__ import annotations

import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import asyncpg


def find_tools() -> Path | None:
    """The folder of the newest server's tools; Debian keeps them in versioned folders outside PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return versions[-1].parent if versions else None


@dataclass
class PostgresServer:
    """A server in a folder of its own, reached by a Unix socket in it. PostgreSQL refuses to run as root."""

    folder: Path
    tools: Path
    user: str | None
    """Whom to run it as; None for ourselves."""

    def make(self) -> None:
        self._run("initdb", "-A", "trust", "-U", "app", "--no-sync", "-D", str(self.folder / "data"))

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
        self._ctl("-w", "-o", options, "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        self._ctl("-m", "immediate", "stop")

    def address(self, name: str) -> str:
        return f"postgresql://app@/{name}?host={self.folder}"

    async def create(self, name: str) -> str:
        """A new, empty database; its address."""
        await self.execute("postgres", f'CREATE DATABASE "{name}"')
        return self.address(name)

    async def execute(self, name: str, statements: str) -> None:
        connection = await asyncpg.connect(host=str(self.folder), user="app", database=name)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()

    def _ctl(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), *arguments)

    def _run(self, tool: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.tools / tool), *arguments],
            check=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            # A server that inherited a pipe would keep it open.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            user=self.user,
            group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
            extra_groups=None if self.user is None else [],
        )
