"""docs/states.md: the tables of `calls/` as diagrams, and the deadlines over their states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import aivoicecaller.calls
from aivoicecaller.calls import leg, session, turn
from aivoicecaller.calls.events import DeadlineKind
from aivoicecaller.calls.model import LegState, SessionState, TurnState

from . import lives
from .source import Length, Rule, Sources, docstrings_of_members

Table = Mapping[Any, Mapping[type, Any]]
Move = tuple[str, str, str]
"""State before, state after, and the fact that caused it."""

INTRODUCTION = """\
A call is three small state machines that run side by side: the person's leg at the carrier, the engine session, and the
turn. Each is a table in `src/aivoicecaller/calls/`; `machine.step()` feeds them one fact at a time.

In the diagrams an arrow carries the facts that make the move. A fact in brackets makes it by a rule that joins the
machines; those arrows were seen in the whole calls of `docs/made/lives.py`, and below each diagram stands which
function holds the rule. A fact that leaves the state as it is has no arrow. A fact that a state does not list
changes nothing and is noted as an oddity, so late, doubled and disordered messages do no harm.
[architecture.md](architecture.md) tells the same story in order.
"""

DEADLINES = """\
Every state but the last has a deadline, so no call can hang. A deadline that passes is a fact like any other
(`calls/deadlines.py`). `ring_s`, `talk_s`, `silence_s` and `silence_prompts` are limits of the agent
(`agents/model.py`).
"""

SECTIONS: Sequence[tuple[str, str, Table, type[StrEnum], str]] = (
    (
        "leg",
        "The person's leg",
        leg.LEG,
        LegState,
        "`calls/leg.py`: the signalling path between the carrier and the person.",
    ),
    (
        "session",
        "The engine session",
        session.SESSION,
        SessionState,
        "`calls/session.py`: prepared before the phone rings, accepted once, and watched by a sideband.",
    ),
    (
        "turn",
        "The turn",
        turn.TURN,
        TurnState,
        "`calls/turn.py`: whether the engine is making a response. Only one may be made at a time.",
    ),
)

PASSED: Mapping[DeadlineKind, str] = {
    DeadlineKind.PREPARE: "The engine did not confirm the configuration. The call fails, and no phone rang.",
    DeadlineKind.DIAL: "The carrier did not say whether it dialled. It is asked, a few times; it is never told to dial "
    "again. Without an answer the call fails.",
    DeadlineKind.RING: "No word of an answer or an end. The carrier is asked, since its callback may be lost; when it "
    "has none either, the leg is withdrawn, and the outcome is `no_answer`.",
    DeadlineKind.OFFER: "The person answered, but the engine's webhook did not come. The call fails; probably the "
    "webhook's address or the project id is wrong.",
    DeadlineKind.ACCEPT: "The engine did not confirm our accept. The call fails.",
    DeadlineKind.ATTACH: "The engine accepted, but no session started. The call fails.",
    DeadlineKind.CONFIGURE: "The engine did not confirm its configuration. The call fails.",
    DeadlineKind.RESPONSE: "A response did not end. It is asked for again; the third failure in a row ends the call.",
    DeadlineKind.SILENCE: "Nobody spoke. The agent asks whether somebody is there, `silence_prompts` times; then it "
    "says goodbye, and the call is `completed`. After a lost sideband it is let go on first: it may wait for a tool.",
    DeadlineKind.PLAYBACK: "The news that a response was heard is lost: it counts as heard.",
    DeadlineKind.SPEECH: "The news that the caller paused is lost: the caller counts as silent.",
    DeadlineKind.KEYS: "The person has stopped pressing keys: they are given to the engine, which answers.",
    DeadlineKind.FAREWELL: "The goodbye was not heard in time. The call is ended in mid-word.",
    DeadlineKind.CONFIRM: "The carrier had its time to confirm or explain an end that somebody else told of. The call "
    "is ended and judged by what is known.",
    DeadlineKind.HANG_UP: "The carrier did not confirm our hang-up. It is asked, ever more rarely, and told again "
    "if the order failed, until the limit.",
    DeadlineKind.LIMIT: "The longest time for a call was reached. An agent that is talking says goodbye; otherwise the "
    "call is ended at once. While an end is being confirmed: the carrier's own limit has ended the leg by now, so the "
    "call counts as ended, and that is noted as an oddity.",
}


class Unexplained(ValueError):
    """A deadline of which this page would not say what follows when it passes."""


def page() -> str:
    """Errors: Unexplained, ValueError for a length that cannot be read."""
    sources = Sources(Path(aivoicecaller.calls.__path__[0]))
    rules, seen = sources.rules(), list(lives.moves())
    parts = ["# States of a call", INTRODUCTION]
    for part, title, table, states, what in SECTIONS:
        parts += [
            f"## {title}",
            what,
            diagram(table, [(before, after, fact) for each, before, after, fact in seen if each == part]),
            "\n".join(_meanings(states, [rule for rule in rules if rule.part == part])),
        ]
    parts += ["## Deadlines", DEADLINES, "\n".join(_deadlines(sources))]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def diagram(table: Table, seen: Sequence[Move]) -> str:
    """A Mermaid state diagram: the table's moves, and in brackets those seen beside it."""
    arrows: dict[tuple[str, str], dict[str, None]] = {}
    for before, moves in table.items():
        for fact, after in moves.items():
            if after is not before:
                arrows.setdefault((before, after), {})[fact.__name__] = None
    for before, after, fact in seen:
        facts = arrows.setdefault((before, after), {})
        if fact not in facts:
            facts[f"({fact})"] = None
    ends = [state for state in table if not any(before == state for before, _ in arrows)]
    return "\n".join(
        [
            "```mermaid",
            "stateDiagram-v2",
            *(f"    {state}" for state in table),
            f"    [*] --> {next(iter(table))}",
            *(f"    {before} --> {after}: {'<br/>'.join(facts)}" for (before, after), facts in arrows.items()),
            *(f"    {state} --> [*]" for state in ends),
            "```",
        ]
    )


def _meanings(states: type[StrEnum], rules: Sequence[Rule]) -> Iterator[str]:
    """What the states mean whose name does not say it all, and the rules outside the table that set them."""
    meanings = docstrings_of_members(states)
    yield "| state | meaning | set outside its table by |"
    yield "|---|---|---|"
    for state in states:
        meaning = meanings.get(state.name, "")
        setters = [f"`{rule.function}`" for rule in rules if rule.state == state.name]
        if meaning or setters:
            yield f"| `{state}` | {meaning} | {', '.join(setters)} |"


def _deadlines(sources: Sources) -> Iterator[str]:
    lengths = sources.lengths()
    yield "| deadline | length, where it is set, and why that long | when it passes |"
    yield "|---|---|---|"
    if unexplained := [str(kind) for kind in DeadlineKind if kind not in PASSED]:
        raise Unexplained(f"Say in docs/made/states.py, PASSED, what follows when these pass: {', '.join(unexplained)}")
    for kind in DeadlineKind:
        given = sorted((each for each in lengths if each.kind == kind.name), key=lambda each: each.functions)
        yield f"| `{kind}` | {'<br/>'.join(map(_length, given))} | {PASSED[kind]} |"


def _length(length: Length) -> str:
    setters = ", ".join(f"`{function}`" for function in length.functions)
    return " ".join((f"**{length.words}** in {setters}.", *length.reasons))
