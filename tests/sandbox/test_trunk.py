"""Trunk messages survive the wire, and nothing else passes for one."""

from __future__ import annotations

import pytest

from aivoicecaller.sandbox import trunk

MESSAGES: list[trunk.Message] = [
    trunk.Invite("a@carrier", "sip:proj_x@sip.api.openai.com;transport=tls", (("Via", "1"), ("Via", "2"))),
    trunk.Cancel(),
    trunk.Dtmf("#"),
    trunk.Words("Tomorrow at three, please.", 1240),
    trunk.Trying(),
    trunk.Ringing(),
    trunk.Answer(),
    trunk.Reject(603, "Decline"),
    trunk.Refer("tel:+12025550107"),
    trunk.Bye(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.type)
def test_a_message_comes_back_as_it_was_sent(message: trunk.Message):
    assert trunk.decode(trunk.encode(message)) == message


def test_words_carry_their_source_on_the_wire():
    assert '"source":"scripted"' in trunk.encode(trunk.Words("Yes.", 400))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"type":"sing"}',
        '{"type":"dtmf"}',
        '{"type":"dtmf","digit":5}',
        '{"type":"reject","status":"603","reason":"x"}',
        '{"type":"invite","call_id":"a","request_uri":"b","headers":{"From":"x"}}',
        '{"type":"invite","call_id":"a","request_uri":"b","headers":[["From"]]}',
    ],
)
def test_anything_else_is_refused(text: str):
    with pytest.raises(trunk.TrunkError):
        trunk.decode(text)


def test_a_frame_is_twenty_milliseconds_of_silence_by_default():
    assert len(trunk.SILENCE) == trunk.FRAME_BYTES == 160
