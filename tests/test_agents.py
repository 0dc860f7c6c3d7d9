"""What an agent is, and the words of its templates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aivoicecaller.agents.demo import DEMO_CONFIG
from aivoicecaller.agents.model import AgentConfig
from aivoicecaller.agents.templates import VariablesMissing, fill, variables_of
from aivoicecaller.tools.builtin import toolbox


def test_variables_are_filled_in_one_pass():
    assert (
        fill("Hello {{name}}, {{ name }}!", {"name": "{{secret}}", "secret": "no"}) == "Hello {{secret}}, {{secret}}!"
    )


def test_all_missing_variables_are_named_at_once():
    with pytest.raises(VariablesMissing) as caught:
        fill("{{a}} {{b}} {{a}} {{c}}", {"b": "x"})
    assert caught.value.names == ("a", "c")


@given(st.text())
def test_text_without_variables_stays_as_it_is(text):
    if not variables_of(text):
        assert fill(text, {}) == text


@pytest.mark.parametrize("text", ["{{7*7}}", "{{a.b}}", "{{a[0]}}", "{{}}", "{a}", "{{ a b }}"])
def test_nothing_but_names_is_a_variable(text):
    assert fill(text, {"a": "x"}) == text


def test_unknown_fields_and_values_out_of_range_are_refused():
    for wrong in ({"colour": "blue"}, {"speed": 3}, {"limits": {"talk_s": 4000}}, {"turn_detection": {"type": "none"}}):
        with pytest.raises(ValidationError):
            AgentConfig(instructions="Hello.", **wrong)


def test_the_demo_agent_uses_tools_that_exist():
    assert [spec.name for spec in toolbox().specs(DEMO_CONFIG.tools)] == list(DEMO_CONFIG.tools)
    assert not variables_of(DEMO_CONFIG.instructions, DEMO_CONFIG.greeting)
