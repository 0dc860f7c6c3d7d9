"""Real speech from the real worker, and the arithmetic of sound."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from aivoicecaller.sandbox import dsp, trunk
from aivoicecaller.sandbox.speech import VOICES, Speech, SpeechError

SENTENCE = "Hello, this is a test — at 3:30, and Zoë is here. Fine?"


@pytest.fixture
async def speech():
    speech = Speech()
    await speech.start()
    yield speech
    await speech.close()


async def test_words_joined_are_the_text_and_begin_in_order(speech: Speech):
    utterance = await speech.utter(SENTENCE, "marin")
    assert "".join(word.text for word in utterance.words) == SENTENCE
    starts = [word.at_ms for word in utterance.words]
    assert starts == sorted(starts)
    assert starts[0] < 100
    assert 0.5 * utterance.duration_ms < starts[-1] < utterance.duration_ms


async def test_a_word_begins_where_its_sound_does(speech: Speech):
    """The word after a full stop follows a pause: it is quiet right before it and not after."""
    utterance = await speech.utter("Wait. Now we go.", "marin")
    now = next(word for word in utterance.words if word.text == "Now ")
    at = now.at_ms * 8
    assert dsp.level_db(utterance.samples[at - 640 : at - 80]) < -50
    assert dsp.level_db(utterance.samples[at : at + 2400]) > -35


async def test_speech_is_loud_enough_for_the_line_and_not_clipped(speech: Speech):
    for voice in VOICES:
        samples = await speech.say("The quick brown fox jumps over the lazy dog.", voice)
        assert samples.dtype == np.int16
        assert -26 < dsp.level_db(samples) < -15, voice
        assert int(np.abs(samples.astype(int)).max()) < 32700, voice


async def test_voices_differ_and_unknown_ones_speak_too(speech: Speech):
    sounds = {voice: (await speech.say("Good morning.", voice)).tobytes() for voice in VOICES}
    for one, other in itertools.combinations(sounds, 2):
        assert sounds[one] != sounds[other], (one, other)
    assert (await speech.say("Good morning.", "voice_custom")).tobytes() == sounds["alloy"]


async def test_speed_shortens_the_saying(speech: Speech):
    slow, fast = [await speech.utter(SENTENCE, "ash", speed) for speed in (0.75, 1.5)]
    assert fast.duration_ms < 0.7 * slow.duration_ms


async def test_nothing_to_say_is_no_sound(speech: Speech):
    assert (await speech.utter(" \n\0 ", "ash")).duration_ms == 0


async def test_the_same_is_made_once_and_kept(speech: Speech):
    first, second = await asyncio.gather(speech.utter("Once.", "ash"), speech.utter("Once.", "ash"))
    assert first is second is await speech.utter("Once.", "ASH")


async def test_what_was_unused_longest_is_forgotten_first():
    speech = Speech(cache_bytes=40_000)  # two and a half seconds
    try:
        first = await speech.utter("One sentence of some length.", "ash")
        await speech.utter("Another sentence of some length.", "ash")
        assert await speech.utter("One sentence of some length.", "ash") is not first
    finally:
        await speech.close()


async def test_a_caller_who_goes_away_does_not_harm_the_next(speech: Speech):
    asking = asyncio.create_task(speech.utter("A long sentence that nobody waits for. " * 20, "ash"))
    await asyncio.sleep(0)
    asking.cancel()
    assert (await speech.utter("Short.", "ash")).duration_ms < 1500


async def test_a_dead_worker_is_replaced(speech: Speech):
    assert speech.worker_pid is not None
    os.kill(speech.worker_pid, signal.SIGKILL)
    assert (await speech.utter("Still here.", "ash")).duration_ms > 300


async def test_without_a_worker_the_error_says_what_to_do(tmp_path: Path):
    """An interpreter that has no eSpeak NG: the worker ends at once."""
    worker = tmp_path / "worker.py"
    worker.write_text("import espeak_that_is_not_there\n")
    speech = Speech(worker=worker)
    with pytest.raises(SpeechError, match=r"aivoicecaller\[sandbox\]"):
        await speech.start()
    await speech.close()


def test_mulaw_returns_within_a_quantisation_step():
    values = np.arange(-32635, 32636, 7, dtype=np.int16)
    back = dsp.mulaw_decode(dsp.mulaw_encode(values)).astype(int)
    assert np.all(np.abs(back - values) <= np.maximum(4, np.abs(values.astype(int)) // 16 + 4))
    codes = bytes(range(256))
    # 0x7F is the second zero; every other code is its own encoding.
    assert [c for c in codes if dsp.mulaw_encode(dsp.mulaw_decode(bytes([c])))[0] != c] == [0x7F]


def test_frames_are_whole_and_silence_is_silent():
    frames = dsp.mulaw_frames(dsp.silence(50))
    assert frames == [trunk.SILENCE] * 3


def test_mixing_clips_and_keeps_the_longest():
    loud = np.full(4, 30000, np.int16)
    assert dsp.mix([loud, loud[:2]]).tolist() == [32767, 32767, 30000, 30000]
    assert len(dsp.mix([])) == 0


async def test_speech_is_detected_and_hiss_is_not(speech: Speech):
    detector = dsp.SpeechDetector()
    talk = dsp.mulaw_frames(await speech.say("The quick brown fox jumps over the lazy dog.", "man"))
    assert sum(map(detector.is_speech, talk)) > 0.7 * len(talk)
    noise = np.random.default_rng(1).normal(0, 32768 * 10 ** (-44 / 20), 8000).astype(np.int16)
    assert not any(map(detector.is_speech, dsp.mulaw_frames(noise)))
