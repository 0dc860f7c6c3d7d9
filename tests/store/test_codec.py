"""Facts, commands and calls survive the way into the record and back."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from aivoicecaller.calls.commands import Command
from aivoicecaller.calls.events import Event
from aivoicecaller.calls.model import Call
from aivoicecaller.store.call_tables import CallTable
from aivoicecaller.store.codec import NameUnknown, decode_command, decode_event, encode

EVENTS = get_args(Event)
COMMANDS = get_args(Command)

# JSON has no NaN, and PostgreSQL's text no NUL; a lone surrogate is no text at all.
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(str, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))


@given(st.one_of([st.from_type(kind) for kind in EVENTS]))
def test_every_fact_comes_back(fact: Event) -> None:
    name, detail = encode(fact)
    assert name == type(fact).__name__
    assert isinstance(json.loads(detail), dict)
    assert decode_event(name, detail) == fact


@given(st.one_of([st.from_type(kind) for kind in COMMANDS]))
def test_every_command_comes_back(command: Command) -> None:
    assert decode_command(*encode(command)) == command


@given(st.from_type(Call))
def test_every_call_comes_back(call: Call) -> None:
    column = CallTable.__table__.c.state.type
    text = column.process_bind_param(call, sqlite.dialect())
    assert column.process_result_value(text, sqlite.dialect()) == call


@pytest.mark.parametrize("decode", [decode_event, decode_command])
def test_a_name_of_another_release_is_refused(decode: object) -> None:
    with pytest.raises(NameUnknown, match="Levitated"):
        decode("Levitated", "{}")  # type: ignore[operator]
