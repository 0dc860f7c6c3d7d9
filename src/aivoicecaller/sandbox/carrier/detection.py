"""Answering machine detection: what it finds is written in the person's scenario, when it finds it follows Twilio."""

from __future__ import annotations

import asyncio
from typing import Final

from aivoicecaller.sandbox.carrier.callbacks import News
from aivoicecaller.sandbox.carrier.line import Line
from aivoicecaller.sandbox.carrier.model import Call
from aivoicecaller.sandbox.carrier.requests import Detection
from aivoicecaller.sandbox.carrier.services import Services
from aivoicecaller.sandbox.phones.scenario import Scenario

HUMAN_AFTER_S: Final = 2.4
"""A short greeting and 1.2 s of silence."""
MACHINE_AFTER_S: Final = 3.6
"""Speech that goes on for longer than a person's greeting."""


async def detect(services: Services, call: Call, line: Line, scenario: Scenario, asked: Detection) -> None:
    """Find out who answered, write it to the call, and tell whoever wants to be told; not once the call is over."""
    clock = services.clock
    began = clock.now()
    match scenario.detected_as:
        case "human":
            await clock.sleep(HUMAN_AFTER_S)
            found = "human"
        case "unknown":
            await clock.sleep(asked.silence_ms / 1000)
            found = "unknown"
        case "machine" if asked.until_message_end:
            found = await _end_of_greeting(services, line, asked)
        case "machine":
            await clock.sleep(MACHINE_AFTER_S)
            found = "machine_start"
    if call.over:
        return
    call.answered_by = found
    services.ledger.note("answered_by", call_sid=call.sid, answered_by=found)
    if asked.callback is not None:
        parameters = {
            "AccountSid": services.config.account_sid,
            "CallSid": call.sid,
            "AnsweredBy": found,
            "MachineDetectionDuration": str(round((clock.now() - began) * 1000)),
        }
        services.callbacks.send(News("amd_callback", call.sid, found, asked.callback, parameters))


async def _end_of_greeting(services: Services, line: Line, asked: Detection) -> str:
    try:
        async with asyncio.timeout(services.clock.real_seconds(asked.timeout_s)):
            await line.greeting_over.wait()
    except TimeoutError:
        return "unknown"
    return "machine_end_beep"
