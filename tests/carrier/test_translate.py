"""Twilio's reports become exactly these facts, and none of them makes the reader raise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aivoicecaller.calls.events import (
    EngineLegEnded,
    LegAnswered,
    LegEnd,
    LegEnded,
    LegRinging,
    LegSeen,
    MachineDetected,
)
from aivoicecaller.carrier.translate import (
    engine_leg_event,
    leg_event,
    machine_event,
    recording_report,
    status_event,
    voice_request,
)
from aivoicecaller.carrier.webhooks import Form, parse
from aivoicecaller.carrier.wire import RecordingReport, VoiceRequest

from ..wire import form_body
from .conftest import LEG, RECORDING


def form(name: str, **changes: str) -> Form:
    parameters = dict(parse(form_body(f"twilio/{name}").decode())) | changes
    return Form(list(parameters.items()))


def test_a_leg_rings_is_answered_and_ends():
    assert status_event(form("status_ringing")) == LegRinging(LEG)
    assert status_event(form("status_answered")) == LegAnswered(LEG)
    assert status_event(form("status_completed")) == LegEnded(LEG, LegEnd.COMPLETED, 42.0)


def test_a_leg_that_failed_says_why():
    assert status_event(form("status_failed")) == LegEnded(
        LEG, LegEnd.FAILED, None, "The number is not valid or not supported (Twilio 13224)."
    )
    assert status_event(form("status_failed", ErrorCode="99999")) == LegEnded(
        LEG, LegEnd.FAILED, None, "Twilio error 99999."
    )


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("queued", LegSeen(LEG)),
        ("initiated", LegSeen(LEG)),
        ("busy", LegEnded(LEG, LegEnd.BUSY)),
        ("no-answer", LegEnded(LEG, LegEnd.NO_ANSWER)),
        ("canceled", LegEnded(LEG, LegEnd.CANCELED)),
        ("something-new", None),
        ("", None),
    ],
)
def test_every_status(status: str, event: object):
    assert leg_event(LEG, status, "0") == event


def test_the_end_of_the_engines_leg_from_either_report():
    assert engine_leg_event(form("dial_action")) == EngineLegEnded(LegEnd.COMPLETED, person_there=True)
    assert engine_leg_event(form("dial_action", DialCallStatus="answered", CallStatus="completed")) == EngineLegEnded(
        LegEnd.COMPLETED, person_there=False
    )
    assert engine_leg_event(form("dial_action", DialCallStatus="busy", DialSipResponseCode="486")) == EngineLegEnded(
        LegEnd.BUSY, "The speech engine's side answered with SIP 486.", person_there=True
    )
    assert engine_leg_event(form("engine_leg_failed")) == EngineLegEnded(
        LegEnd.FAILED, "The speech engine's side answered with SIP 603."
    )
    assert engine_leg_event(form("engine_leg_failed", ErrorCode="32011")) == EngineLegEnded(
        LegEnd.FAILED, "Twilio cannot reach the speech engine's SIP address (Twilio 32011)."
    )


def test_an_engines_leg_that_goes_on_has_not_ended():
    assert engine_leg_event(form("engine_leg_answered")) is None
    assert engine_leg_event(form("dial_action", DialCallStatus="something-new")) is None
    assert engine_leg_event(form("status_completed")) is None


@pytest.mark.parametrize(
    ("answered_by", "machine"),
    [
        ("machine_start", True),
        ("machine_end_beep", True),
        ("fax", True),
        ("human", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_only_a_machine_is_news(answered_by: str, machine: bool):
    assert machine_event(form("machine", AnsweredBy=answered_by)) == (MachineDetected() if machine else None)


def test_a_recording_is_reported():
    assert recording_report(form("recording_completed")) == RecordingReport(LEG, RECORDING, 2, 42.0, "completed")
    assert recording_report(form("recording_completed", RecordingStatus="something-new")) is not None


@pytest.mark.parametrize(
    "change", [{"RecordingSid": "../x"}, {"RecordingSid": RECORDING + "\n"}, {"CallSid": ""}, {"RecordingStatus": ""}]
)
def test_a_report_of_no_recording_is_none(change: dict[str, str]):
    assert recording_report(form("recording_completed", **change)) is None


def test_a_report_without_figures_has_none():
    report = recording_report(form("recording_completed", RecordingChannels="both", RecordingDuration="-1"))

    assert report == RecordingReport(LEG, RECORDING, 0, None, "completed")


def test_a_request_for_twiml():
    assert voice_request(form("voice_inbound")) == VoiceRequest(
        LEG, True, "+12025550108", "+12025550199", "+12025550197"
    )
    assert voice_request(form("status_answered")) == VoiceRequest(LEG, False, "+12025550199", "+12025550100", "")
    assert voice_request(form("voice_inbound", CallSid="")) is None


NAMES = [
    "CallSid",
    "CallStatus",
    "CallDuration",
    "ErrorCode",
    "SipResponseCode",
    "ParentCallSid",
    "DialCallStatus",
    "DialSipResponseCode",
    "AnsweredBy",
    "RecordingSid",
    "RecordingStatus",
    "RecordingChannels",
    "RecordingDuration",
]
VALUES = (
    st.sampled_from(["completed", "in-progress", "failed", LEG, RECORDING, "1", "²", "٣", "-1", "9" * 5000]) | st.text()
)


@given(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8))
def test_no_form_makes_a_reader_raise(pairs: list[tuple[str, str]]):
    form = Form(pairs)

    for read in (status_event, engine_leg_event, machine_event, recording_report, voice_request):
        read(form)
