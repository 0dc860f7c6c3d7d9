"""Documents are exactly what Twilio is told, and never more than it takes."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from aivoicecaller.carrier import twiml
from aivoicecaller.carrier.errors import OrderInvalid
from aivoicecaller.carrier.wire import BridgeOrder
from aivoicecaller.engine.webhooks import CALL_REF_HEADER

ORDER = BridgeOrder(
    project_id="proj_0123456789abcdef",
    sip_host="sip.api.openai.com",
    reference="sip.call_0193.1795000120.a+b/c=",
    caller_id="+12025550199",
    action_url="https://calls.example.com/api/twiml/after?call=call_0193&x=1",
    recording_url="https://calls.example.com/api/twilio/recording",
    engine_leg_url="https://calls.example.com/api/twilio/engine-leg",
    talk_s=90.2,
)


def test_a_leg_is_connected_with_the_engine():
    assert twiml.connect(ORDER) == (
        '<?xml version="1.0" encoding="UTF-8"?><Response>'
        '<Dial action="https://calls.example.com/api/twiml/after?call=call_0193&amp;x=1" answerOnBridge="true" '
        'callerId="+12025550199" record="record-from-answer-dual" '
        'recordingStatusCallback="https://calls.example.com/api/twilio/recording" '
        'recordingStatusCallbackEvent="completed absent" timeLimit="121">'
        '<Sip statusCallback="https://calls.example.com/api/twilio/engine-leg" '
        'statusCallbackEvent="initiated ringing answered completed">'
        "sip:proj_0123456789abcdef@sip.api.openai.com;transport=tls;secure=true"
        "?X-Call-Ref=sip.call_0193.1795000120.a%2Bb%2Fc%3D</Sip></Dial></Response>"
    )


def test_what_is_not_wanted_is_not_written():
    dial = ElementTree.fromstring(twiml.connect(replace(ORDER, recording_url=None, caller_id=None))).find("Dial")

    assert dial is not None
    assert set(dial.attrib) == {"action", "answerOnBridge", "timeLimit"}


def test_the_engine_reads_the_header_that_the_carrier_sends():
    assert twiml.CALL_REF_HEADER == CALL_REF_HEADER


@pytest.mark.parametrize(
    "change",
    [
        {"project_id": "proj_x@elsewhere.example"},
        {"project_id": ""},
        {"sip_host": "sip.example.com;transport=udp"},
        {"sip_host": "a" * 250},
        {"reference": "é" * 200},
    ],
)
def test_an_order_twilio_would_not_take_is_refused(change: dict[str, str]):
    with pytest.raises(OrderInvalid):
        twiml.connect(replace(ORDER, **change))


def test_an_apology_is_said_and_ends_the_leg():
    document = ElementTree.fromstring(twiml.apology("Sorry <we> can't & won't."))

    assert [(verb.tag, verb.text) for verb in document] == [("Say", "Sorry <we> can't & won't."), ("Hangup", None)]


def test_short_documents():
    assert twiml.nothing().endswith("<Response />")
    assert '<Reject reason="busy" />' in twiml.reject(busy=True)
    assert '<Reject reason="rejected" />' in twiml.reject(busy=False)
