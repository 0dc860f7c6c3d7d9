"""The life of calls: callbacks signed and in order, documents fetched and replaced, ends with a reason."""

from __future__ import annotations

import asyncio

import pytest
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from twilio.base.exceptions import TwilioRestException

from .carrier_world import ACCOUNT, IN_ONE_WORLD, OURS, Heard, World, until

pytestmark = IN_ONE_WORLD

SAY = "<Response><Say>Hello from the carrier.</Say></Response>"
WAIT = "<Response><Pause length='600'/></Response>"


async def test_an_answered_call_tells_its_progress_in_order_and_signed(world: World) -> None:
    url = world.application.page("/twiml/hello", SAY)
    sid = await world.dial("+12025550777", url=url)
    end = await world.end_of(sid)
    told = world.application.of("/status", sid)
    assert [h.params["CallStatus"] for h in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert [h.params["SequenceNumber"] for h in told] == ["0", "1", "2", "3"]
    assert all(h.signed for h in told)
    assert len({h.token for h in told}) == 4
    for h in told:
        assert h.params["CallbackSource"] == "call-progress-events"
        assert h.params["AccountSid"] == ACCOUNT
        assert (h.params["From"], h.params["To"], h.params["Direction"]) == (OURS, "+12025550777", "outbound-api")
        assert h.params["ToCity"] == ""
        assert h.params["Timestamp"].endswith("+0000")
    assert "CallDuration" not in told[2].params
    assert 1 <= int(end["CallDuration"]) <= 6
    assert end["Duration"] == "1"
    assert end["SipResponseCode"] == "200"
    [asked] = world.application.of("/twiml/hello", sid)
    assert asked.method == "POST"
    assert asked.signed
    assert asked.token
    assert asked.params["CallStatus"] == "in-progress"
    call = await world.async_client.calls(sid).fetch_async()
    assert call.status == "completed"
    assert call.duration == end["CallDuration"]
    assert call.start_time is not None
    assert call.end_time is not None
    assert call.start_time <= call.end_time
    assert call.price == "-0.01400"


async def test_only_completed_is_told_when_no_event_is_named(world: World) -> None:
    sid = await world.dial("+12025550101", SAY, status_callback_event=[])
    end = await world.end_of(sid)
    assert (end["CallStatus"], end["SequenceNumber"], end["CallDuration"]) == ("busy", "0", "0")
    assert len(world.application.of("/status", sid)) == 1


async def test_get_requests_carry_everything_in_a_signed_query(world: World) -> None:
    url = world.application.page("/twiml/get", SAY) + "?secret=a+b%2Fc&x="
    callback = world.application.base_url + "/status?who=me"
    sid = await world.dial(
        "+12025550777", url=url, method="GET", status_callback=callback, status_callback_method="GET"
    )
    await world.end_of(sid)
    [asked] = world.application.of("/twiml/get", sid)
    assert (asked.method, asked.signed, asked.params["secret"]) == ("GET", True, "a b/c")
    told = world.application.of("/status", sid)
    assert all(h.method == "GET" and h.signed and h.params["who"] == "me" for h in told)


@pytest.mark.parametrize(
    ("to", "status", "code"), [("+12025550101", "busy", "486"), ("+12025550102", "no-answer", "480")]
)
async def test_calls_nobody_takes_end_with_their_status(world: World, to: str, status: str, code: str) -> None:
    sid = await world.dial(to, SAY, timeout=5)
    end = await world.end_of(sid)
    assert (end["CallStatus"], end["SipResponseCode"], end["CallDuration"]) == (status, code, "0")
    call = await world.async_client.calls(sid).fetch_async()
    assert (call.status, call.duration, call.price) == (status, None, None)


async def test_a_ringing_call_can_be_canceled_and_a_live_one_completed(world: World) -> None:
    ringing = await world.dial("+12025550102", SAY)
    await world.application.wait("/status", CallSid=ringing, CallStatus="ringing")
    await world.async_client.calls(ringing).update_async(status="canceled")
    assert (await world.end_of(ringing))["CallStatus"] == "canceled"
    live = await world.dial("+12025550106", WAIT)
    await world.application.wait("/status", CallSid=live, CallStatus="in-progress")
    await world.async_client.calls(live).update_async(status="canceled")  # too late, and no error
    await asyncio.to_thread(world.client.calls(live).update, status="completed")
    assert (await world.end_of(live))["CallStatus"] == "completed"
    assert world.noted("hang_up", call_sid=live)[0]["by"] == "rest"
    for change in [{"status": "completed"}, {"twiml": SAY}]:
        with pytest.raises(TwilioRestException) as refused:
            await world.async_client.calls(live).update_async(**change)
        assert (refused.value.status, refused.value.code) == (400, 21220)


async def test_new_twiml_takes_the_place_of_the_running_document(world: World) -> None:
    ringing = await world.dial("+12025550102", WAIT, timeout=600)
    with pytest.raises(TwilioRestException) as refused:
        await world.async_client.calls(ringing).update_async(twiml=SAY)
    assert refused.value.code == 21220
    await world.async_client.calls(ringing).update_async(status="canceled")
    sid = await world.dial("+12025550106", WAIT)
    await world.application.wait("/status", CallSid=sid, CallStatus="in-progress")
    url = world.application.page("/twiml/second", "<Response><Redirect>third?x=1</Redirect></Response>")
    world.application.page("/twiml/third", "<Response><Hangup/></Response>")
    updated = await world.async_client.calls(sid).update_async(url=url)
    assert updated.status == "in-progress"
    await world.end_of(sid)
    assert len(world.application.of("/twiml/second", sid)) == 1
    assert world.application.of("/twiml/third", sid)[0].params["x"] == "1"
    assert world.noted("hang_up", call_sid=sid)[0]["by"] == "document"


async def test_calls_end_at_their_time_limit(world: World) -> None:
    sid = await world.dial("+12025550106", WAIT, time_limit=4)
    end = await world.end_of(sid)
    assert int(end["CallDuration"]) <= 6
    assert world.noted("hang_up", call_sid=sid)[0]["by"] == "time limit"


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (lambda _: PlainTextResponse("oops", 500), "11200"),
        (lambda _: Response("<Response>", media_type="text/xml"), "12100"),
        (lambda _: Response("<html></html>", media_type="text/html"), "12100"),
        (lambda _: Response("", media_type="text/xml"), "12100"),
        (lambda _: Response("{}", media_type="application/json"), "12300"),
        (lambda _: Response("<Response><Gather/></Response>", media_type="text/xml"), "12200"),
        (lambda _: Response(b"<Response>\xff</Response>", media_type="text/xml"), "12100"),
        (lambda _: Response("<!DOCTYPE r [<!ENTITY a 'b'>]><Response>&a;</Response>", media_type="text/xml"), "12100"),
        (lambda _: Response("<Response>" + " " * 70_000 + "</Response>", media_type="text/xml"), "11750"),
    ],
)
async def test_an_application_error_is_said_and_ends_the_call(world: World, page: object, code: str) -> None:
    url = world.application.page("/twiml/broken", page)  # pyright: ignore[reportArgumentType]
    sid = await world.dial("+12025550106", url=url)
    end = await world.end_of(sid)
    assert end["CallStatus"] == "completed"
    assert end["ErrorCode"] == code
    assert end["ErrorMessage"]
    assert int(end["CallDuration"]) >= 3  # the apology takes its time


async def test_an_application_that_is_away_is_error_11205(world: World) -> None:
    sid = await world.dial("+12025550106", url="http://127.0.0.1:9/twiml")
    assert (await world.end_of(sid))["ErrorCode"] == "11205"


async def test_an_application_that_takes_too_long_is_error_11200(world: World) -> None:
    never = asyncio.Event()

    async def slow(_: Heard) -> Response:
        await never.wait()
        return Response(SAY, media_type="text/xml")

    sid = await world.dial("+12025550106", url=world.application.page("/twiml/slow", slow) + "#tt=200")
    end = await world.end_of(sid)
    never.set()
    assert end["ErrorCode"] == "11200"
    assert "0.2 s" in end["ErrorMessage"]


async def test_the_fallback_is_asked_with_what_went_wrong(world: World) -> None:
    url = world.application.page("/twiml/bad", lambda _: PlainTextResponse("no", 503))
    fallback = world.application.page("/twiml/fallback", SAY)
    sid = await world.dial("+12025550777", url=url, fallback_url=fallback)
    end = await world.end_of(sid)
    assert "ErrorCode" not in end
    [asked] = world.application.of("/twiml/fallback", sid)
    assert asked.params["ErrorCode"] == "11200"
    assert asked.params["ErrorUrl"] == url
    assert asked.signed


async def test_plain_text_is_read_aloud_and_redirects_are_followed_with_a_new_signature(world: World) -> None:
    target = world.application.page("/twiml/plain", "Good morning.", media_type="text/plain")
    url = world.application.page("/twiml/moved", lambda _: RedirectResponse(target, 302))
    sid = await world.dial("+12025550106", url=url)
    end = await world.end_of(sid)
    assert "ErrorCode" not in end
    [asked] = world.application.of("/twiml/plain", sid)
    assert (asked.method, asked.signed) == ("GET", True)


async def test_connection_overrides_ask_again_with_the_same_token(world: World) -> None:
    answers = iter([500, 500, 204])

    def flaky(_: Heard) -> Response:
        return PlainTextResponse("", next(answers, 204))

    callback = world.application.page("/flaky", flaky) + "#rc=3&rp=5xx"
    sid = await world.dial("+12025550101", SAY, status_callback=callback, status_callback_event=["completed"])
    asked = await world.application.wait("/flaky", 3, CallSid=sid)
    assert len({h.token for h in asked}) == 1
    assert all(h.signed for h in asked)
    await until(lambda: world.noted("status_callback", call_sid=sid), "the ledger")
    assert world.noted("status_callback", call_sid=sid)[0]["answer"] == 204


async def test_a_call_goes_on_while_the_application_is_away(world: World) -> None:
    sid = await world.dial("+12025550777", SAY, status_callback="http://127.0.0.1:9/gone")
    await until(lambda: world.exchange.services.registry.calls[sid].over, "the end")
    assert world.exchange.services.registry.calls[sid].status == "completed"
    told = await until(lambda: len(t := world.noted("status_callback", call_sid=sid)) == 4 and t, "the ledger")
    assert all("No connection" in entry["error"] for entry in told)


@pytest.mark.parametrize(
    ("to", "mode", "found"),
    [
        ("+12025550777", "Enable", "human"),
        ("+12025550103", "Enable", "machine_start"),
        ("+12025550103", "DetectMessageEnd", "machine_end_beep"),
        ("+12025550106", "Enable", "unknown"),
    ],
)
async def test_detection_in_the_background_tells_its_own_address(world: World, to: str, mode: str, found: str) -> None:
    url = world.application.page("/twiml/amd", WAIT)
    sid = await world.dial(
        to,
        url=url,
        machine_detection=mode,
        async_amd="true",
        async_amd_status_callback=world.application.base_url + "/amd",
    )
    [told] = await world.application.wait("/amd", CallSid=sid)
    assert told.params["AnsweredBy"] == found
    assert told.signed
    assert 1000 < int(told.params["MachineDetectionDuration"]) < 15_000
    [asked] = world.application.of("/twiml/amd", sid)
    assert "AnsweredBy" not in asked.params  # the document did not wait
    await world.async_client.calls(sid).update_async(status="completed")
    assert (await world.end_of(sid))["AnsweredBy"] == found
    assert (await world.async_client.calls(sid).fetch_async()).answered_by == found


async def test_detection_in_the_foreground_keeps_the_document_waiting(world: World) -> None:
    url = world.application.page("/twiml/sync", SAY)
    sid = await world.dial("+12025550103", url=url, machine_detection="DetectMessageEnd")
    await world.end_of(sid)
    assert world.application.of("/twiml/sync", sid)[0].params["AnsweredBy"] == "machine_end_beep"


async def test_digits_are_sent_before_the_document(world: World) -> None:
    sid = await world.dial("+12025550106", "<Response><Hangup/></Response>", send_digits="WW12#")
    assert int((await world.end_of(sid))["CallDuration"]) >= 2
