"""What needs no socket: states, signatures, documents, SIP addresses, forms, the ledger and the archive."""

from __future__ import annotations

import wave
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Dial as SdkDial
from twilio.twiml.voice_response import VoiceResponse

from aivoicecaller.sandbox import dsp
from aivoicecaller.sandbox.carrier.archive import Archive
from aivoicecaller.sandbox.carrier.delivery import parse_policy, signature
from aivoicecaller.sandbox.carrier.errors import TwimlError
from aivoicecaller.sandbox.carrier.ledger import public_part
from aivoicecaller.sandbox.carrier.model import FINAL, LIFE, Call, Recording, RecordingPlan, Registry, Status
from aivoicecaller.sandbox.carrier.recordings import Recorder, mixed_copy
from aivoicecaller.sandbox.carrier.requests import Form
from aivoicecaller.sandbox.carrier.sip import make_invite, parse_sip
from aivoicecaller.sandbox.carrier.twiml import (
    Dial,
    Hangup,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    parse_twiml,
)
from aivoicecaller.sandbox.phones import tones

OURS = "+12025550199"


def test_the_table_of_a_calls_life_is_closed() -> None:
    for status, following in LIFE.items():
        assert following <= set(LIFE)
        assert (status in FINAL) == (not following)


@pytest.mark.parametrize("status", sorted(FINAL))
@pytest.mark.parametrize("later", sorted(LIFE))
def test_final_states_never_change(status: Status, later: Status) -> None:
    call = Call("CA", "+12025550100", OURS, "outbound-api", 0.0, status=status)
    with pytest.raises(ValueError, match="cannot become"):
        call.move(later, 1.0)


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_signatures_are_those_the_sdk_expects(parameters: dict[str, str]) -> None:
    url = "https://example.test/hook?a=b"
    assert RequestValidator("token").validate(url, parameters, signature("token", url, parameters))


def test_connection_overrides_are_read_within_twilios_limits() -> None:
    policy = parse_policy("rc=9&rp=4xx,rt&ct=50&rt=2000&tt=x")
    assert (policy.retries, policy.connect_s, policy.read_s, policy.total_s) == (5, 0.1, 2.0, 15.0)
    assert policy.covers("rt")
    assert not policy.covers("ct")
    assert parse_policy("rp=all").covers("5xx")
    assert parse_policy("").retries == 1


def twiml(inside: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'.encode()


def test_every_verb_is_read_with_its_attributes() -> None:
    document = parse_twiml(
        twiml(
            "<Say language='en-GB' loop='2'>Hello <break/> you</Say><Play digits='1w2'/><Play>a.wav</Play><Pause/>"
            "<Redirect method='get'>next</Redirect><Record maxLength='9' timeout='2' playBeep='false'/>"
            "<Reject reason='busy'/><Hangup/>"
        )
    )
    assert document.verbs == (
        Say("Hello you", "en-GB", 2),
        Play(None, "1w2"),
        Play("a.wav", None),
        Pause(1),
        Redirect("next", "GET"),
        Record(max_length_s=9, silence_s=2, play_beep=False),
        Reject(busy=True),
        Hangup(),
    )
    assert document.warnings == ()


def test_what_the_sdks_builder_makes_is_understood_without_a_warning() -> None:
    response = VoiceResponse()
    dial = SdkDial(
        action="/after",
        answer_on_bridge=True,
        caller_id=OURS,
        timeout=20,
        time_limit=600,
        record="record-from-answer-dual",
        recording_status_callback="https://example.test/rec",
        recording_status_callback_event="in-progress completed",
        refer_url="/refer",
    )
    dial.sip(
        "sip:proj_x@sip.api.openai.com;transport=tls?X-Ref=a&X-More=b",
        status_callback="https://example.test/leg",
        status_callback_event="initiated ringing answered completed",
    )
    dial.number("+12025550110")
    response.append(dial)
    document = parse_twiml(str(response).encode())
    [verb] = document.verbs
    assert isinstance(verb, Dial)
    assert document.warnings == ()
    assert [target.kind for target in verb.targets] == ["Sip", "Number"]
    assert verb.targets[0].address.endswith("?X-Ref=a&X-More=b")
    assert verb.targets[0].status_callback is not None
    assert verb.targets[0].status_callback.events == {"initiated", "ringing", "answered", "completed"}
    assert verb.recording is not None
    assert (verb.recording.channels, verb.record_from_ringing) == (2, False)
    assert verb.recording.callback is not None
    assert verb.recording.callback.events == {"in-progress", "completed"}
    assert (verb.answer_on_bridge, verb.timeout_s, verb.time_limit_s, verb.refer_url) == (True, 20, 600, "/refer")


def test_nonsense_in_attributes_is_warned_of_and_the_default_counts() -> None:
    document = parse_twiml(twiml("<Pause length='long'/><Dial timeout='9999' colour='x'>+12025550110</Dial><Dance/>"))
    pause, dial = document.verbs
    assert pause == Pause(1)
    assert isinstance(dial, Dial)
    assert (dial.timeout_s, dial.targets[0].address) == (30, "+12025550110")
    assert len(document.warnings) == 4


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 12100),
        (b"plain", 12100),
        (b"<Response>", 12100),
        (b"<Answer/>", 12100),
        (b"<Response><Say>\xff</Say></Response>", 12100),
        (b"<!DOCTYPE Response SYSTEM 'file:///etc/passwd'><Response/>", 12100),
        (twiml("<a>" * 9 + "</a>" * 9), 12100),
        (twiml("<Redirect/>"), 12100),
        (twiml("<Play/>"), 12100),
        (twiml("<Play digits='x'/>"), 13320),
        (twiml("<Connect><Stream url='wss://x'/></Connect>"), 12200),
        (twiml("<Dial><Conference>a</Conference></Dial>"), 12200),
        (twiml("<Dial>" + "<Number>+12025550110</Number>" * 11 + "</Dial>"), 12200),
    ],
)
def test_documents_that_cannot_be_played_are_refused(body: bytes, code: int) -> None:
    with pytest.raises(TwimlError) as refused:
        parse_twiml(body)
    assert refused.value.code == code


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: twiml(text)))
def test_no_document_breaks_the_parser(body: bytes) -> None:
    with suppress(TwimlError):
        parse_twiml(body)


def test_a_sip_address_becomes_an_invite() -> None:
    target = parse_sip(" sip:proj_x@SIP.api.openai.com;transport=tls;secure=true?X-Ref=a%20b%2Bc&User-to-User=1 ")
    assert (target.user, target.host, target.parameter("transport")) == ("proj_x", "sip.api.openai.com", "tls")
    invite = make_invite(target, OURS, "AC1", "CA1")
    headers = dict(invite.headers)
    assert invite.request_uri == "sip:proj_x@sip.api.openai.com;transport=tls"
    assert invite.media_security == "srtp"
    assert headers["X-Ref"] == "a b+c"
    assert headers["User-to-User"] == "1"
    assert headers["From"].startswith(f"<sip:{OURS}@pstn.twilio.com>;tag=")
    assert headers["To"] == "<sip:proj_x@sip.api.openai.com>"
    assert (headers["X-Twilio-AccountSid"], headers["X-Twilio-CallSid"]) == ("AC1", "CA1")
    assert headers["Call-ID"] == invite.call_id


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("tel:+12025550100", 13248),
        ("sip:nobody", 13248),
        ("sip:" + "a" * 260 + "@sip.api.openai.com", 13248),
        ("sip:a@sip.api.openai.com?edge=frankfurt", 32113),
        ("sip:a@sip.api.openai.com?X Y=1", 13252),
        ("sip:a@sip.api.openai.com?X-A=b%0d%0aX-B:c", 13252),
        ("sip:a@sip.api.openai.com?X-A=" + "b" * 1024, 21227),
    ],
)
def test_sip_addresses_keep_twilios_rules(address: str, code: int) -> None:
    with pytest.raises(TwimlError) as refused:
        parse_sip(address)
    assert refused.value.code == code


def test_a_form_keeps_blank_and_repeated_values() -> None:
    form = Form(b"A=1&A=2&B=&C=%2B1")
    assert form.texts("A") == ["1", "2"]
    assert form.text("A") == "2"
    assert form.text("B") is None
    assert form.text("C") == "+1"


def test_addresses_are_noted_without_their_secrets() -> None:
    assert public_part("https://user:pw@example.test:8443/a/b?secret=x#rc=1") == "https://example.test:8443/a/b"


def test_what_earlier_runs_did_is_remembered_and_tidied_up(tmp_path: Path) -> None:
    path = tmp_path / "carrier.jsonl"
    archive = Archive(path)
    talking = Call("CA1", "+12025550100", OURS, "outbound-api", 1.0)
    archive.save_call(talking)
    talking.move("ringing", 2.0)
    talking.move("in-progress", 3.0)
    archive.save_call(talking)
    archive.save_call(Call("CA2", "+12025550101", OURS, "outbound-api", 4.0, error=(11200, "no")))
    recording = Recording("RE1", "CA1", RecordingPlan("DialVerb", 2), 3.0, 3.0)
    archive.save_recording(recording)
    recording.status, recording.duration_s = "completed", 7
    archive.save_recording(recording)
    archive.save_recording(Recording("RE2", "CA1", RecordingPlan("DialVerb", 1), 3.0, 3.0))
    archive.close()
    with path.open("ab") as file:
        file.write(b'{"call": {"sid": "CA3", "to"')  # the process was killed in the middle of a line
    registry = Archive(path).load(now=10.0)
    assert {sid: call.status for sid, call in registry.calls.items()} == {"CA1": "completed", "CA2": "failed"}
    assert registry.calls["CA1"].duration_s() == 7
    assert registry.calls["CA2"].error == (11200, "no")
    assert registry.recordings["RE1"] == recording
    assert registry.recordings["RE2"].status == "absent"
    assert Archive(path).load(now=11.0) == registry
    assert Archive(tmp_path / "new" / "carrier.jsonl").load(now=1.0) == Registry()


def test_a_recording_is_a_real_wav_file_with_a_side_on_each_channel(tmp_path: Path) -> None:
    near, far = dsp.mulaw_frames(tones.tone((440,), 6000)), dsp.mulaw_frames(tones.tone((1000,), 6000))
    path = tmp_path / "RE1.wav"
    recorder = Recorder(path, 2)
    for said, heard in zip(near, far, strict=True):
        recorder.write(said, heard)
    assert recorder.seconds == 6.0
    recorder.close()
    with wave.open(str(path)) as sound:
        assert sound.getparams()[:4] == (2, 2, 8000, 48_000)
        both = np.frombuffer(sound.readframes(48_000), "<i2").reshape(-1, 2)
    for channel, pitch in ((0, 440), (1, 1000)):
        spectrum = np.abs(np.fft.rfft(both[:8000, channel]))
        assert int(spectrum.argmax()) == pitch
    with wave.open(str(mixed_copy(path))) as sound:
        assert sound.getparams()[:4] == (1, 2, 8000, 48_000)
        mixed = np.frombuffer(sound.readframes(8000), "<i2")
    assert set(np.abs(np.fft.rfft(mixed)).argsort()[-2:]) == {440, 1000}
