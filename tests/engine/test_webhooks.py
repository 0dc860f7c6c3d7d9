"""Only what OpenAI signed gets in. The signatures come from a library that is not OpenAI's."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Signer

from aivoicecaller.engine.errors import WebhookRefused
from aivoicecaller.engine.webhooks import IncomingCall, Webhook, incoming, verify

from ..wire import payload

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER = "whsec_" + base64.b64encode(b"another key, another key, another").decode()
BODY = orjson.dumps(payload("openai/call_incoming"))


def signed(body: bytes = BODY, secret: str = SECRET, at: float | None = None, id_: str = "wh_1") -> dict[str, str]:
    """Headers as OpenAI sends them."""
    when = datetime.fromtimestamp(int(time.time() if at is None else at), UTC)
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(when.timestamp())),
        "webhook-signature": Signer(secret).sign(id_, when, body.decode()),
    }


def event(**data: object) -> Webhook:
    return Webhook("wh_1", "realtime.call.incoming", 1795000000, {"call_id": "rtc_1", **data})


def test_a_genuine_webhook_is_read():
    webhook = verify(BODY, signed(), [SECRET])

    assert (webhook.id, webhook.type, webhook.created_at) == ("wh_1", "realtime.call.incoming", 1795000000)
    call = incoming(webhook)
    assert call.engine_call_id == "rtc_u0_9c6574da"
    assert call.media_security == "srtp"
    assert call.reference == "sip.call_0193.1795000120.c2lnbmF0dXJl"
    assert call.header("diversion") == "<sip:+12025550198@pstn.twilio.com>;reason=unconditional"
    assert call.header("P-Asserted-Identity") is None
    assert [name for name, _ in call.headers][:2] == ["From", "To"]


def test_names_of_headers_have_any_case():
    headers = {name.title(): value for name, value in signed().items()}

    assert verify(BODY, headers, [SECRET]).id == "wh_1"


@pytest.mark.parametrize("secrets", [[SECRET, OTHER], [OTHER, SECRET]])
def test_either_of_two_secrets_will_do(secrets: list[str]):
    assert verify(BODY, signed(), secrets).id == "wh_1"


def test_one_signature_of_several_will_do():
    headers = signed()
    headers["webhook-signature"] = f"v1,{base64.b64encode(b'x' * 32).decode()} {headers['webhook-signature']}"

    assert verify(BODY, headers, [SECRET]).id == "wh_1"


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(missing: str):
    headers = signed()
    del headers[missing]

    with pytest.raises(WebhookRefused, match="a webhook header is missing"):
        verify(BODY, headers, [SECRET])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"webhook-id": "wh_2"}, "does not match"),
        ({"webhook-timestamp": "soon"}, "Invalid webhook timestamp"),
        ({"webhook-timestamp": "9" * 5000}, "Invalid webhook timestamp"),
        ({"webhook-signature": "v1,é"}, "not ASCII"),
        ({"webhook-signature": "v1,"}, "does not match"),
        ({"webhook-id": "wh_\ud800"}, "not UTF-8"),
    ],
)
def test_a_changed_header_is_refused(change: dict[str, str], reason: str):
    with pytest.raises(WebhookRefused, match=reason):
        verify(BODY, signed() | change, [SECRET])


@pytest.mark.parametrize(("age_s", "reason"), [(301, "too old"), (-305, "too new")])
def test_a_webhook_out_of_its_time_is_refused(age_s: int, reason: str):
    with pytest.raises(WebhookRefused, match=reason):
        verify(BODY, signed(at=time.time() - age_s), [SECRET])


@pytest.mark.parametrize(
    ("secrets", "reason"),
    [
        ([OTHER], "does not match"),
        ([], "no webhook secret"),
        (["", "whsec_"], "no webhook secret"),
        (["whsec_a"], "not base64"),
    ],
)
def test_a_wrong_secret_opens_nothing(secrets: list[str], reason: str):
    with pytest.raises(WebhookRefused, match=reason):
        verify(BODY, signed(), secrets)


def test_an_empty_secret_does_not_verify_what_anybody_can_sign():
    from standardwebhooks.webhooks import hmac_data

    headers = signed()
    forged = hmac_data(b"", f"wh_1.{headers['webhook-timestamp']}.{BODY.decode()}".encode())
    headers["webhook-signature"] = f"v1,{base64.b64encode(forged).decode()}"

    with pytest.raises(WebhookRefused):
        verify(BODY, headers, ["", "whsec_"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"type": "x"}',
        b'{"type": 5, "data": {}}',
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes):
    with pytest.raises(WebhookRefused, match="the body is not"):
        verify(body, signed(body), [SECRET])


def test_a_body_that_is_not_utf_8_is_refused():
    with pytest.raises(WebhookRefused, match="not UTF-8"):
        verify(b"\xff\xfe", signed(), [SECRET])


@given(st.binary(max_size=60), st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=4), st.text())
def test_nothing_raises_but_the_refusal(body: bytes, extra: dict[str, str], secret: str):
    headers = {name: extra.get(name, value) for name, value in signed().items()} | extra
    with pytest.raises(WebhookRefused):
        verify(body, headers, [secret, f"whsec_{secret}"])


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "webhook-id": st.text(max_size=10),
            "webhook-timestamp": st.text(max_size=10) | st.just(str(int(time.time()))),
            "webhook-signature": st.text(max_size=30) | st.just("v1,"),
        },
    )
)
def test_no_headers_raise_anything_but_the_refusal(headers: dict[str, str]):
    with pytest.raises(WebhookRefused):
        verify(BODY, headers, [SECRET])


def test_an_event_of_another_type_announces_no_call():
    with pytest.raises(WebhookRefused):
        incoming(Webhook("wh_1", "batch.completed", 1795000000, {"call_id": "rtc_1"}))


@pytest.mark.parametrize("call_id", [None, "", 5, ["rtc_1"]])
def test_a_call_without_an_id_is_refused(call_id: object):
    with pytest.raises(WebhookRefused):
        incoming(event(call_id=call_id))


@pytest.mark.parametrize("headers", [None, 5, "x", [None, 5, {"name": "From"}, {"name": 1, "value": "x"}]])
def test_odd_headers_are_left_out(headers: object):
    assert incoming(event(sip_headers=headers)) == IncomingCall("rtc_1", (), None)


def test_our_header_twice_is_no_reference():
    twice = [{"name": "X-Call-Ref", "value": "a"}, {"name": "x-call-ref", "value": "b"}]

    call = incoming(event(sip_headers=twice))

    assert call.reference is None
    assert call.header("X-Call-Ref") == "a"
