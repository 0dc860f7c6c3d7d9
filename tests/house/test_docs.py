"""The documents say what the code does: what they name exists, and what exists is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer.main

from aivoicecaller.cli.commands import app

from .pages import (
    broken_links,
    live_kinds,
    missing_places,
    problem_kinds,
    quotes_nobody_says,
    terms_missing,
    texts,
    unknown_commands,
    unknown_make_targets,
    unreached,
)
from .tree import PACKAGE, ROOT, SRC, expect_none, plant

PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changes").glob("*.md"))
    if path.is_file()
)
PROSE = [path for path in PAGES if path.name not in ("states.md", "settings.md")]


def test_links_lead_somewhere() -> None:
    expect_none(broken_links(ROOT, PAGES))


def test_the_index_leads_to_every_page() -> None:
    expect_none(unreached(ROOT / "docs" / "README.md"))


@pytest.mark.parametrize("page", PROSE, ids=lambda path: path.name)
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    expect_none(
        [
            *missing_places(ROOT, SRC / PACKAGE, text),
            *unknown_make_targets((ROOT / "Makefile").read_text("utf-8"), text),
            *unknown_commands(text, typer.main.get_command(app)),
        ]
    )


def test_the_glossary_has_the_terms_of_the_code() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in sorted((SRC / PACKAGE).rglob("*.py")))
    expect_none(terms_missing((ROOT / "docs" / "glossary.md").read_text("utf-8"), sources))


def test_the_api_page_has_all_addresses_problems_and_kinds_of_news() -> None:
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    description: Mapping[str, Any] = json.loads((ROOT / "dashboard" / "openapi.json").read_text("utf-8"))
    addresses = [f"{method.upper()} {path}" for path, methods in description["paths"].items() for method in methods]
    problems = [f"/problems/{kind}" for kind in problem_kinds(SRC / PACKAGE / "web")]
    kinds = live_kinds(SRC / PACKAGE / "web") | live_kinds(SRC / PACKAGE / "supervisor")
    expect_none([named for named in sorted({*addresses, *problems, *kinds}) if named not in page])


def test_the_command_line_page_has_all_commands_and_options() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    commands: Mapping[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    options = {option for each in commands.values() for parameter in each.params for option in parameter.opts}
    expect_none([f"## {name}" for name in commands if f"\n## {name}\n" not in page])
    expect_none([option for option in sorted(options) if option.startswith("--") and option not in page])


def test_what_the_troubleshooting_page_quotes_is_what_the_program_says() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    expect_none(quotes_nobody_says(page, {*texts(SRC), (ROOT / "Makefile").read_text("utf-8")}))


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    text = (
        "# One\n[good](b.md#two-words) [self](#one) [out](https://a.example) ![no picture](c.png)\n"
        "[no heading](b.md#three)\n```sh\n[code](nowhere.md)\n```\n"
    )
    plant(tmp_path, {"a.md": text, "b.md": "## Two, words\n"})
    assert broken_links(tmp_path, [tmp_path / "a.md"]) == [
        "a.md links to c.png, which is not there",
        "a.md links to b.md#three, which has no such heading",
    ]


def test_a_page_that_the_index_forgets_is_found(tmp_path: Path) -> None:
    files = {"README.md": "[a](a.md#part) [b](sub/b.md)", "a.md": "", "sub/b.md": "", "sub/c.md": ""}
    assert unreached(plant(tmp_path, files) / "README.md") == ["sub/c.md"]


def test_a_place_that_is_not_there_is_found(tmp_path: Path) -> None:
    plant(tmp_path, {"src/p/web/app.py": "def make(): ...\nPORT: int = 1\n", "Makefile": ""})
    text = "`web/app.py:make` `web/app.py:PORT` `web/app.py:gone` `web/none.py` `src/p/web/app.py` `leg.py`"
    assert missing_places(tmp_path, tmp_path / "src" / "p", text) == [
        "web/app.py has no gone",
        "web/none.py is not there",
    ]


def test_a_make_target_that_is_not_there_is_found() -> None:
    text = "`make run` and `make magic`\n\n    make test\n    make more  # it\nto make sure\n"
    assert unknown_make_targets("run: ## Run\ntest:\n", text) == ["make magic", "make more"]


def test_a_command_that_is_not_there_is_found() -> None:
    text = (
        "`aivoicecaller calls show ID --json`, `aivoicecaller call +12025550100 --loud`\n\n"
        "    .venv/bin/aivoicecaller sing # it\n"
    )
    assert unknown_commands(text, typer.main.get_command(app)) == [
        "aivoicecaller call +12025550100 --loud: no option --loud",
        "aivoicecaller sing: no such command",
    ]


def test_a_term_without_its_meaning_is_found() -> None:
    glossary = "| **leg** | a path |\n| turn | not in bold |\n"
    assert terms_missing(glossary, "def leg(turn): tool_call_id", ["leg", "turn", "lease", "tool call"]) == ["turn"]
    assert terms_missing(glossary, "the tool-calls", ["tool call"]) == ["tool call"]


def test_kinds_are_read_from_the_sources(tmp_path: Path) -> None:
    text = "raise Refused(403, 'no-entry', 'x')\nRefused(403, f'dial/{code}', 'x')\nsay('call.gap', 'call.it a day')\n"
    planted = plant(tmp_path, {"a.py": text})
    assert problem_kinds(planted) == {"no-entry", "dial/"}
    assert live_kinds(planted) == {"call.gap"}


def test_a_quote_that_nobody_says_is_found() -> None:
    page = "| *Port … is taken* | why |\n| *Nothing works*, *The end* | *not a quote* |\n"
    assert quotes_nobody_says(page, {"Port ", " is taken.", "the end of it"}) == ["Nothing works"]
