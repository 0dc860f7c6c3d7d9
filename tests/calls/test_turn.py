"""Whose turn it is: tools in one batch, one response at a time, goodbyes heard in full."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aivoicecaller.calls import commands as c
from aivoicecaller.calls import events as e
from aivoicecaller.calls.outcome import OutcomeKind

from .histories import Played, greeted


def asks_for(*ids: str, spoke: bool = False, name: str = "book") -> tuple[e.Event, ...]:
    requests = tuple(e.ToolRequest(each, name, "{}") for each in ids)
    return e.ResponseStarted("resp_2"), e.ResponseFinished("resp_2", spoke=spoke, tool_requests=requests)


def test_all_outputs_are_given_and_then_one_response_is_asked_for():
    played = greeted().feed(*asks_for("tc_1", "tc_2"))
    assert len(played.given(c.RunTool)) == 2
    played.feed(e.ToolFinished("tc_2", "two"))
    assert not played.given(c.SendToolOutput)
    played.feed(e.ToolFinished("tc_1", "one"))
    assert played.given(c.SendToolOutput) == [c.SendToolOutput("tc_1", "one"), c.SendToolOutput("tc_2", "two")]
    assert len(played.given(c.CreateResponse)) == 2


def test_outputs_wait_while_the_engine_speaks_by_itself():
    played = greeted().feed(*asks_for("tc_1"), e.ResponseStarted("resp_3"), e.ToolFinished("tc_1", "one"))
    assert not played.given(c.SendToolOutput)
    played.feed(e.ResponseFinished("resp_3", spoke=True))
    assert [type(command) for command in played.commands[-2:]] == [c.SendToolOutput, c.CreateResponse]


@given(st.permutations(["tc_1", "tc_2", "tc_3"]), st.permutations(["tc_1", "tc_2", "tc_3"]))
def test_each_output_is_given_once_to_its_own_id(first, second):
    played = greeted().feed(*asks_for(*first))
    played.feed(*(e.ToolFinished(each, f"output of {each}") for each in [*second, *first]))
    given_out = {(command.tool_call_id, command.output) for command in played.given(c.SendToolOutput)}
    assert given_out == {(each, f"output of {each}") for each in first}
    assert len(played.given(c.SendToolOutput)) == 3


def test_a_rejected_response_is_asked_for_again_when_the_engine_is_free():
    played = greeted().feed(*asks_for("tc_1"), e.ToolFinished("tc_1", "one"), e.ResponseRejected())
    assert len(played.given(c.CreateResponse)) == 2
    played.feed(e.ResponseFinished("resp_other", spoke=True))
    assert len(played.given(c.CreateResponse)) == 3


def test_a_failed_response_is_tried_again_and_the_third_ends_the_call():
    played = greeted()
    for number in range(3):
        played.feed(e.ResponseStarted(f"r{number}"), e.ResponseFinished(f"r{number}", spoke=False, failure="quota"))
    assert played.given(c.HangUpLeg)
    assert "quota" in played.call.outcome.detail
    assert len(played.given(c.CreateResponse)) == 3, "the greeting and two more tries"


def goodbye(spoke: bool) -> Played:
    return greeted().feed(*asks_for("tc_1", spoke=spoke, name="end_call"), e.ToolFinished("tc_1", "ok", ends_call=True))


def test_a_goodbye_already_spoken_is_heard_in_full_before_the_hang_up():
    played = goodbye(spoke=True)
    assert len(played.given(c.CreateResponse)) == 1, "no second goodbye"
    assert not played.given(c.HangUpLeg)
    played.feed(e.PlaybackStopped("resp_2"))
    assert played.given(c.HangUpLeg)
    assert played.call.outcome.kind is OutcomeKind.COMPLETED


def test_an_end_without_words_gets_a_goodbye_first():
    played = goodbye(spoke=False)
    assert played.given(c.CreateResponse)[-1].hint
    played.feed(e.ResponseStarted("resp_3"), e.PlaybackStarted("resp_3"), e.ResponseFinished("resp_3", spoke=True))
    assert not played.given(c.HangUpLeg)
    played.feed(e.PlaybackStopped("resp_3"))
    assert played.given(c.HangUpLeg)


def test_playback_that_stops_before_the_response_is_done_counts_as_heard():
    played = goodbye(spoke=False)
    played.feed(e.ResponseStarted("r3"), e.PlaybackStarted("r3"), e.PlaybackStopped("r3"))
    assert not played.given(c.HangUpLeg)
    played.feed(e.ResponseFinished("r3", spoke=True))
    assert played.given(c.HangUpLeg)


def test_a_goodbye_that_is_never_heard_ends_by_its_deadline():
    played = goodbye(spoke=True).wait(20)
    assert played.given(c.HangUpLeg)


def test_a_caller_who_speaks_into_the_goodbye_gets_one_more_reply():
    played = goodbye(spoke=True).feed(e.CallerSpeechStarted(), e.PlaybackStopped("resp_2"))
    assert not played.given(c.HangUpLeg)
    played.feed(e.CallerSpeechStopped(), e.ResponseStarted("r3"), e.PlaybackStarted("r3"))
    played.feed(e.ResponseFinished("r3", spoke=True), e.PlaybackStopped("r3"))
    assert played.given(c.HangUpLeg)


def test_silence_is_not_counted_while_somebody_speaks_or_a_tool_runs():
    assert e.DeadlineKind.SILENCE in dict(greeted().call.deadlines)
    assert e.DeadlineKind.SILENCE not in dict(greeted().feed(e.CallerSpeechStarted()).call.deadlines)
    assert e.DeadlineKind.SILENCE not in dict(greeted().feed(*asks_for("tc_1")).call.deadlines)


def test_an_output_that_may_be_lost_with_the_sideband_is_given_again():
    played = greeted().feed(*asks_for("tc_1"), e.ToolFinished("tc_1", "one"), e.SidebandClosed("1006"))
    played.feed(e.SidebandAttached("rtc_1"), e.SessionConfigured())
    assert played.given(c.SendToolOutput) == [c.SendToolOutput("tc_1", "one")] * 2
    played.feed(e.ResponseStarted("r3"), e.SidebandClosed("1006"), e.SidebandAttached("rtc_1"), e.SessionConfigured())
    assert len(played.given(c.SendToolOutput)) == 2


def test_keys_are_given_together_after_a_pause_or_the_hash_key():
    played = greeted().feed(e.KeyPressed("1"), e.KeyPressed("0"), e.KeyPressed("0"))
    assert not played.given(c.SendKeys)
    played.wait(2)
    assert played.given(c.SendKeys) == [c.SendKeys("100")]
    assert len(played.given(c.CreateResponse)) == 2
    played = greeted().feed(e.KeyPressed("4"), e.KeyPressed("#"))
    assert played.given(c.SendKeys) == [c.SendKeys("4#")]


def test_keys_wait_while_the_agent_speaks():
    played = greeted().feed(e.ResponseStarted("r2"), e.KeyPressed("#"))
    assert played.given(c.SendKeys) == [c.SendKeys("#")]
    assert len(played.given(c.CreateResponse)) == 1
    played.feed(e.ResponseFinished("r2", spoke=True))
    assert len(played.given(c.CreateResponse)) == 2


def test_after_a_lost_sideband_the_agent_goes_on_by_itself_when_it_stays_silent():
    played = greeted().feed(e.SidebandClosed("1006"), e.SidebandAttached("rtc_1"), e.SessionConfigured())
    assert len(played.given(c.CreateResponse)) == 1
    played.wait(5)
    assert played.given(c.CreateResponse)[1:] == [c.CreateResponse()]
    assert played.call.turn.silent_prompts == 0


def test_after_a_lost_sideband_nothing_is_added_when_the_talk_goes_on():
    played = greeted().feed(e.SidebandClosed("1006"), e.SidebandAttached("rtc_1"), e.SessionConfigured())
    played.feed(e.ResponseStarted("r5")).wait(6)
    assert len(played.given(c.CreateResponse)) == 1
