"""The yardstick: the least that answers a SIP call, written after OpenAI's guide "Realtime API with SIP" (2026-11-22).

It verifies a webhook, accepts the call, greets, reads the sideband and answers function calls, all through the official
SDK in the way its documentation shows. It keeps no record, checks no reference, knows no duplicate, and a lost
connection ends its call.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import openai
from fastapi import FastAPI, Request, Response
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.realtime import RealtimeFunctionToolParam, RealtimeSessionCreateRequestParam

WEBHOOK = "/webhook"

TOOL = RealtimeFunctionToolParam(
    type="function",
    name="book_appointment",
    description="Book an appointment. Needs the day and the time.",
    parameters={
        "type": "object",
        "properties": {"day": {"type": "string"}, "time": {"type": "string"}},
        "required": ["day", "time"],
        "additionalProperties": False,
    },
)
SESSION = RealtimeSessionCreateRequestParam(
    type="realtime",
    model="gpt-realtime-2.1",
    instructions="You are Ava, the receptionist of a dental practice. Speak in one or two short sentences. " * 8,
    output_modalities=["audio"],
    audio={
        "input": {
            "turn_detection": {"type": "semantic_vad", "eagerness": "auto"},
            "transcription": {"model": "gpt-realtime-whisper"},
        },
        "output": {"voice": "marin", "speed": 1.0},
    },
    tools=[TOOL],
    tool_choice="auto",
    reasoning={"effort": "low"},
)


class Handler:
    """`events` counts what was read from all sidebands, so that a benchmark can check that all of it was."""

    def __init__(self, client: AsyncOpenAI) -> None:
        self.client = client
        self.events = 0
        self.calls: set[asyncio.Task[None]] = set()

    async def webhook(self, request: Request) -> Response:
        try:
            event = self.client.webhooks.unwrap(await request.body(), request.headers)
        except openai.InvalidWebhookSignatureError:
            return Response("Invalid signature", status_code=400)
        if event.type == "realtime.call.incoming":
            await self.client.realtime.calls.accept(event.data.call_id, **SESSION)
            task = asyncio.create_task(self.talk(event.data.call_id))
            self.calls.add(task)
            task.add_done_callback(self.calls.discard)
        return Response(status_code=200)

    async def talk(self, call_id: str) -> None:
        async with self.client.realtime.connect(call_id=call_id) as connection:
            await connection.response.create(response={"instructions": "Say hello and ask how you can help."})
            async for event in connection:
                self.events += 1
                if event.type == "response.done":
                    for item in event.response.output or []:
                        if item.type == "function_call" and item.call_id is not None:
                            await self.answer(connection, item.call_id)

    async def answer(self, connection: AsyncRealtimeConnection, call_id: str) -> None:
        await connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": call_id, "output": "Booked."}
        )
        await connection.response.create()


def create_app() -> tuple[FastAPI, Handler]:
    """The app and its handler. Key, addresses and webhook secret come from the environment, as the SDK reads them."""
    options: dict[str, Any] = {"websocket_base_url": os.environ["OPENAI_WEBSOCKET_BASE_URL"]}
    handler = Handler(AsyncOpenAI(**options))
    app = FastAPI()
    app.post(WEBHOOK)(handler.webhook)
    return app, handler
