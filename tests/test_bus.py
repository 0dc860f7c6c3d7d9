"""One suite for every form of the bus, and the ring of messages from which live readers catch up."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aivoicecaller.bus.base import Bus, Lagged, Message, NoAnswer, NobodyThere, Subscription
from aivoicecaller.bus.history import History
from aivoicecaller.bus.memory import MemoryBus

WAIT_S = 5


@pytest.fixture(params=[MemoryBus])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    bus: Bus = request.param()
    yield bus
    await bus.close()


async def read(reader: Subscription, number: int) -> list[Message | Lagged]:
    async with asyncio.timeout(WAIT_S):
        return [await anext(reader) for _ in range(number)]


# News


async def test_news_reaches_everybody_who_listens_in_order(bus: Bus) -> None:
    readers = [bus.subscribe("news") for _ in range(3)]
    for number in range(5):
        bus.publish("news", {"number": number})
    for reader in readers:
        assert await read(reader, 5) == [{"number": number} for number in range(5)]


async def test_news_without_a_listener_is_gone(bus: Bus) -> None:
    bus.publish("news", {"number": 1})
    reader = bus.subscribe("news")
    bus.publish("news", {"number": 2})
    assert await read(reader, 1) == [{"number": 2}]


async def test_a_reader_that_waits_is_woken(bus: Bus) -> None:
    reader = bus.subscribe("news")
    waiting = asyncio.create_task(read(reader, 1))
    await asyncio.sleep(0)
    bus.publish("news", {"number": 1})
    assert await waiting == [{"number": 1}]


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        ("news", ["news"], ["new", "news.a", "a.news"]),
        ("call.*", ["call.1", "call.2"], ["call", "call.1.words", "calls.1"]),
        ("call.*.words", ["call.1.words"], ["call.words", "call.1.2.words"]),
        ("call.>", ["call.1", "call.1.words"], ["call", "calls.1"]),
        (">", ["news", "call.1.words"], []),
    ],
)
async def test_a_pattern_chooses_subjects(bus: Bus, pattern: str, fitting: list[str], other: list[str]) -> None:
    reader = bus.subscribe(pattern)
    for subject in [*other, *fitting]:
        bus.publish(subject, {"subject": subject})
    bus.publish(fitting[0], {"subject": "last"})
    expected = [{"subject": subject} for subject in fitting]
    assert await read(reader, len(fitting) + 1) == [*expected, {"subject": "last"}]


async def test_a_slow_reader_is_told_what_it_lost_and_goes_on(bus: Bus) -> None:
    slow, quick = bus.subscribe("news", capacity=3), bus.subscribe("news")
    for number in range(8):
        bus.publish("news", {"number": number})
    # Three wait, the fourth drops them; so again with the seventh.
    assert await read(slow, 3) == [Lagged(6), {"number": 6}, {"number": 7}]
    assert await read(quick, 8) == [{"number": number} for number in range(8)]
    bus.publish("news", {"number": 8})
    assert await read(slow, 1) == [{"number": 8}]


async def test_nothing_is_lost_silently(bus: Bus) -> None:
    """However reading and writing interleave: what is read and what is reported lost make up what was sent."""
    reader = bus.subscribe("news", capacity=4)
    read_count = lost = sent = 0
    for burst in (1, 4, 5, 2, 9, 0, 3, 30, 4):
        for _ in range(burst):
            bus.publish("news", {"number": sent})
            sent += 1
        if burst:
            [news] = await read(reader, 1)
            read_count, lost = (read_count, lost + news.lost) if isinstance(news, Lagged) else (read_count + 1, lost)
    bus.publish("news", {"last": True})
    while True:
        [news] = await read(reader, 1)
        if isinstance(news, Lagged):
            lost += news.lost
        elif news.get("last"):
            break
        else:
            read_count += 1
    assert read_count + lost == sent


async def test_closing_ends_the_reading(bus: Bus) -> None:
    reader = bus.subscribe("news")
    waiting = asyncio.create_task(anext(reader, None))
    await asyncio.sleep(0)
    await reader.close()
    bus.publish("news", {"number": 1})
    async with asyncio.timeout(WAIT_S):
        assert await waiting is None
        assert [news async for news in reader] == []


async def test_closing_the_bus_ends_every_reading(bus: Bus) -> None:
    reader = bus.subscribe("news")
    await bus.close()
    async with asyncio.timeout(WAIT_S):
        assert [news async for news in reader] == []


# Requests


async def double(message: Message) -> Message:
    return {"number": message["number"] * 2}


async def test_a_request_is_answered(bus: Bus) -> None:
    await bus.serve("call.1", double)
    assert await bus.request("call.1", {"number": 21}, WAIT_S) == {"number": 42}


async def test_a_request_to_nobody_fails_at_once(bus: Bus) -> None:
    started = asyncio.get_running_loop().time()
    with pytest.raises(NobodyThere):
        await bus.request("call.1", {}, 60)
    service = await bus.serve("call.1", double)
    await service.stop()
    with pytest.raises(NobodyThere):
        await bus.request("call.1", {}, 60)
    assert asyncio.get_running_loop().time() - started < WAIT_S


async def test_requests_are_answered_side_by_side(bus: Bus) -> None:
    both = asyncio.Barrier(2)

    async def meet(message: Message) -> Message:
        async with both:
            return message

    await bus.serve("call.1", meet)
    async with asyncio.timeout(WAIT_S):
        answers = await asyncio.gather(*(bus.request("call.1", {"number": n}, WAIT_S) for n in range(2)))
    assert answers == [{"number": 0}, {"number": 1}]


async def test_several_who_serve_a_subject_share_it(bus: Bus) -> None:
    seen: set[str] = set()

    def named(name: str) -> Any:
        async def answer(_message: Message) -> Message:
            seen.add(name)
            return {"by": name}

        return answer

    await bus.serve("calls.new", named("a"))
    await bus.serve("calls.new", named("b"))
    answers = [await bus.request("calls.new", {}, WAIT_S) for _ in range(20)]
    assert {answer["by"] for answer in answers} == seen == {"a", "b"}


async def test_an_owner_that_is_slow_is_not_waited_for_and_not_stopped(bus: Bus) -> None:
    go_on, done = asyncio.Event(), asyncio.Event()

    async def slow(_message: Message) -> Message:
        await go_on.wait()
        done.set()
        return {}

    await bus.serve("call.1", slow)
    with pytest.raises(NoAnswer, match=r"call\.1"):
        await bus.request("call.1", {}, 0.01)
    go_on.set()
    async with asyncio.timeout(WAIT_S):
        await done.wait()


async def test_an_asker_that_gives_up_does_not_stop_what_it_asked_for(bus: Bus) -> None:
    begun, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_message: Message) -> Message:
        begun.set()
        await go_on.wait()
        done.set()
        return {}

    await bus.serve("call.1", slow)
    asker = asyncio.create_task(bus.request("call.1", {}, WAIT_S))
    async with asyncio.timeout(WAIT_S):
        await begun.wait()
        asker.cancel()
        go_on.set()
        await done.wait()


async def test_an_owner_that_fails_leaves_its_asker_without_answer(bus: Bus) -> None:
    async def fail(_message: Message) -> Message:
        raise RuntimeError("a bug")

    await bus.serve("call.1", fail)
    with pytest.raises(NoAnswer):
        await bus.request("call.1", {}, WAIT_S)


async def test_an_owner_that_stops_still_answers_what_it_took(bus: Bus) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_message: Message) -> Message:
        begun.set()
        await go_on.wait()
        return {"taken": True}

    service = await bus.serve("call.1", slow)
    asker = asyncio.create_task(bus.request("call.1", {}, WAIT_S))
    async with asyncio.timeout(WAIT_S):
        await begun.wait()
        stopping = asyncio.create_task(service.stop())
        await asyncio.sleep(0)
        with pytest.raises(NobodyThere):
            await bus.request("call.1", {}, WAIT_S)
        go_on.set()
        assert await asker == {"taken": True}
        await stopping


async def test_an_owner_that_stops_and_never_answers_leaves_its_asker_without_answer(bus: Bus) -> None:
    begun = asyncio.Event()

    async def never(_message: Message) -> Message:
        begun.set()
        await asyncio.get_running_loop().create_future()
        return {}

    service = await bus.serve("call.1", never)
    asker = asyncio.create_task(bus.request("call.1", {}, 60))
    async with asyncio.timeout(WAIT_S):
        await begun.wait()
        await service.stop()
        with pytest.raises(NoAnswer):
            await asker


# Queues


async def test_work_is_claimed_once_oldest_first(bus: Bus) -> None:
    for number in range(4):
        await bus.enqueue("calls.new", {"number": number})
    async with asyncio.timeout(WAIT_S):
        claims = [await bus.claim("calls.new") for _ in range(4)]
    assert [claim.message["number"] for claim in claims] == [0, 1, 2, 3]


async def test_work_waits_for_a_claimer_and_a_claimer_for_work(bus: Bus) -> None:
    claimers = [asyncio.create_task(bus.claim("calls.new")) for _ in range(3)]
    await asyncio.sleep(0)
    for number in range(3):
        await bus.enqueue("calls.new", {"number": number})
    async with asyncio.timeout(WAIT_S):
        claims = await asyncio.gather(*claimers)
    assert sorted(claim.message["number"] for claim in claims) == [0, 1, 2]


async def test_queues_do_not_mix(bus: Bus) -> None:
    await bus.enqueue("recordings", {"of": "recordings"})
    await bus.enqueue("calls.new", {"of": "calls"})
    async with asyncio.timeout(WAIT_S):
        assert (await bus.claim("calls.new")).message == {"of": "calls"}


async def test_work_given_back_goes_to_the_next_once(bus: Bus) -> None:
    await bus.enqueue("calls.new", {"number": 1})
    async with asyncio.timeout(WAIT_S):
        first = await bus.claim("calls.new")
        await first.give_back()
        await first.give_back()
        second = await bus.claim("calls.new")
        assert second.message == {"number": 1}
        await second.done()
        await second.give_back()
        await bus.enqueue("calls.new", {"number": 2})
        assert (await bus.claim("calls.new")).message == {"number": 2}


async def test_a_claimer_that_gives_up_loses_no_work(bus: Bus) -> None:
    waiting = asyncio.create_task(bus.claim("calls.new"))
    await asyncio.sleep(0)
    await bus.enqueue("calls.new", {"number": 1})
    waiting.cancel()
    async with asyncio.timeout(WAIT_S):
        assert (await bus.claim("calls.new")).message == {"number": 1}


# The form within one process


async def test_a_reader_that_was_dropped_is_forgotten() -> None:
    bus = MemoryBus()
    reader = bus.subscribe("news")
    kept = bus.subscribe("news")
    del reader
    gc.collect()
    assert [known() for known in bus._readers] == [kept]


# History


def test_a_reader_catches_up_from_where_it_was() -> None:
    history = History()
    first = history.append("call.queued", {"number": 1})
    history.append("call.ringing", {"number": 2})
    history.append("call.ended", {"number": 3})
    entries = history.since(first)
    assert entries is not None
    assert [(entry.id - first, entry.kind, entry.data) for entry in entries] == [
        (1, "call.ringing", {"number": 2}),
        (2, "call.ended", {"number": 3}),
    ]
    assert history.since(first + 2) == []


def test_a_reader_from_before_this_process_must_read_anew() -> None:
    earlier, later = History(after=1_000), History(after=2_000)
    last_id = [earlier.append("call.queued", {}) for _ in range(3)][-1]
    assert later.since(last_id) is None
    later.append("call.ended", {})
    assert later.since(last_id) is None
    assert earlier.since(later.append("call.ended", {})) is None


def test_ids_follow_the_clock_from_process_to_process() -> None:
    before = time.time_ns() // 1_000_000
    assert History().append("call.queued", {}) > before


def test_after_clearing_everybody_must_read_anew() -> None:
    history = History()
    last_id = history.append("call.queued", {})
    history.clear()
    assert history.since(last_id) is None
    after = history.append("call.ended", {})
    assert history.since(last_id) is None
    assert history.since(after) == []


@given(st.integers(1, 20), st.lists(st.sampled_from(["append", "clear"]), max_size=60), st.integers(0, 70))
def test_since_gives_all_that_followed_or_says_that_it_cannot(capacity: int, steps: list[str], seen: int) -> None:
    history = History(capacity)
    known: list[int | None] = []
    for step in steps:
        if step == "append":
            known.append(history.append("kind", {}))
        else:
            history.clear()
            known.append(None)
    if seen >= len(known) or (last_id := known[seen]) is None:
        return
    missed = known[seen + 1 :]
    entries = history.since(last_id)
    if entries is None:
        assert None in missed or len(missed) > capacity
    else:
        assert [entry.id for entry in entries] == missed
