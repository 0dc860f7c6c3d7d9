"""The core under every order of facts: what must be true of any call, whatever its providers tell us and when."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aivoicecaller.calls import commands as c
from aivoicecaller.calls import events as e
from aivoicecaller.calls.machine import IllegalRequest, step
from aivoicecaller.calls.model import LegState
from aivoicecaller.calls.outcome import OutcomeKind

from .histories import ONE_OF_EACH, REFUSAL, RTC, SID, STORIES, Played, dialling, greeted, talking

moves = st.lists(st.one_of(st.sampled_from(ONE_OF_EACH), st.floats(0.1, 40).map(lambda seconds: seconds)), max_size=40)


def play(history: list[e.Event | float]) -> Played:
    played = Played()
    for entry in history:
        if isinstance(entry, float):
            played.wait(entry)
        else:
            played.feed(entry)
    return played


def test_one_of_each_event_is_in_the_list():
    assert {type(event) for event in ONE_OF_EACH} | {e.HangUpRequested} == set(get_args(e.Event))


@given(moves)
@settings(max_examples=400)
def test_facts_never_raise_and_every_live_call_has_a_deadline(history):
    played = play([e.Started(), *history])
    assert played.call.ended or played.call.deadlines


@given(moves)
def test_any_call_ends_with_a_reason_when_nothing_more_is_heard(history):
    played = play([e.Started(), *history]).wait(20_000)
    assert played.call.ended
    assert played.call.outcome is not None
    assert played.call.ended_at is not None
    assert not played.call.deadlines


@given(moves)
def test_ended_absorbs(history):
    played = play([e.Started(), *history]).wait(20_000)
    ended = played.call
    played.feed(*ONE_OF_EACH)
    assert played.call == ended
    with pytest.raises(IllegalRequest):
        step(ended, e.HangUpRequested(), played.now)


@given(moves, st.integers(0, 40))
def test_at_most_one_dial_one_accept_one_hang_up(history, hang_up_at):
    played = Played().feed(e.Started())
    for index, entry in enumerate(history):
        if index == hang_up_at and played.call.leg.state not in (LegState.ENDED, LegState.SETTLING):
            played.feed(e.HangUpRequested())
        if isinstance(entry, float):
            played.wait(entry)
        else:
            played.feed(entry)
    played.wait(20_000)
    assert len(played.given(c.Dial)) <= 1
    assert len(played.given(c.AcceptSession)) <= 1
    failures = [entry for entry in history if isinstance(entry, e.HangUpFailed)]
    assert len(played.given(c.HangUpLeg)) <= 1 + len(failures), "one, and one more for each that failed"
    if any(isinstance(event, e.SessionOffered) for event in history) and played.given(c.AcceptSession):
        accepted = played.given(c.AcceptSession)[0]
        closed = [
            command for command in played.given(c.HangUpSession) if command.engine_call_id == accepted.engine_call_id
        ]
        assert len(closed) <= 2


@given(moves)
def test_the_same_history_gives_the_same_call(history):
    first, second = play([e.Started(), *history]), play([e.Started(), *history])
    assert first.call == second.call
    assert first.commands == second.commands


@given(moves)
def test_one_response_at_a_time(history):
    """Between two orders to respond lies a fact that ended or rejected the first, or a new sideband."""
    played = Played().feed(e.Started())
    free = True
    for entry in history:
        before = len(played.given(c.CreateResponse))
        if isinstance(entry, float):
            # Deadlines may give a stuck response up; that is their own test.
            played.call = played.call.without_deadline(e.DeadlineKind.RESPONSE)
            played.wait(entry)
        else:
            if isinstance(entry, e.ResponseFinished | e.ResponseRejected | e.SessionConfigured):
                free = True
            if isinstance(entry, e.DeadlinePassed) and entry.kind is e.DeadlineKind.RESPONSE:
                continue
            played.feed(entry)
        for _ in played.given(c.CreateResponse)[before:]:
            assert free
            free = False


@pytest.mark.parametrize("name", STORIES)
def test_all_orders_of_a_story_lead_to_the_same_end(name):
    story = STORIES[name]
    wanted = dialling().feed(*story).wait(60).call
    assert str(wanted.outcome.kind) == name.split(":")[0]
    orders = itertools.permutations(story) if len(story) <= 6 else _some_orders(story)
    for order in orders:
        call = dialling().feed(*order).wait(60).call
        assert call.ended, order
        assert call.outcome.kind is wanted.outcome.kind, order


def _some_orders(story, count=3000):
    import random

    chance = random.Random(7)
    for _ in range(count):
        order = list(story)
        chance.shuffle(order)
        yield order


@given(st.sampled_from(sorted(STORIES)), st.randoms(use_true_random=False), st.integers(1, 3))
def test_doubles_change_nothing(name, chance, copies):
    story = STORIES[name]
    order = [event for event in story for _ in range(copies)]
    chance.shuffle(order)
    call = dialling().feed(*order).wait(60).call
    assert call.ended
    assert str(call.outcome.kind) == name.split(":")[0]


def test_no_phone_rings_when_the_engine_refuses_the_configuration():
    played = Played().feed(e.Started(), e.SessionRefused(e.Outcome(OutcomeKind.FAILED, "engine", "Unknown model.")))
    assert played.call.ended
    assert played.call.outcome.detail == "Unknown model."
    assert not played.given(c.Dial)


def test_a_lost_dial_answer_is_looked_up_and_never_dialled_again():
    played = dialling().feed(e.DialUncertain("time-out"))
    assert played.given(c.LookUpLeg)
    played.wait(60)
    assert played.call.outcome.kind is OutcomeKind.FAILED
    assert len(played.given(c.Dial)) == 1


def test_a_lost_dial_answer_is_healed_by_a_callback():
    played = dialling().feed(e.DialUncertain("time-out"), e.LegRinging(SID))
    assert played.call.status == "ringing"
    assert played.call.leg.carrier_call_sid == SID


def test_an_end_wanted_before_the_leg_is_known_reaches_the_leg_when_it_is():
    played = dialling().feed(e.HangUpRequested())
    assert not played.given(c.HangUpLeg)
    played.feed(e.DialAccepted(SID))
    assert played.given(c.HangUpLeg) == [c.HangUpLeg(SID, answered=False)]
    assert played.feed(e.LegEnded(SID, e.LegEnd.CANCELED)).call.outcome.kind is OutcomeKind.CANCELED


def test_an_offer_for_a_call_that_is_over_is_rejected_and_never_accepted():
    played = dialling().feed(e.LegEnded(SID, e.LegEnd.BUSY), e.SessionOffered(RTC))
    assert played.given(c.RejectSession) == [c.RejectSession(RTC)]
    assert not played.given(c.AcceptSession)


def test_a_closed_sideband_is_attached_again_and_is_no_end():
    played = greeted().feed(e.SidebandClosed("1006"))
    assert len(played.given(c.AttachSideband)) == 2
    played.feed(e.SidebandAttached(RTC), e.SessionConfigured(), e.LegSeen(SID))
    assert played.call.status == "answered"
    assert len(played.given(c.CreateResponse)) == 1, "the greeting is not said twice"


def test_the_engine_ending_alone_hangs_up_and_blames_it():
    played = greeted().feed(e.SidebandClosed("1006"), e.SessionGone(), e.LegSeen(SID)).wait(6)
    assert played.given(c.HangUpLeg)
    assert played.call.outcome.blame == "engine"


def test_a_session_that_never_starts_is_found():
    played = dialling().feed(e.DialAccepted(SID), e.LegAnswered(SID), e.SessionOffered(RTC), e.SessionAccepted(RTC))
    played.wait(8)
    assert played.given(c.HangUpLeg)
    assert played.call.outcome.blame == "engine"


def test_the_longest_call_ends_politely_and_then_by_force():
    played = greeted()
    limit = dict(played.call.deadlines)[e.DeadlineKind.LIMIT]
    played.call = played.call.without_deadline(e.DeadlineKind.SILENCE)
    played.wait(limit - played.now)
    assert played.given(c.CreateResponse)[-1].hint
    assert not played.given(c.HangUpLeg)
    played.wait(30)
    assert played.given(c.HangUpLeg)
    assert played.call.outcome.detail == "The longest time for a call was reached."


def test_silence_is_asked_about_and_then_ends_the_call():
    played = greeted()
    for number in (2, 3):
        played.wait(12)
        assert len(played.given(c.CreateResponse)) == number
        played.feed(e.ResponseStarted(f"resp_{number}"), e.ResponseFinished(f"resp_{number}", spoke=True))
        played.feed(e.PlaybackStopped(f"resp_{number}"))
    played.wait(12).feed(e.ResponseStarted("resp_4"), e.ResponseFinished("resp_4", spoke=True))
    assert not played.given(c.HangUpLeg), "the goodbye is heard first"
    played.feed(e.PlaybackStopped("resp_4"))
    assert played.given(c.HangUpLeg)
    assert played.call.outcome.detail == "Nobody spoke, so the agent ended the call."


def test_a_voicemail_is_left_alone():
    played = dialling().feed(e.DialAccepted(SID), e.LegAnswered(SID), e.MachineDetected())
    assert played.given(c.HangUpLeg) == [c.HangUpLeg(SID, answered=True)]
    assert played.feed(e.LegEnded(SID, e.LegEnd.COMPLETED)).call.outcome.kind is OutcomeKind.VOICEMAIL


def test_a_carrier_that_does_not_hang_up_is_helped_from_the_other_side():
    played = greeted().feed(e.HangUpRequested(), e.HangUpFailed("503"))
    assert played.given(c.HangUpSession) == [c.HangUpSession(RTC)]


def test_recovery_attaches_again():
    played = greeted()
    commands = len(played.commands)
    played.feed(e.Recovered())
    assert [type(command) for command in played.commands[commands:]] == [c.AttachSideband, c.LookUpLeg]


def test_talking_begins_with_the_greeting():
    assert talking().given(c.CreateResponse) == [c.CreateResponse("Hello.")]


def test_a_sideband_is_attached_again_until_it_holds():
    played = greeted().feed(e.SidebandClosed("1006"))
    for _ in range(3):
        played.wait(10).feed(e.SidebandClosed("OpenAI cannot be reached."))
    assert len(played.given(c.AttachSideband)) == 5
    assert played.call.status == "answered"
    played.feed(e.SidebandAttached(RTC), e.SessionConfigured())
    assert played.call.outcome is None
    lost = greeted().feed(e.SidebandClosed("1006"))
    for _ in range(20):
        lost.wait(10).feed(e.SidebandClosed("OpenAI cannot be reached."))
    assert lost.given(c.HangUpLeg), "a talk that nobody can steer does not go on for ever"


def test_somebody_who_keeps_speaking_cannot_keep_the_call_up():
    played = greeted()
    while played.call.deadline(e.DeadlineKind.LIMIT) is not None:
        played.feed(e.CallerSpeechStarted()).wait(2).feed(e.CallerSpeechStopped()).wait(1)
    ends_by = played.now + 20
    for number in range(100):
        played.feed(e.ResponseStarted(f"r{number}"), e.PlaybackStarted(f"r{number}"), e.CallerSpeechStarted())
        played.feed(e.ResponseFinished(f"r{number}", spoke=True), e.PlaybackStopped(f"r{number}"))
        played.wait(2).feed(e.CallerSpeechStopped()).wait(1)
        if played.given(c.HangUpLeg):
            break
    assert played.now < ends_by
    assert played.call.outcome.detail == "The longest time for a call was reached."


def test_an_engine_that_leaves_a_person_on_the_line_is_blamed():
    played = greeted().feed(e.SidebandClosed("1006"), e.EngineLegEnded(e.LegEnd.COMPLETED, person_there=True))
    played.feed(e.LegEnded(SID, e.LegEnd.COMPLETED, 30))
    assert (played.call.outcome.kind, played.call.outcome.blame) == (OutcomeKind.FAILED, "engine")
    person_first = greeted().feed(e.SidebandClosed("1006"), e.EngineLegEnded(e.LegEnd.COMPLETED))
    person_first.feed(e.LegEnded(SID, e.LegEnd.COMPLETED, 30))
    assert (person_first.call.outcome.kind, person_first.call.outcome.blame) == (OutcomeKind.COMPLETED, "callee")


def test_the_end_of_the_engines_leg_after_our_own_hang_up_changes_nothing():
    played = greeted().feed(e.HangUpRequested(), e.EngineLegEnded(e.LegEnd.COMPLETED, person_there=True))
    played.feed(e.LegEnded(SID, e.LegEnd.COMPLETED, 30))
    assert played.call.outcome.kind is OutcomeKind.COMPLETED


def test_a_refused_accept_is_rejected_so_that_the_person_hears_why():
    played = dialling().feed(e.DialAccepted(SID), e.LegAnswered(SID), e.SessionOffered(RTC))
    played.feed(e.AcceptFailed(RTC, REFUSAL))
    assert played.given(c.RejectSession) == [c.RejectSession(RTC)]


def test_a_hang_up_that_failed_is_ordered_again_while_the_leg_is_up():
    played = greeted().feed(e.HangUpRequested(), e.HangUpFailed("503"))
    played.wait(10).feed(e.LegAnswered(SID))
    assert played.given(c.HangUpLeg) == [c.HangUpLeg(SID, answered=True)] * 2
    played.wait(120).feed(e.LegAnswered(SID))
    assert len(played.given(c.HangUpLeg)) == 2, "not while nothing says that the second failed"
    assert not played.call.ended, "the carrier says that somebody is still on the line"
    played.wait(2000)
    assert played.call.ended, "the carrier's own limit has ended it by now"


def test_a_lost_end_is_asked_for_before_nobody_is_said_to_have_answered():
    played = dialling().feed(e.DialAccepted(SID)).wait(50)
    assert played.given(c.LookUpLeg)
    assert played.feed(e.LegEnded(SID, e.LegEnd.BUSY)).call.outcome.kind is OutcomeKind.BUSY


def test_lost_news_of_the_end_of_speech_does_not_silence_the_agent():
    for lost in (e.PlaybackStarted("r9"), e.CallerSpeechStarted()):
        played = greeted().feed(lost).wait(400)
        assert len(played.given(c.CreateResponse)) > 1, lost
