"""The small values that every room uses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aivoicecaller import phone
from aivoicecaller.clock import Clock, ManualClock
from aivoicecaller.ids import new_id
from aivoicecaller.privacy import Private, masked_number, scrub
from aivoicecaller.references import ReferenceRefused, References
from aivoicecaller.settings import Settings, SettingsInvalid, load

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


GOOD = {
    "OPENAI_PROJECT_ID": ["proj_abc-DEF_1"],
    "OPENAI_SIP_HOST": ["sip-eu.api.openai.com", "localhost", "127.0.0.1:5060"],
    "OPENAI_WEBHOOK_SECRET": ["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkw", "older-secret"],
    "TWILIO_ACCOUNT_SID": ["AC" + "0123456789abcdef" * 2],
    "TWILIO_FROM_NUMBER": ["+12025550199", "+1 (202) 555-0199"],
    "ALLOWED_COUNTRIES": ["US", "us, de ,", "GB,CA"],
    "DEFAULT_COUNTRY": ["DE"],
    "PUBLIC_URL": [
        "https://calls.example.com",
        "https://calls.example.com/",
        "https://example.com:8443/calls",
        "http://localhost:3000",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
    ],
}
BAD = {
    "OPENAI_PROJECT_ID": (["default", "proj_", "proj_a b", "proj_a@b"], "proj_abc123"),
    "OPENAI_SIP_HOST": (
        ["sip:api.openai.com", "https://sip.openai.com", "a b", "host:", "h/"],
        "sip.api.openai.com",
    ),
    "OPENAI_WEBHOOK_SECRET": (["whsec_a", "whsec_", "whsec_MDEy MzQ1", "a secret", "whsec_…"], "whsec_ and base64"),
    "TWILIO_ACCOUNT_SID": (["AC1", "SK" + "0" * 32, "AC" + "g" * 32, "AC" + "0" * 33], "AC and 32 hexadecimal"),
    "TWILIO_FROM_NUMBER": (["2025550199", "+1202", "+1-800-FLOWERS", "+12025550199 ext. 7", "+"], "+12025550199"),
    "ALLOWED_COUNTRIES": (["USA", "US,USA", "Germany", "XX"], "US,CA,DE"),
    "DEFAULT_COUNTRY": (["XX", "USA", "us"], "like US"),
    "PUBLIC_URL": (
        [
            "http://calls.example.com",
            "http://10.0.0.1",
            "https://a.example?x=1",
            "https://a.example#x",
            "ftp://a.example",
        ],
        "https://",
    ),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_a_value_that_works_is_taken(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    settings = load()
    if name == "TWILIO_FROM_NUMBER":
        assert phone.parse(settings.twilio_from_number).e164 == "+12025550199"


@pytest.mark.parametrize(
    ("name", "value", "write"), [(name, value, write) for name, (values, write) in BAD.items() for value in values]
)
def test_what_would_fail_in_a_call_fails_at_the_start_and_says_what_to_write(monkeypatch, name, value, write):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid) as caught:
        load()
    (fault,) = caught.value.faults
    assert fault.startswith(f"{name}: ")
    assert write in fault


@given(st.text(alphabet="+0123456789 ().-abx;=", max_size=20))
def test_a_number_of_ours_that_settings_take_can_be_read(text):
    try:
        number = Settings(_env_file=None, twilio_from_number=text).twilio_from_number
    except ValidationError:
        return
    assert number is None or phone.parse(number)


def test_a_fault_does_not_show_a_secret(monkeypatch):
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", "whsec_MDEy MzQ1")
    with pytest.raises(SettingsInvalid) as caught:
        load()
    assert "MDEy" not in str(caught.value)


def test_a_country_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("ALLOWED_COUNTRIES", "US,USA,DE")
    with pytest.raises(SettingsInvalid, match="“USA” is no country") as caught:
        load()
    assert "“US”" not in str(caught.value)


def test_a_slip_in_our_own_files_is_named_with_what_was_meant(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("OPENAI_KEY=sk-1\nHOME=/root\nDEBUG=1\nPORT=http\n", "utf-8")
    (tmp_path / ".env.local").write_text("ADMIN_PASWORD=x\nTWILIO_SID=AC1\nlog_level=info\nPROTS=1\n", "utf-8")
    with pytest.raises(SettingsInvalid) as caught:
        load()
    port, *slips = caught.value.faults
    assert port.startswith("PORT: ")
    assert [slip.split(": ")[0] for slip in slips] == [
        "OPENAI_KEY in .env",
        "ADMIN_PASWORD in .env.local",
        "TWILIO_SID in .env.local",
    ]
    assert "OPENAI_API_KEY" in slips[0]
    assert "ADMIN_PASSWORD" in slips[1]


def test_other_programs_variables_in_the_environment_are_left_alone(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_ORG_ID", "TWILIO_API_KEY", "ADMIN_PASWORD"):
        monkeypatch.setenv(name, "x")
    assert load().port == 3000


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert load().port == 3000
    assert not load().has_any_key
