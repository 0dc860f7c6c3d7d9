"""Lock files name what is installed and its hash, and nothing of where it came from: they work with any registry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from .tree import ROOT, expect_none

REQUIREMENTS = sorted((ROOT / "requirements").glob("*.lock"))
PACKAGE_LOCK = ROOT / "dashboard" / "package-lock.json"
NPMRC = ROOT / "dashboard" / ".npmrc"

_PINNED = re.compile(r"[A-Za-z0-9][\w.-]*(\[[\w,.-]+\])?==\S+")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def requirement_faults(text: str) -> list[str]:
    """Addresses, options, and requirements that are not pinned or have no hash, in a lock of pip's."""
    faults: list[str] = []
    for requirement in re.sub(r"\\\n\s*", " ", text).splitlines():
        wanted, *hashes = requirement.partition(" --hash=")[0], *_HASH.findall(requirement)
        if not requirement or requirement.startswith("#"):
            continue
        if "://" in requirement:
            faults.append(f"an address: {wanted}")
        elif requirement.startswith("-"):
            faults.append(f"an option: {wanted}")
        elif not _PINNED.match(wanted):
            faults.append(f"not pinned: {wanted}")
        elif not hashes:
            faults.append(f"no hash: {wanted}")
    return faults


def package_lock_faults(lock: Mapping[str, Any]) -> list[str]:
    """Addresses, missing hashes, and platforms' packages that were left out, in a lock of npm's.

    npm may write the optional packages of its own platform only (npm/cli issue 4828), and then nothing can be built on
    another one. Pages that ask for donations are addresses too, but nothing is fetched from them.
    """
    packages: Mapping[str, Mapping[str, Any]] = lock["packages"]
    faults: list[str] = []
    for place, package in packages.items():
        if not place:
            continue
        if "integrity" not in package:
            faults.append(f"no integrity: {place}")
        if "resolved" in package:
            faults.append(f"resolved: {place}")
        for name in package.get("optionalDependencies", {}):
            if not any(candidate in packages for candidate in _candidates(place, name)):
                faults.append(f"not locked: {name}, which {place} may need")
        faults += [f"an address: {place} {text}" for text in _texts(package) if "://" in text]
    return faults


def _candidates(place: str, name: str) -> Iterator[str]:
    """Where Node.js looks for `name` from `place`: in its own folder, then in each one above."""
    folders = place.split("/node_modules/")
    for depth in range(len(folders), 0, -1):
        yield "/node_modules/".join([*folders[:depth], name])
    yield f"node_modules/{name}"


def _texts(value: Any, key: str = "") -> Iterator[str]:
    if key == "funding":
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def npmrc_faults(text: str) -> list[str]:
    """Settings that name a registry, an address, or what lets somebody in there."""
    lines = (line.strip() for line in text.splitlines())
    return [
        f"names a registry: {line.partition('=')[0].strip()}"
        for line in lines
        if not line.startswith(("#", ";"))
        and ("//" in line or re.match(r"(@[^:]+:)?registry\b|_auth|proxy|https-proxy", line))
    ]


def test_there_are_lock_files() -> None:
    assert {path.name for path in REQUIREMENTS} >= {"run.lock", "dev.lock", "build.lock"}
    assert PACKAGE_LOCK.is_file()


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_python_requirements_are_pinned_and_hashed_and_name_no_registry(path: Path) -> None:
    expect_none(requirement_faults(path.read_text("utf-8")))


def test_npm_packages_have_their_hash_and_name_no_registry() -> None:
    expect_none(package_lock_faults(json.loads(PACKAGE_LOCK.read_text("utf-8"))))


def test_npm_settings_name_no_registry() -> None:
    expect_none(npmrc_faults(NPMRC.read_text("utf-8")))


HASHED = f"some==1.0 ; python_version < '3.13' \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{'1' * 64}\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HASHED + "other==2.0\n", "no hash: other==2.0"),
        (
            HASHED.replace("0" * 64, "0" * 63).replace("1" * 64, "1" * 63),
            "no hash: some==1.0 ; python_version < '3.13'",
        ),
        (HASHED.replace("==", ">=", 1), "not pinned: some>=1.0 ; python_version < '3.13'"),
        ("--index-url https://packages.example/simple\n" + HASHED, "an address: --index-url"),
        ("--pre\n" + HASHED, "an option: --pre"),
        (HASHED.replace("some==1.0", "some @ https://packages.example/some.whl"), "an address: some @"),
    ],
)
def test_a_bad_requirement_is_found(text: str, fault: str) -> None:
    [found] = requirement_faults(text)
    assert found.startswith(fault)


def test_good_requirements_are_no_fault() -> None:
    assert requirement_faults("# a comment\n" + HASHED) == []


@pytest.mark.parametrize(
    ("package", "fault"),
    [
        ({"version": "1.0.0"}, "no integrity: node_modules/some"),
        ({"integrity": "sha512-x", "resolved": "some.tgz"}, "resolved: node_modules/some"),
        (
            {"integrity": "sha512-x", "dist": {"tarball": "https://packages.example/a.tgz"}},
            "an address: node_modules/some",
        ),
        ({"integrity": "sha512-x", "optionalDependencies": {"some-linux": "1"}}, "not locked: some-linux"),
    ],
)
def test_a_bad_npm_package_is_found(package: dict[str, Any], fault: str) -> None:
    [found] = package_lock_faults({"packages": {"": {"name": "dashboard"}, "node_modules/some": package}})
    assert found.startswith(fault)


def test_an_optional_package_may_stand_in_any_folder_above() -> None:
    inner = {
        "integrity": "sha512-x",
        "optionalDependencies": {"near": "1", "far": "1"},
        "funding": {"url": "https://a.example"},
    }
    packages = {
        "node_modules/outer/node_modules/inner": inner,
        "node_modules/outer/node_modules/near": {"integrity": "sha512-x"},
        "node_modules/far": {"integrity": "sha512-x"},
    }
    assert package_lock_faults({"packages": packages}) == []


@pytest.mark.parametrize(
    "line",
    ["registry=https://packages.example/", "@scope:registry = packages.example", "//packages.example/:_authToken=x"],
)
def test_a_registry_in_the_npm_settings_is_found(line: str) -> None:
    assert len(npmrc_faults(f"# registry: a comment\nsave-exact=true\n{line}\n")) == 1
