from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from aivoicecaller.carrier.client import TwilioCarrier

from ..wire.scripted import LeapingClock, ScriptedProvider, clock, provider

__all__ = ["clock", "provider"]

ACCOUNT = "AC" + "a" * 32
TOKEN = "0123456789abcdef0123456789abcdef"
LEG = "CA" + "b" * 32
RECORDING = "RE" + "c" * 32


@pytest.fixture
async def carrier(provider: ScriptedProvider, clock: LeapingClock) -> AsyncIterator[TwilioCarrier]:
    await provider.start()
    carrier = TwilioCarrier(account_sid=ACCOUNT, auth_token=TOKEN, base_url=provider.url, clock=clock)
    yield carrier
    await carrier.aclose()
