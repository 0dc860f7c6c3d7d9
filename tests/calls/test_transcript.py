"""Who said what, in the order it was spoken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aivoicecaller.calls.transcript import (
    ItemAdded,
    Role,
    Source,
    SpeechCut,
    SpeechHeard,
    Transcript,
    WordsFinal,
    WordsHeard,
    WordsLost,
)

GREETING = [
    ItemAdded("a1", Role.AGENT, None),
    WordsHeard("a1", Role.AGENT, "Hello, ", Source.GENERATED),
    WordsHeard("a1", Role.AGENT, "how can I help?", Source.GENERATED),
    WordsFinal("a1", Role.AGENT, "Hello, how can I help?", Source.GENERATED),
]
CALLER = [
    SpeechHeard("c1", 4000),
    ItemAdded("c1", Role.CALLER, "a1"),
    WordsFinal("c1", Role.CALLER, "An appointment, please.", Source.RECOGNISED),
]
REPLY = [
    ItemAdded("a2", Role.AGENT, "c1"),
    WordsFinal("a2", Role.AGENT, "When would suit you?", Source.GENERATED),
]
SPOKEN = ["Hello, how can I help?", "An appointment, please.", "When would suit you?"]


def texts(transcript: Transcript) -> list[str]:
    return [item.text for item in transcript.items]


def applied(facts, now_ms=0) -> Transcript:
    transcript = Transcript()
    for fact in facts:
        transcript.apply(fact, now_ms)
    return transcript


def test_words_that_arrive_after_the_reply_they_caused_stand_before_it():
    late = [*GREETING, *CALLER[:2], *REPLY, CALLER[2]]
    transcript = applied(late)
    assert texts(transcript) == SPOKEN
    assert transcript.position("c1") == 1


@given(st.permutations([*CALLER, *REPLY]))
def test_any_order_of_arrival_gives_the_order_of_speaking(facts):
    assert texts(applied([*GREETING, *facts])) == SPOKEN


@given(st.permutations([*CALLER, *REPLY]), st.integers(1, 3))
def test_doubles_change_nothing(facts, copies):
    assert texts(applied([*GREETING, *[fact for fact in facts for _ in range(copies)]])) == SPOKEN


def test_an_agent_is_dated_by_arrival_and_a_caller_by_the_audio():
    items = applied([*GREETING, *CALLER], now_ms=9000).items
    assert [item.at_ms for item in items] == [9000, 4000]


def test_an_interrupted_item_keeps_what_was_heard():
    transcript = applied([*GREETING[:2], SpeechCut("a1"), GREETING[3]])
    (item,) = transcript.items
    assert (item.text, item.interrupted, item.final) == ("Hello, ", True, True)


def test_words_after_the_end_of_an_item_are_not_added():
    assert texts(applied([*GREETING, GREETING[1]])) == ["Hello, how can I help?"]


def test_speech_that_could_not_be_written_down_is_shown_as_such():
    assert texts(applied([*GREETING, CALLER[0], CALLER[1], WordsLost("c1", "403")])) == [SPOKEN[0], "(not understood)"]


def test_items_that_nobody_speaks_keep_the_order_but_are_not_shown():
    facts = [*GREETING, ItemAdded("tool", None, "a1"), ItemAdded("a2", Role.AGENT, "tool"), REPLY[1]]
    assert texts(applied(facts)) == [SPOKEN[0], SPOKEN[2]]


def test_a_restored_transcript_goes_on_where_it_was():
    before = applied([*GREETING, *CALLER])
    after = Transcript.restored(before.items)
    for fact in REPLY:
        after.apply(fact, 0)
    assert texts(after) == SPOKEN


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from([None, *"abcde"])), max_size=30))
def test_any_claims_about_order_are_survived_and_no_item_is_lost(claims):
    transcript = Transcript()
    for item_id, previous in claims:
        transcript.apply(ItemAdded(item_id, Role.AGENT, previous), 0)
        transcript.apply(WordsFinal(item_id, Role.AGENT, item_id, Source.GENERATED), 0)
    assert sorted(texts(transcript)) == sorted({item_id for item_id, _ in claims})
