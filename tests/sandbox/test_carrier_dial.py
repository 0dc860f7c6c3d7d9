"""`<Dial>`: legs to the engine and to other people, recordings of both sides, actions, transfers."""

from __future__ import annotations

import io
import wave

import numpy as np
import numpy.typing as npt
import pytest
from starlette.responses import Response
from twilio.base.exceptions import TwilioRestException

from aivoicecaller.sandbox import trunk

from .carrier_world import ACCOUNT, IN_ONE_WORLD, OURS, Heard, Leg, World, until

pytestmark = IN_ONE_WORLD


def leg_of(world: World, reference: str) -> Leg | None:
    return next((leg for leg in world.engine.legs if leg.header("X-Ref") == reference), None)


def loudness(samples: npt.NDArray[np.int16]) -> float:
    """Root mean square of what is not silence."""
    loud = samples[np.abs(samples) > 100].astype(float)
    return float(np.sqrt((loud**2).mean())) if len(loud) else 0.0


async def recorded(world: World, sid: str) -> npt.NDArray[np.int16]:
    """The channels of a call's only recording, one in each column."""
    [heard] = await world.application.wait("/recording", CallSid=sid, RecordingStatus="completed")
    assert heard.signed
    answer = await world.http.get(heard.params["RecordingUrl"] + ".wav")
    assert answer.status_code == 200
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getframerate(), sound.getsampwidth()) == (8000, 2)
        assert abs(sound.getnframes() / 8000 - int(heard.params["RecordingDuration"])) <= 1
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, sound.getnchannels())


def recorded_dial(world: World) -> str:
    return f'record="record-from-answer-dual" recordingStatusCallback="{world.application.base_url}/recording"'


async def test_an_appointment_is_booked_over_the_trunk_and_recorded_on_two_channels(world: World) -> None:
    leg_url = world.application.base_url + "/leg"
    document = world.sip(
        dial=recorded_dial(world),
        sip=f'statusCallback="{leg_url}" statusCallbackEvent="initiated ringing answered completed"',
        extra="&amp;X-Ref=appointment%201",
    )
    sid = await world.dial("+12025550100", document)
    end = await world.end_of(sid)
    leg = leg_of(world, "appointment 1")
    assert leg is not None
    children = await world.async_client.calls.list_async(parent_call_sid=sid)
    [child] = children
    assert (child.status, child.direction, child._from) == ("completed", "outbound-dial", OURS)
    assert child.to == "sip:proj_test@sip.api.openai.com;transport=tls"
    assert leg.invite.request_uri == "sip:proj_test@sip.api.openai.com;transport=tls"
    assert leg.header("X-Twilio-CallSid") == child.sid
    assert leg.header("X-Twilio-AccountSid") == ACCOUNT
    words = [message for message in leg.messages if isinstance(message, trunk.Words)]
    assert [message.source for message in words] == ["scripted"] * len(words)
    assert "book an appointment" in words[0].text
    assert "Tuesday" in words[1].text
    assert words[2].text.endswith("Goodbye.")
    told = world.application.of("/leg", child.sid)
    assert [h.params["CallStatus"] for h in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert all(h.signed and h.params["ParentCallSid"] == sid for h in told)
    assert end["CallStatus"] == "completed"
    assert leg.frames * 0.02 == pytest.approx(int(child.duration), abs=1)
    assert leg.frames * 0.02 == pytest.approx(int(end["CallDuration"]), abs=4)  # with the dead air before it
    sound = await recorded(world, sid)
    assert sound.shape[1] == 2
    assert loudness(sound[:, 0]) > 500
    assert loudness(sound[:, 1]) > 500
    # They take turns: while one speaks the other is silent, nearly always.
    both = (np.abs(sound[:, 0]) > 300) & (np.abs(sound[:, 1]) > 300)
    assert both.mean() < 0.01
    first = {channel: int(np.argmax(np.abs(sound[:, channel]) > 300)) for channel in (0, 1)}
    assert first[1] < first[0]


async def test_recordings_can_be_listed_read_in_ranges_mixed_and_deleted(world: World) -> None:
    sid = await world.dial("+12025550777", world.sip("brief", dial=recorded_dial(world)))
    [heard] = await world.application.wait("/recording", CallSid=sid)
    assert heard.params["RecordingChannels"] == "2"
    assert heard.params["RecordingSource"] == "DialVerb"
    [recording] = await world.async_client.calls(sid).recordings.list_async()
    assert recording.sid == heard.params["RecordingSid"]
    assert (recording.status, recording.channels, recording.call_sid) == ("completed", 2, sid)
    assert (await world.async_client.recordings.list_async(call_sid=sid))[0].sid == recording.sid
    fetched = await world.async_client.recordings(str(recording.sid)).fetch_async()
    assert fetched.duration == heard.params["RecordingDuration"]
    url = f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/{recording.sid}"
    whole = (await world.http.get(f"{url}.wav")).content
    part = await world.http.get(f"{url}.wav", headers={"Range": "bytes=44-143"})
    assert part.status_code == 206
    assert part.content == whole[44:144]
    assert part.headers["content-range"] == f"bytes 44-143/{len(whole)}"
    assert (await world.http.get(url)).content == whole
    mono = (await world.http.get(f"{url}.wav?RequestedChannels=1")).content
    with wave.open(io.BytesIO(mono)) as sound:
        assert sound.getnchannels() == 1
    assert len(mono) - 44 == (len(whole) - 44) // 2
    assert (await world.http.get(f"{url}.wav?RequestedChannels=3")).json()["code"] == 20001
    assert (await world.http.get(f"{url}.mp3")).status_code == 404
    assert (await world.http.get(f"{url}.wav", auth=("a", "b"))).status_code == 401
    assert await world.async_client.recordings(str(recording.sid)).delete_async()
    assert (await world.http.get(f"{url}.wav")).status_code == 404
    assert await world.async_client.recordings.list_async(call_sid=sid) == []
    kept = await world.async_client.recordings.list_async(call_sid=sid, include_soft_deleted=True)
    assert [one.status for one in kept] == ["deleted"]


async def test_sound_is_not_there_before_the_recording_is_completed(world: World) -> None:
    events = 'recordingStatusCallbackEvent="in-progress completed"'
    sid = await world.dial("+12025550106", world.sip("mute", dial=f"{recorded_dial(world)} {events}"))
    [begun] = await world.application.wait("/recording", CallSid=sid, RecordingStatus="in-progress")
    url = f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/{begun.params['RecordingSid']}.wav"
    assert (await world.http.get(url)).status_code == 404
    await world.async_client.calls(sid).update_async(status="completed")
    await world.application.wait("/recording", CallSid=sid, RecordingStatus="completed")
    assert (await world.http.get(url)).status_code == 200


async def test_a_call_recorded_from_the_answer_is_told_in_its_last_callback(world: World) -> None:
    sid = await world.dial(
        "+12025550106",
        "<Response><Say>This is recorded.</Say></Response>",
        record=True,
        recording_channels="dual",
        recording_status_callback=world.application.base_url + "/recording",
    )
    end = await world.end_of(sid)
    assert end["RecordingSid"].startswith("RE")
    sound = await recorded(world, sid)
    assert loudness(sound[:, 0]) == 0
    assert loudness(sound[:, 1]) > 500


async def test_the_action_is_told_how_the_dial_went_and_its_answer_goes_on(world: World) -> None:
    action = world.application.page("/after", "<Response><Say>Bye.</Say></Response>")
    sid = await world.dial("+12025550106", world.sip("brief", dial=f'{recorded_dial(world)} action="{action}"'))
    await world.end_of(sid)
    [asked] = world.application.of("/after", sid)
    assert asked.signed
    params = asked.params
    assert (params["DialCallStatus"], params["DialBridged"], params["CallStatus"]) == (
        "completed",
        "true",
        "in-progress",
    )
    assert params["DialSipResponseCode"] == "200"
    assert int(params["DialCallDuration"]) >= 1
    assert params["DialCallSid"].startswith("CA")
    assert params["DialSipCallId"]
    assert params["RecordingUrl"].endswith(params["RecordingSid"])
    order = [entry["kind"] for entry in world.ledger if entry.get("call_sid") == sid]
    assert order.index("unbridged") < order.index("twiml")


@pytest.mark.parametrize(
    ("agent", "extra", "status", "code"),
    [
        ("declines", "", "failed", "603"),
        ("never", "", "no-answer", None),
        ("polite;transport=udp", "", "failed", "503"),
        ("dies", "", "completed", "200"),
    ],
)
async def test_a_leg_that_fails_lets_the_document_go_on(
    world: World, agent: str, extra: str, status: str, code: str | None
) -> None:
    action = world.application.page("/failed", "<Response><Dial><Number>+12025550110</Number></Dial></Response>")
    document = world.sip(agent, dial=f'timeout="2" action="{action}"')
    if ";" in agent:
        document = document.replace(";transport=tls", "")
    sid = await world.dial("+12025550106", document)
    [asked] = await world.application.wait("/failed", CallSid=sid)
    assert asked.params["DialCallStatus"] == status
    assert asked.params.get("DialSipResponseCode") == code
    # The action's document rang a person instead.
    await until(lambda: len(world.noted("call_created", parent_call_sid=sid)) == 2, "the second leg")
    await world.async_client.calls(sid).update_async(status="completed")
    await world.end_of(sid)


async def test_a_header_that_is_not_allowed_dials_nobody(world: World) -> None:
    action = world.application.page("/refused", "<Response/>")
    document = world.sip(dial=f'action="{action}"').replace("?X-Agent", "?edge=frankfurt&amp;X-Agent")
    sid = await world.dial("+12025550106", document)
    await world.end_of(sid)
    [asked] = world.application.of("/refused", sid)
    assert (asked.params["DialCallStatus"], asked.params["ErrorCode"]) == ("failed", "32113")
    assert "DialCallSid" not in asked.params
    assert world.noted("call_created", parent_call_sid=sid) == []


async def test_the_engines_goodbye_ends_only_its_leg(world: World) -> None:
    document = world.sip("brief").replace("</Response>", "<Say>The agent has left.</Say></Response>")
    sid = await world.dial("+12025550106", document)
    await world.end_of(sid)
    [child] = world.noted("call_created", parent_call_sid=sid)
    ended = world.noted("call_status", call_sid=child["call_sid"], status="completed")[0]
    over = world.noted("call_status", call_sid=sid, status="completed")[0]
    assert ended["n"] < over["n"]
    assert world.noted("unbridged", call_sid=sid)[0]["how"] == "bye"
    assert world.noted("hang_up", call_sid=sid)[0]["by"] == "document"


async def test_the_callees_hang_up_ends_everything_and_the_action_is_still_told(world: World) -> None:
    action = world.application.page("/told", "<Response><Say>Nobody hears this.</Say></Response>")
    sid = await world.dial("+12025550104", world.sip("talkative", dial=f'action="{action}"', extra="&amp;X-Ref=rude"))
    await world.end_of(sid)
    assert world.noted("hang_up", call_sid=sid)[0]["by"] == "callee"
    [asked] = await world.application.wait("/told", CallSid=sid)
    assert (asked.params["DialCallStatus"], asked.params["CallStatus"]) == ("completed", "completed")
    leg = await until(lambda: leg_of(world, "rude"), "the leg")
    await until(lambda: leg.closed, "the end of the leg")
    assert isinstance(leg.messages[-1], trunk.Bye)


async def test_a_child_can_be_ended_by_itself_but_not_redirected(world: World) -> None:
    document = world.sip("mute").replace("</Response>", "<Pause length='600'/></Response>")
    sid = await world.dial("+12025550106", document)
    [child] = await until(lambda: world.noted("call_created", parent_call_sid=sid), "the leg")
    leg = child["call_sid"]
    await until(lambda: world.noted("call_status", call_sid=leg, status="in-progress"), "its answer")
    with pytest.raises(TwilioRestException) as refused:
        await world.async_client.calls(leg).update_async(twiml="<Response/>")
    assert refused.value.code == 21220
    await world.async_client.calls(leg).update_async(status="completed")
    await until(lambda: world.noted("unbridged", call_sid=sid), "the end of the bridge")
    assert (await world.async_client.calls(sid).fetch_async()).status == "in-progress"
    await world.async_client.calls(sid).update_async(status="completed")
    assert (await world.end_of(sid))["CallStatus"] == "completed"


async def test_a_redirect_cuts_the_leg_and_the_interrupted_action_is_asked_first(world: World) -> None:
    action = world.application.page("/interrupted", "<Response><Say>Not played.</Say></Response>")
    sid = await world.dial("+12025550108", world.sip("mute", dial=f'action="{action}"', extra="&amp;X-Ref=cut"))
    leg = await until(lambda: leg_of(world, "cut"), "the leg")
    await until(lambda: leg.frames > 20, "some audio")
    url = world.application.page("/human", "<Response><Dial><Number>+12025550110</Number></Dial></Response>")
    await world.async_client.calls(sid).update_async(url=url)
    await world.application.wait("/human", CallSid=sid)
    [asked] = world.application.of("/interrupted", sid)
    assert (asked.params["DialCallStatus"], asked.params["CallStatus"]) == ("completed", "in-progress")
    assert world.application.heard.index(asked) < world.application.heard.index(world.application.of("/human", sid)[0])
    await until(lambda: leg.closed, "the end of the leg")
    end = await world.end_of(sid)
    assert "ErrorCode" not in end
    legs = world.noted("call_created", parent_call_sid=sid)
    assert [entry["to"] for entry in legs][1] == "+12025550110"
    answered = world.noted("call_status", call_sid=legs[1]["call_sid"], status="in-progress")
    assert answered


async def test_a_transfer_asked_by_the_engine_needs_a_refer_url(world: World) -> None:
    sid = await world.dial("+12025550777", world.sip("refers"))
    await world.end_of(sid)
    assert world.noted("refer", call_sid=sid)[0]["refused"] is True

    def transfer(heard: Heard) -> Response:
        number = heard.params["ReferTransferTarget"].removeprefix("tel:")
        return Response(f"<Response><Dial>{number}</Dial></Response>", media_type="text/xml")

    url = world.application.page("/refer", transfer)
    sid = await world.dial("+12025550777", world.sip("refers", dial=f'referUrl="{url}"'))
    await world.end_of(sid)
    legs = world.noted("call_created", parent_call_sid=sid)
    assert [entry["to"] for entry in legs][1:] == ["+12025550110"]


async def test_several_numbers_ring_at_once_and_the_first_to_answer_wins(world: World) -> None:
    numbers = "".join(f"<Number>+1202555010{last}</Number>" for last in (2, 1)) + "<Number>+12025550110</Number>"
    sid = await world.dial("+12025550777", f"<Response><Dial>{numbers}</Dial></Response>")
    await world.end_of(sid)
    legs = world.noted("call_created", parent_call_sid=sid)
    ends = {entry["to"]: world.exchange.services.registry.calls[entry["call_sid"]].status for entry in legs}
    assert ends == {"+12025550102": "canceled", "+12025550101": "busy", "+12025550110": "completed"}


async def test_numbers_can_ring_one_after_the_other(world: World) -> None:
    numbers = "<Number>+12025550101</Number><Number>+4930123456</Number><Number>+12025550110</Number>"
    sid = await world.dial("+12025550777", f'<Response><Dial sequential="true">{numbers}</Dial></Response>')
    await world.end_of(sid)
    legs = world.noted("call_created", parent_call_sid=sid)
    calls = [world.exchange.services.registry.calls[entry["call_sid"]] for entry in legs]
    assert [call.status for call in calls] == ["busy", "failed", "completed"]
    assert calls[1].error is not None
    assert calls[1].error[0] == 13227


async def test_keys_reach_the_engine_as_messages_and_as_tones(world: World) -> None:
    sid = await world.dial("+12025550107", world.sip(dial=recorded_dial(world), extra="&amp;X-Ref=keys"))
    await world.end_of(sid)
    leg = leg_of(world, "keys")
    assert leg is not None
    assert [m.digit for m in leg.messages if isinstance(m, trunk.Dtmf)] == list("1234#")
    person = (await recorded(world, sid))[:, 0].astype(float)
    # Key 1 is 697 and 1209 Hz: look for 100 ms of it anywhere.
    windows = person[: len(person) // 800 * 800].reshape(-1, 800)
    spectrum = np.abs(np.fft.rfft(windows))
    peaks = {tuple(sorted(round(i * 10 / 10) * 10 for i in row.argsort()[-2:])) for row in spectrum}
    assert any(abs(low - 697) <= 10 and abs(high - 1209) <= 10 for low, high in peaks)


async def test_a_voicemail_greets_and_beeps_over_the_trunk(world: World) -> None:
    sid = await world.dial("+12025550103", world.sip("mute", dial=recorded_dial(world), extra="&amp;X-Ref=mail"))
    await world.end_of(sid)
    leg = leg_of(world, "mail")
    assert leg is not None
    [said] = [m for m in leg.messages if isinstance(m, trunk.Words)]
    # The greeting begins at the answer: the engine joins it, and is told the words that it can still hear.
    greeting = "You have reached the voicemail of Daniel Reed. I cannot come to the phone right now. "
    assert (greeting + "Please leave a message after the tone.").endswith(said.text)
    assert said.duration_ms > 1000
    assert loudness((await recorded(world, sid))[:, 0]) > 500


async def test_somebody_talks_over_the_agent(world: World) -> None:
    sid = await world.dial("+12025550105", world.sip("talkative", dial=recorded_dial(world), extra="&amp;X-Ref=over"))
    await world.end_of(sid)
    sound = await recorded(world, sid)
    both = (np.abs(sound[:, 0]) > 300) & (np.abs(sound[:, 1]) > 300)
    assert both.sum() > 4000  # half a second of samples at the very least


async def test_a_message_is_left_after_the_beep(world: World) -> None:
    action = world.application.page("/left", "<Response/>")
    sid = await world.dial("+12025550777", f'<Response><Record action="{action}" timeout="3"/></Response>')
    [asked] = await world.application.wait("/left", CallSid=sid)
    assert int(asked.params["RecordingDuration"]) >= 3
    await world.end_of(sid)


async def test_sound_files_and_keys_are_played(world: World) -> None:
    sink = io.BytesIO()
    with wave.open(sink, "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes((np.sin(np.arange(16_000) / 10) * 8000).astype("<i2").tobytes())
    url = world.application.page("/tone.wav", lambda _: Response(sink.getvalue(), media_type="audio/wav"))
    sid = await world.dial(
        "+12025550106",
        f'<Response><Play loop="2">{url}</Play><Play digits="1w2"/></Response>',
        record=True,
        recording_channels="dual",
        recording_status_callback=world.application.base_url + "/recording",
    )
    end = await world.end_of(sid)
    assert "ErrorCode" not in end
    played = (await recorded(world, sid))[:, 1]
    assert 2.1 < (np.abs(played) > 300).sum() / 8000 < 2.5
