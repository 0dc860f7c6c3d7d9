"""The small values that every room uses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aivoicecaller import phone
from aivoicecaller.clock import Clock, ManualClock
from aivoicecaller.ids import new_id
from aivoicecaller.privacy import Private, masked_number, scrub
from aivoicecaller.references import ReferenceRefused, References
from aivoicecaller.settings import SettingsInvalid, load

CALL = "call_" + "0123456789abcdef" * 2


@given(st.text(max_size=40), st.sampled_from([None, "US", "DE", "XX"]))
def test_any_text_is_a_number_or_says_what_to_write(text, country):
    try:
        number = phone.parse(text, country)
    except phone.NumberUnreadable as error:
        number, words = None, str(error)
    else:
        words = ""
    assert words or phone.parse(number.e164) == number


@pytest.mark.parametrize(
    ("text", "country", "wanted"),
    [
        ("+1 (202) 555-0100", None, "+12025550100"),
        ("202.555.0100", "US", "+12025550100"),
        ("030 123456", "DE", "+4930123456"),
        ("0044 20 7946 0000", "DE", "+442079460000"),
        ("+442079460000", "US", "+442079460000"),
    ],
)
def test_numbers_are_read_as_people_write_them(text, country, wanted):
    assert phone.parse(text, country).e164 == wanted


def test_ids_sort_by_the_time_they_were_made():
    made = [new_id("call") for _ in range(3)]
    assert len({*made}) == 3
    assert [each[5:17] for each in made] == sorted(each[5:17] for each in made)
    assert made[0][17] == "7", "UUID version 7"
    assert made[0][21] in "89ab", "RFC 9562 variant"


def test_a_fast_clock_is_consistent():
    clock = Clock(speed=50)
    assert clock.real_seconds(100) == 2
    assert clock.now() <= clock.now()


def test_a_manual_clock_stands_still_and_never_goes_back():
    clock = ManualClock()
    before = clock.now()
    clock.advance(5)
    assert clock.now() == before + 5
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)


def test_a_reference_names_its_call_until_it_expires():
    references = References(b"0123456789abcdef")
    text = references.make("sip", CALL, 1000.0)
    assert len(text) <= 72
    assert references.read("sip", text, 999.0) == CALL
    with pytest.raises(ReferenceRefused, match="expired"):
        references.read("sip", text, 1001.0)
    with pytest.raises(ReferenceRefused, match="another purpose"):
        references.read("twiml", text, 999.0)
    with pytest.raises(ReferenceRefused):
        References(b"another secret 16").read("sip", text, 999.0)


@given(st.data())
def test_no_changed_reference_is_read(data):
    references = References(b"0123456789abcdef")
    text = references.make("sip", CALL, 1000.0)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyzABC0123456789_-").filter(lambda c: c != text[at]))
    with pytest.raises(ReferenceRefused):
        references.read("sip", text[:at] + other + text[at + 1 :], 0.0)


@given(st.text())
def test_no_other_text_is_a_reference(text):
    with pytest.raises(ReferenceRefused):
        References(b"0123456789abcdef").read("sip", text, 0.0)


def test_what_is_private_does_not_print():
    assert "Ann" not in f"{Private('Ann', 'name')} {Private('Ann')!r}"
    assert masked_number("+12025550100") == "+1…00"
    scrubbed = scrub({"to": "+12025550100", "key": ["sk-live-123456", "whsec_abcdefgh"], "count": 3})
    assert scrubbed == {"to": "+1…00", "key": ["<secret>", "<secret>"], "count": 3}


def test_a_bad_start_lists_all_faults_at_once(monkeypatch):
    for name, value in {"PORT": "http", "DEFAULT_COUNTRY": "Germany", "PUBLIC_URL": "calls"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid) as caught:
        load()
    assert len(caught.value.faults) == 3
    assert any(fault.startswith("PUBLIC_URL: ") and "https://" in fault for fault in caught.value.faults)


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert load().port == 3000
    assert not load().has_any_key
