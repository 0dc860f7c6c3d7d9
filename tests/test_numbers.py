"""The dial gate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aivoicecaller.numbers.rules import DialRules, emergency, may_dial
from aivoicecaller.phone import NumberUnreadable, parse

HOME = DialRules(parse("+12025550199"), frozenset())


@pytest.mark.parametrize(
    ("text", "country"),
    [("911", "US"), (" 911 ", "US"), ("+1911", "US"), ("112", "DE"), ("110", "DE"), ("999", "GB"), ("000", "AU")],
)
def test_emergency_numbers_are_refused_however_they_are_written(text, country):
    refusal = emergency(text, country)
    assert refusal is not None
    assert refusal.code == "emergency"


def test_a_number_that_only_begins_like_one_is_not_an_emergency():
    assert emergency("+12025550911", "US") is None


def test_only_the_country_of_the_own_number_unless_others_are_allowed():
    berlin = parse("+4930123456")
    assert may_dial(parse("+12025550100"), HOME) is None
    refusal = may_dial(berlin, HOME)
    assert refusal is not None
    assert "ALLOWED_COUNTRIES" in refusal.reason
    assert may_dial(berlin, DialRules(HOME.own_number, frozenset({"DE"}))) is None


@pytest.mark.parametrize("number", ["+19005551234", "+499001234567", "+449098790000"])
def test_costly_numbers_are_refused_even_in_allowed_countries(number):
    refusal = may_dial(parse(number), DialRules(None, frozenset({"US", "DE", "GB"})))
    assert refusal is not None
    assert refusal.code == "premium"


@given(st.integers(0, 10**14))
def test_the_gate_answers_for_every_number(digits):
    try:
        number = parse(f"+{digits}")
    except NumberUnreadable:
        return
    refusal = may_dial(number, HOME)
    assert refusal is None or refusal.reason


@given(st.sampled_from(["870", "881", "882", "883", "979"]), st.integers(10**7, 10**9))
def test_satellite_and_global_networks_are_never_dialled(code, rest):
    try:
        number = parse(f"+{code}{rest}")
    except NumberUnreadable:
        return
    assert may_dial(number, DialRules(None, frozenset({"US"}))) is not None
