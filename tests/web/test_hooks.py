"""Providers' webhooks: only genuine ones are taken, and each only once."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from aivoicecaller.topics import NEWS

from .conftest import SANDBOX, URL

OPENAI = "/api/openai/webhook"


def signed(body: bytes, *, webhook_id="wh_1", at=None, secret=SANDBOX.openai_webhook_secret):
    at = str(int(time.time()) if at is None else at)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{webhook_id}.{at}.".encode() + body, "sha256")
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": at,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
        "content-type": "application/json",
    }


def incoming(call_id="rtc_1", reference=None) -> bytes:
    headers = [{"name": "From", "value": "<sip:+12025550199@pstn.example>"}]
    if reference is not None:
        headers.append({"name": "X-Call-Ref", "value": reference})
    return json.dumps(
        {
            "object": "event",
            "id": "evt_1",
            "type": "realtime.call.incoming",
            "created_at": int(time.time()),
            "data": {"call_id": call_id, "sip_headers": headers},
        }
    ).encode()


async def post(site, body, headers):
    return await site.stranger.post(OPENAI, content=body, headers=headers)


async def test_a_genuine_webhook_without_a_reference_is_not_ours(site):
    body = incoming()
    response = await post(site, body, signed(body))
    assert (response.status_code, response.json()) == (200, {"taken": False})


async def test_a_reference_of_a_stranger_is_not_ours(site):
    body = incoming(reference="call_" + "0" * 32 + "-zzzzzz-" + "A" * 22)
    assert (await post(site, body, signed(body))).json() == {"taken": False}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body, headers: (body + b" ", headers),
        lambda body, headers: (body, {**headers, "webhook-id": "wh_2"}),
        lambda body, headers: (body, {**headers, "webhook-signature": "v1,AAAA"}),
        lambda body, headers: (body, {**headers, "webhook-signature": ""}),
        lambda body, headers: (body, {key: value for key, value in headers.items() if key != "webhook-signature"}),
        lambda body, headers: (body, {key: value for key, value in headers.items() if key != "webhook-id"}),
        lambda body, headers: (body, signed(body, at=time.time() - 301)),
        lambda body, headers: (body, signed(body, at=time.time() + 301)),
        lambda body, headers: (body, signed(body, secret="whsec_" + base64.b64encode(b"other" * 8).decode())),
        lambda body, headers: (b"\xff", signed(b"\xff")),
        lambda body, headers: (b"[]", signed(b"[]")),
        lambda body, headers: (b"no json", signed(b"no json")),
    ],
)
async def test_what_is_not_genuine_is_refused(site, spoil):
    body = incoming()
    response = await post(site, *spoil(body, signed(body)))
    assert response.status_code == 401
    assert response.json()["type"] == "/problems/webhook-refused"


async def test_another_kind_of_event_is_kept_and_changes_nothing(site):
    body = json.dumps({"type": "response.completed", "created_at": 1, "data": {}}).encode()
    assert (await post(site, body, signed(body))).json() == {"taken": False}


def twilio_signature(path: str, form: dict[str, str], token=SANDBOX.auth_token) -> str:
    return RequestValidator(token).compute_signature(URL + path, form)


async def tell(site, path, form, **headers):
    content_type = {"content-type": "application/x-www-form-urlencoded"}
    return await site.stranger.post(path, content=urlencode(form), headers=content_type | headers)


STATUS = "/api/twilio/status?call=call_" + "0" * 32


async def test_a_callback_for_an_unknown_call(site):
    form = {"CallSid": "CA" + "1" * 32, "CallStatus": "ringing"}
    response = await tell(site, STATUS, form, **{"x-twilio-signature": twilio_signature(STATUS, form)})
    assert response.status_code == 404
    assert response.json()["type"] == "/problems/not-found"


@pytest.mark.parametrize("path", ["/api/twiml", STATUS, "/api/twilio/recording", "/api/twilio/amd", "/api/twiml/after"])
async def test_a_request_that_twilio_did_not_sign(site, path):
    form = {"CallSid": "CA1"}
    for headers in ({}, {"x-twilio-signature": ""}, {"x-twilio-signature": twilio_signature(path, form, "other")}):
        response = await tell(site, path, form, **headers)
        assert response.status_code == 403
        assert response.json()["type"] == "/problems/signature-refused"


async def test_forwarding_headers_do_not_change_what_is_verified(site):
    form = {"CallSid": "CA" + "1" * 32, "CallStatus": "ringing"}
    forged = RequestValidator(SANDBOX.auth_token).compute_signature("https://evil.example" + STATUS, form)
    response = await tell(
        site,
        STATUS,
        form,
        **{"x-twilio-signature": forged, "x-forwarded-host": "evil.example", "x-forwarded-proto": "https"},
    )
    assert response.status_code == 403


async def test_a_number_that_rings_in_is_refused_unanswered(site):
    form = {"CallSid": "CA" + "1" * 32, "From": "+12025550100", "To": "+12025550199", "Direction": "inbound"}
    response = await tell(site, "/api/twiml", form, **{"x-twilio-signature": twilio_signature("/api/twiml", form)})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/xml")
    assert "<Reject" in response.text


async def test_a_secret_that_is_not_ours_gets_an_apology(site):
    path = "/api/twiml?secret=made-up"
    form = {
        "CallSid": "CA" + "1" * 32,
        "Direction": "outbound-api",
        "CallStatus": "in-progress",
        "From": "+1",
        "To": "+1",
    }
    response = await tell(site, path, form, **{"x-twilio-signature": twilio_signature(path, form)})
    assert "<Say>" in response.text
    assert "<Sip" not in response.text


def test_the_test_signs_as_the_standard_says():
    """Our helper against the reference library, so that a shared mistake cannot hide."""
    from standardwebhooks import Webhook

    body = incoming()
    assert Webhook(SANDBOX.openai_webhook_secret).verify(body.decode(), signed(body))["type"]


RECORDING_SID = "RE" + "2" * 32


def recording_form(**change):
    return {
        "CallSid": "CA" + "1" * 32,
        "RecordingSid": RECORDING_SID,
        "RecordingStatus": "completed",
        "RecordingChannels": "2",
        "RecordingDuration": "42",
    } | change


async def tell_of_recording(web_role, call_id, **change):
    path, form = f"/api/twilio/recording?call={call_id}", recording_form(**change)
    response = await tell(web_role, path, form, **{"x-twilio-signature": twilio_signature(path, form)})
    assert response.status_code == 204
    return (await web_role.http.get(f"/api/calls/{call_id}")).json()


async def test_a_recording_is_kept_before_twilio_is_answered(web_role):
    """Nobody runs the call here: what the answer acknowledges is in the record already."""
    call_id = await web_role.place()
    news = web_role.parts.bus.subscribe(NEWS)
    for _ in range(2):
        call = await tell_of_recording(web_role, call_id)
        (recording,) = call["recordings"]
        assert recording == {
            "id": recording["id"],
            "url": f"/api/recordings/{recording['id']}",
            "channels": 2,
            "duration_s": 42.0,
        }
        message = await asyncio.wait_for(anext(news), 1)
        assert message == {"kind": "call.recording.ready", "call_id": call_id, "recording": recording}


@pytest.mark.parametrize("status", ["absent", "failed"])
async def test_a_recording_that_will_not_come_is_no_longer_awaited(web_role, status):
    call_id = await web_role.place()
    await web_role.parts.store.recordings.expect(call_id, web_role.parts.clock.now())
    assert (await tell_of_recording(web_role, call_id, RecordingStatus="in-progress"))["recording_state"] == "expected"
    news = web_role.parts.bus.subscribe(NEWS)
    assert (await tell_of_recording(web_role, call_id, RecordingStatus=status))["recording_state"] == "unavailable"
    assert await asyncio.wait_for(anext(news), 1) == {"kind": "call.updated", "call_id": call_id}
