"""What a page names and what the code has, held against each other. Each check lists the faults it finds."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from .tree import modules

_TERMS = """\
agent, agent version, AMD, barge-in, bridge, call, caller ID, cancel, command, deadline, DID, DTMF, E.164, early media,
endpointing, event, final, hang up, inbox, item, lease, leg, media stream, oddity, outcome, post-dial delay,
provisional, reference, reject, request, response, ring timeout, session, sideband, tool call, transfer, trunk, turn,
update, VAD"""
TERMS = tuple(term.strip() for term in _TERMS.split(","))
"""The words that have one meaning here. Those that the code uses stand in the glossary."""


def links(text: str) -> Iterator[str]:
    """Where the links and pictures of a page lead."""
    yield from re.findall(r"\]\(([^)\s]+)\)", _without_code_blocks(text))


def broken_links(root: Path, pages: Collection[Path]) -> list[str]:
    """Links within the project that lead nowhere, to a file or to a heading."""
    faults: list[str] = []
    for page in pages:
        for link in links(page.read_text("utf-8")):
            if "://" in link or link.startswith("mailto:"):
                continue
            place, _, anchor = link.partition("#")
            target = (page.parent / place) if place else page
            if not target.exists():
                faults.append(f"{page.relative_to(root)} links to {link}, which is not there")
            elif anchor and target.suffix == ".md" and anchor not in headings(target.read_text("utf-8")):
                faults.append(f"{page.relative_to(root)} links to {link}, which has no such heading")
    return faults


def unreached(index: Path) -> list[str]:
    """Pages beside and below an index that it does not link to."""
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links(index.read_text("utf-8"))}
    pages = sorted(index.parent.rglob("*.md"))
    return [str(page.relative_to(index.parent)) for page in pages if page.resolve() not in linked and page != index]


def headings(text: str) -> set[str]:
    """The anchors that the headings of a page get."""
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", _without_code_blocks(text), re.MULTILINE)
    }


def missing_places(root: Path, package: Path, text: str) -> list[str]:
    """`room/file.py` and `room/file.py:name` in a page that are not in the package or the project."""
    faults: list[str] = []
    for place, name in re.findall(r"`(\w[\w./-]*\.(?:py|toml|sh|json|lock|md|jsonl))(?::(\w+))?`", text):
        files = [base / place for base in (package, root, root / "src") if (base / place).is_file()]
        # The bare name of a file that several rooms have, or that an installation makes.
        if not files and "/" not in place:
            continue
        if not files:
            faults.append(f"{place} is not there")
        elif name and name not in defined(files[0]):
            faults.append(f"{place} has no {name}")
    return faults


def defined(path: Path) -> set[str]:
    """Names at the top of a module."""
    names: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def unknown_make_targets(makefile: str, text: str) -> list[str]:
    """`make X` in a page that the Makefile does not know."""
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = re.findall(r"(?:`|^ *)make ([a-z]+)\b", text, re.MULTILINE)
    return [f"make {target}" for target in dict.fromkeys(named) if target not in targets]


def unknown_commands(text: str, command: Any) -> list[str]:
    """Uses of `aivoicecaller …` in a page that the program would not take."""
    faults: list[str] = []
    for used in re.findall(r"(?:^ *|[`/])aivoicecaller ([^`\n#|]+)", text, re.MULTILINE):
        group, words = command, used.split()
        while words and words[0] in getattr(group, "commands", {}):
            group = group.commands[words.pop(0)]
        options = {option for parameter in group.params for option in parameter.opts} | {"--help"}
        if group is command and (not words or not words[0].startswith("--")):
            faults.append(f"aivoicecaller {used.strip()}: no such command")
        faults += [
            f"aivoicecaller {used.strip()}: no option {word}"
            for word in words
            if word.startswith("--") and word not in options | {"--install-completion"}
        ]
    return faults


def _without_code_blocks(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)


def terms_missing(glossary: str, sources: str, terms: Collection[str] = TERMS) -> list[str]:
    """Terms that the code uses and the glossary does not define in bold."""
    defined_terms = {term.lower() for term in re.findall(r"\*\*([^*]+)\*\*", glossary)}
    return [
        term
        for term in terms
        if term.lower() not in defined_terms and re.search(rf"\b{_in_code(term)}s?\b", sources, re.IGNORECASE)
    ]


def _in_code(term: str) -> str:
    return r"[\W_]?".join(re.escape(word) for word in re.split(r"[ -]", term))


def problem_kinds(src: Path) -> set[str]:
    """The kind of every `Refused(status, kind, …)`; of one that is put together, what stands before the first value."""
    found: set[str] = set()
    for _, tree in modules(src):
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name("Refused"), args=[_, ast.Constant(str(kind)), *_]):
                    found.add(kind)
                case ast.Call(func=ast.Name("Refused"), args=[_, ast.JoinedStr([ast.Constant(str(start)), *_]), *_]):
                    found.add(start)
                case _:
                    continue
    return found


def live_kinds(src: Path) -> set[str]:
    """What is told to watchers: texts such as `call.tool.called`."""
    return {text for text in texts(src) if re.fullmatch(r"(call|stream)\.[a-z]+(\.[a-z]+)?", text)}


def texts(src: Path) -> set[str]:
    """All texts in the sources, the pieces of those with values in them one by one."""
    return {
        node.value
        for _, tree in modules(src)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def quotes_nobody_says(page: str, said: Collection[str]) -> list[str]:
    """What the first column of a page's tables quotes, in italics, and no text of the program says. `…` is a value."""
    whole = "\n".join(said).lower()
    cells = [row.split("|")[1] for row in page.splitlines() if row.startswith("|")]
    return [
        quote
        for cell in cells
        for quote in re.findall(r"\*([^*]+)\*", cell)
        if not all(piece.strip(" :.").lower() in whole for piece in quote.split("…"))
    ]
