"""Agents and their versions."""

from __future__ import annotations

import asyncio

import pytest

from aivoicecaller.agents.demo import DEMO_CONFIG, DEMO_DESCRIPTION, DEMO_NAME
from aivoicecaller.agents.model import AgentConfig, AgentVersion
from aivoicecaller.clock import ManualClock
from aivoicecaller.store import Store
from aivoicecaller.store.agents import AgentUnknown, NameTaken

OTHER = AgentConfig(instructions="You sell nothing.", voice="cedar", tools=())


async def test_the_demo_agent_is_made_once(store: Store, clock: ManualClock) -> None:
    made = await asyncio.gather(
        *(store.agents.ensure_demo(DEMO_NAME, DEMO_DESCRIPTION, DEMO_CONFIG, clock.now()) for _ in range(5))
    )
    assert len({agent.agent_id for agent in made}) == 1
    assert made[0].config == DEMO_CONFIG
    assert await store.agents.list() == [made[0]]


async def test_the_demo_agent_stays_as_its_owner_left_it(store: Store, agent: AgentVersion, clock: ManualClock) -> None:
    changed = await store.agents.publish(agent.agent_id, OTHER, clock.now())
    assert await store.agents.ensure_demo(DEMO_NAME, DEMO_DESCRIPTION, DEMO_CONFIG, clock.now()) == changed


async def test_an_agent_is_found_by_id_or_name(store: Store, agent: AgentVersion) -> None:
    assert await store.agents.find("demo") == agent
    assert await store.agents.find(agent.agent_id) == agent
    assert await store.agents.find("nobody") is None


async def test_an_id_wins_over_a_name(store: Store, agent: AgentVersion, clock: ManualClock) -> None:
    await store.agents.create(agent.agent_id, "Named like another's id.", OTHER, clock.now())
    assert await store.agents.find(agent.agent_id) == agent


async def test_a_name_is_taken_once(store: Store, agent: AgentVersion, clock: ManualClock) -> None:
    with pytest.raises(NameTaken, match="demo"):
        await store.agents.create("demo", "", OTHER, clock.now())


async def test_a_new_version_leaves_the_old_one_as_it_was(
    store: Store, agent: AgentVersion, clock: ManualClock
) -> None:
    published = await asyncio.gather(*(store.agents.publish(agent.agent_id, OTHER, clock.now()) for _ in range(3)))
    assert sorted(each.version for each in published) == [2, 3, 4]
    latest = await store.agents.find("demo")
    assert latest is not None
    assert (latest.version, latest.config) == (4, OTHER)
    assert await store.agents.version(agent.agent_id, 1) == agent
    assert await store.agents.version(agent.agent_id, 5) is None
    assert await store.agents.list() == [latest]


async def test_only_an_agent_that_exists_gets_a_version(store: Store, clock: ManualClock) -> None:
    with pytest.raises(AgentUnknown):
        await store.agents.publish("agent_1", OTHER, clock.now())
