"""Pages that are made from the code are as the code is now, and the generator says so by its exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from aivoicecaller.settings import Settings

from .tree import ROOT, SRC, expect_none, plant


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import generate

    return generate


def test_made_pages_are_fresh(generator: ModuleType) -> None:
    expect_none([f"{place} is not as the code is. Run `make docs`." for place in generator.stale()])


def test_a_stale_page_is_named(generator: ModuleType, tmp_path: Path) -> None:
    for place, make in generator.PAGES.items():
        plant(tmp_path, {place: make()})
    assert generator.stale(tmp_path) == {}
    settings = tmp_path / ".env.example"
    settings.write_text(settings.read_text("utf-8").replace("PORT=3000", "PORT=3001"), "utf-8")
    (tmp_path / "docs" / "states.md").unlink()
    assert list(generator.stale(tmp_path)) == ["docs/states.md", ".env.example"]


def test_the_check_of_made_pages_fails_by_its_exit_code(tmp_path: Path) -> None:
    copy = plant(tmp_path, {f"docs/{path.relative_to(ROOT / 'docs')}": path.read_text("utf-8") for path in _makers()})
    command = [sys.executable, str(copy / "docs" / "generate.py")]
    environment = {"PYTHONPATH": str(SRC)}
    checked = subprocess.run([*command, "--check"], env=environment, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 1
    assert "docs/states.md" in checked.stderr
    assert not (copy / ".env.example").exists()
    written = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert written.returncode == 0
    again = subprocess.run([*command, "--check"], env=environment, capture_output=True, text=True, timeout=60)
    assert (again.returncode, again.stderr) == (0, "")


def _makers() -> list[Path]:
    return [ROOT / "docs" / "generate.py", *(ROOT / "docs" / "made").glob("*.py")]


def test_made_pages_end_in_one_newline_and_say_that_they_are_made(generator: ModuleType) -> None:
    for place, make in generator.PAGES.items():
        text = make()
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        # JSON has no comments; that file is read by programs only.
        assert place.endswith(".json") or "do not edit" in text.splitlines()[0]


def test_every_setting_is_documented() -> None:
    page, example = ((ROOT / place).read_text("utf-8") for place in ("docs/settings.md", ".env.example"))
    names = [name.upper() for name in Settings.model_fields]
    expect_none([name for name in names if f"| `{name}` |" not in page or f"\n{name}=" not in example])


def test_a_setting_without_a_group_is_found(generator: ModuleType) -> None:
    from made.settings import GROUPS, Ungrouped, check_groups

    with pytest.raises(Ungrouped, match="nowhere"):
        check_groups(GROUPS, {**Settings.model_fields, "nowhere": Settings.model_fields["port"]})
    with pytest.raises(Ungrouped, match="port"):
        check_groups({**GROUPS, "Twice": ["port"]}, Settings.model_fields)
