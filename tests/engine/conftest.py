from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from aivoicecaller.engine.client import RealtimeEngine

from ..wire.scripted import LeapingClock, ScriptedProvider, clock, provider

__all__ = ["clock", "provider"]

KEY = "sk-proj-replaced"


@pytest.fixture
async def engine(provider: ScriptedProvider, clock: LeapingClock) -> AsyncIterator[RealtimeEngine]:
    await provider.start()
    engine = RealtimeEngine(api_key=KEY, base_url=f"{provider.url}/v1", safety_identifier="user_5f2a", clock=clock)
    yield engine
    await engine.aclose()
