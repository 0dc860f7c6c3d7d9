"""Faults of our own: one call suffers, says so and ends; its neighbours and the next start do not notice."""

from __future__ import annotations

import asyncio
import sqlite3

from aivoicecaller.agents.demo import DEMO_CONFIG
from aivoicecaller.bus.memory import MemoryBus
from aivoicecaller.calls import commands as c
from aivoicecaller.calls import events as e
from aivoicecaller.calls.transcript import Transcript
from aivoicecaller.clock import Clock
from aivoicecaller.store import open_store
from aivoicecaller.store.calls import NewCallRow
from aivoicecaller.supervisor.journal import Journal
from aivoicecaller.supervisor.news import News
from aivoicecaller.supervisor.talk import Talk

from ..calls.histories import dialling


async def test_a_call_that_cannot_be_run_ends_and_stops_no_other(make_world, data_folder):
    async with make_world() as product:
        async with await open_store(data_folder.database) as store:
            config = DEMO_CONFIG.model_copy(update={"tools": ("retired_tool",)})
            await store.agents.create("broken", "", config, 1_795_000_000.0)
        bad = await product.ended((await product.place("+12025550100", agent="broken"))["id"])
        assert (bad["outcome"]["kind"], bad["outcome"]["blame"]) == ("failed", "us")
        assert (await product.whole_call("+12025550101"))["outcome"]["kind"] == "busy"
    async with make_world() as again:
        assert (await again.detail(bad["id"]))["status"] == "ended"
        assert (await again.whole_call("+12025550101"))["outcome"]["kind"] == "busy"


async def test_orders_of_an_ended_call_are_settled_by_one_start(make_world, data_folder):
    async with make_world() as product:
        call = await product.whole_call("+12025550104")
    async with await open_store(data_folder.database) as store:
        owed = [row.id for row in await store.calls.unfinished()]
    assert owed == []
    with sqlite3.connect(data_folder.database) as db:
        db.execute("UPDATE call_events SET done_at = NULL WHERE call_id = ? AND kind = 'command'", (call["id"],))
    db.close()
    async with make_world() as product:
        assert (await product.detail(call["id"]))["status"] == "ended"
        async with asyncio.timeout(20):
            while True:
                async with await open_store(data_folder.database) as store:
                    if not await store.calls.unfinished():
                        break
                await asyncio.sleep(0.1)  # another process writes; there is no event to wait for


async def test_a_step_is_written_once_the_database_can_be_used_again(data_folder):
    """Another program holds the file for longer than a write waits."""
    call = dialling().call
    async with await open_store(data_folder.database) as store:
        agent = await store.agents.create("demo", "", DEMO_CONFIG, 1_795_000_000.0)
        row = await store.calls.create(
            NewCallRow(call, "+12025550199", "+12025550100", agent.agent_id, agent.version, True, 1_795_000_000.0)
        )
        journal = Journal(store, row.call, row.revision, _silent_talk())
        other = sqlite3.connect(data_folder.database, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        step = asyncio.create_task(
            journal.step(call, 1_795_000_001.0, e.HangUpRequested(), (c.LookUpLeg(),), inbox_id=None)
        )
        done, _ = await asyncio.wait({step}, timeout=6.5)
        assert not done, "it waits rather than drop the call"
        other.execute("ROLLBACK")
        other.close()
        async with asyncio.timeout(10):
            assert await step == (f"{call.id}:2",)


def _silent_talk():
    return Talk(Transcript(), News(MemoryBus(), "call_1"), Clock())
