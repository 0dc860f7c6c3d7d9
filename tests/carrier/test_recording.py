"""A recording's audio is passed on as it comes, and our credentials go to Twilio alone."""

from __future__ import annotations

import base64

import pytest

from aivoicecaller.carrier.client import TwilioCarrier
from aivoicecaller.carrier.errors import CarrierRefused, CarrierUnavailable

from ..wire import payload
from ..wire.scripted import Answer, ScriptedProvider
from .conftest import ACCOUNT, RECORDING, TOKEN

AUDIO = f"GET /2010-04-01/Accounts/{ACCOUNT}/Recordings/{RECORDING}.wav"
BASIC = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()


async def read(carrier: TwilioCarrier, range_header: str | None) -> tuple[int, dict[str, str], bytes]:
    audio = await carrier.open_recording(RECORDING, range_header)
    try:
        return audio.status, audio.headers, b"".join([chunk async for chunk in audio])
    finally:
        await audio.aclose()


async def test_a_recording_is_passed_on(provider: ScriptedProvider, carrier: TwilioCarrier):
    headers = {"Content-Type": "audio/x-wav", "Accept-Ranges": "bytes", "Set-Cookie": "a=b"}
    provider.answers(AUDIO, Answer(b"R" * 200_000, headers=headers))

    status, passed_on, content = await read(carrier, None)

    assert (status, content) == (200, b"R" * 200_000)
    assert passed_on == {"content-type": "audio/x-wav", "accept-ranges": "bytes", "content-length": "200000"}
    (asked,) = provider.asked
    assert asked.query == {"RequestedChannels": ["2"]}
    assert asked.headers["authorization"] == BASIC
    assert "range" not in asked.headers


async def test_a_part_of_a_recording(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(AUDIO, Answer(b"RIFF", 206, {"Content-Range": "bytes 0-3/200000"}))

    status, passed_on, content = await read(carrier, "bytes=0-3")

    assert (status, content, passed_on["content-range"]) == (206, b"RIFF", "bytes 0-3/200000")
    assert provider.asked[0].headers["range"] == "bytes=0-3"


async def test_a_redirect_carries_no_credentials(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(AUDIO, Answer(b"", 307, {"Location": "/store/audio?signed=1"}))
    provider.answers("GET /store/audio", Answer(b"RIFF"))

    assert (await read(carrier, "bytes=0-"))[2] == b"RIFF"

    assert "authorization" in provider.asked[0].headers
    assert "authorization" not in provider.asked[1].headers
    assert provider.asked[1].headers["range"] == "bytes=0-"


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        # Another scheme: from https to http the audio would travel in the open.
        ("https://127.0.0.1:9/x", 1),
        ("http://[", 1),
        (f"{AUDIO.split()[1]}?RequestedChannels=2", 4),
    ],
)
async def test_a_redirect_that_leads_nowhere_is_refused(
    provider: ScriptedProvider, carrier: TwilioCarrier, location: str, asked: int
):
    provider.answers(AUDIO, Answer(b"", 302, {"Location": location}))

    with pytest.raises(CarrierRefused, match="sends us elsewhere"):
        await carrier.open_recording(RECORDING, None)

    assert len(provider.asked) == asked


@pytest.mark.parametrize("status", [302, 500])
async def test_an_answer_without_audio_is_unavailable(provider: ScriptedProvider, carrier: TwilioCarrier, status: int):
    provider.answers(AUDIO, Answer(b"", status))

    with pytest.raises(CarrierUnavailable, match="could not send the recording"):
        await carrier.open_recording(RECORDING, None)


async def test_a_recording_that_is_not_there_yet(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(AUDIO, Answer(payload("twilio/error_20404"), 404))

    with pytest.raises(CarrierRefused) as refused:
        await carrier.open_recording(RECORDING, None)

    assert refused.value.unknown


@pytest.mark.parametrize("sid", ["", "RE1", "RE" + "C" * 32, f"{RECORDING}/../x", f"{RECORDING}\n"])
async def test_only_an_id_of_a_recording_becomes_an_address(
    provider: ScriptedProvider, carrier: TwilioCarrier, sid: str
):
    with pytest.raises(ValueError, match="a recording's id"):
        await carrier.open_recording(sid, None)

    assert provider.asked == []
