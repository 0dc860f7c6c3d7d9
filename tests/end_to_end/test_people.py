"""Every person of the sandbox, called for real: Twilio's wire, OpenAI's wire, real audio."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest


def words_of(call, role):
    return " ".join(item["text"] for item in call["transcript"] if item["role"] == role)


async def channels_of(product, call):
    (recording,) = call["recordings"]
    assert recording["channels"] == 2
    response = await product.api.get(recording["url"])
    assert response.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(response.content)) as audio:
        assert (audio.getnchannels(), audio.getframerate(), audio.getsampwidth()) == (2, 8000, 2)
        seconds = audio.getnframes() / 8000
        samples = np.frombuffer(audio.readframes(audio.getnframes()), np.int16).reshape(-1, 2)
    assert seconds == pytest.approx(recording["duration_s"], abs=1)
    return samples


def loud_seconds(channel) -> float:
    """Seconds in which somebody speaks: blocks of 20 ms above -45 dBFS."""
    blocks = channel[: len(channel) // 160 * 160].reshape(-1, 160).astype(float)
    return float((np.sqrt((blocks**2).mean(axis=1)) > 32768 * 10 ** (-45 / 20)).sum()) * 0.02


async def test_an_appointment_is_booked(product):
    call = await product.whole_call("+12025550100")
    assert call["outcome"]["kind"] == "completed", call["outcome"]
    (booking,) = [tool for tool in call["tool_calls"] if tool["name"] == "book_appointment"]
    assert booking["status"] == "done"
    assert booking["arguments"]["day"]
    assert booking["output"].startswith("Booked")
    roles = [item["role"] for item in call["transcript"]]
    assert roles[0] == "agent", "the agent speaks first"
    assert roles.count("caller") >= 2
    assert "appointment" in words_of(call, "caller").lower()
    assert all(item["source"] == "scripted" for item in call["transcript"] if item["role"] == "caller")
    places = [item["at_ms"] for item in call["transcript"]]
    assert places == sorted(places)
    samples = await channels_of(product, call)
    assert loud_seconds(samples[:, 0]) > 2, "the caller is on the first channel"
    assert loud_seconds(samples[:, 1]) > 4, "the agent is on the second channel"


async def test_busy(product):
    call = await product.whole_call("+12025550101")
    assert (call["outcome"]["kind"], call["outcome"]["blame"]) == ("busy", "callee")
    assert call["answered_at"] is None
    assert call["transcript"] == []


async def test_nobody_answers(product):
    call = await product.whole_call("+12025550102")
    assert call["outcome"]["kind"] == "no_answer"


async def test_voicemail_is_left_alone(product):
    call = await product.whole_call("+12025550103")
    assert call["outcome"]["kind"] == "voicemail"


async def test_a_person_hangs_up_in_mid_sentence(product):
    call = await product.whole_call("+12025550104")
    assert (call["outcome"]["kind"], call["outcome"]["blame"]) == ("completed", "callee")
    assert call["gaps"] == []


async def test_a_person_talks_over_the_agent(product):
    call = await product.whole_call("+12025550105")
    assert call["outcome"]["kind"] == "completed"
    assert any(item["interrupted"] for item in call["transcript"] if item["role"] == "agent")


async def test_silence_is_asked_about_and_then_ends_the_call(product):
    call = await product.whole_call("+12025550106")
    assert call["outcome"]["detail"] == "Nobody spoke, so the agent ended the call."
    assert len([item for item in call["transcript"] if item["role"] == "agent"]) == 4
    assert [item for item in call["transcript"] if item["role"] == "caller"] == []


async def test_keys_are_heard(product):
    call = await product.whole_call("+12025550107")
    assert call["outcome"]["kind"] == "completed"


async def test_a_human_is_asked_for(product):
    call = await product.whole_call("+12025550108")
    assert call["outcome"]["kind"] == "completed"
    assert "human" in words_of(call, "caller").lower()


async def test_a_number_that_does_not_exist(product):
    call = await product.whole_call("+12025550109")
    assert call["outcome"]["kind"] == "failed"
    assert "21217" in call["outcome"]["detail"]
    assert call["answered_at"] is None
