"""Tools: arguments are checked first, every fault becomes words for the agent, and time is limited."""

from __future__ import annotations

import asyncio
import json

import pytest
from pydantic import BaseModel, ConfigDict

from aivoicecaller.tools.base import Tool, Toolbox, ToolResult
from aivoicecaller.tools.builtin import toolbox


class Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


async def never(arguments: Nothing) -> ToolResult:
    await asyncio.Event().wait()
    raise AssertionError


async def broken(arguments: Nothing) -> ToolResult:
    raise RuntimeError("a secret in a traceback")


BOX = Toolbox(
    [
        Tool("never", "Never answers.", Nothing, never, timeout_s=0.01),
        Tool("broken", "Always fails.", Nothing, broken),
    ]
)


async def test_a_booking_repeats_what_was_asked_for():
    arguments = json.dumps({"day": "tomorrow", "time": "three", "name": "Ann"})
    result = await toolbox().run("book_appointment", arguments, ["book_appointment"])
    assert result == ToolResult("Booked for Ann: tomorrow at three.")


async def test_only_end_call_ends_the_call():
    assert (await toolbox().run("end_call", "{}", ["end_call"])).ends_call
    assert (await toolbox().run("end_call", "", ["end_call"])).ends_call, "no arguments at all are none"


@pytest.mark.parametrize(
    "arguments",
    ["{", "[]", "null", '"day"', "{}", '{"day": 1, "time": "x"}', '{"day": "x", "time": "y", "price": 1}', "\x00"],
)
async def test_wrong_arguments_are_explained_to_the_agent(arguments):
    result = await toolbox().run("book_appointment", arguments, ["book_appointment"])
    assert result.failed
    assert "Correct them and call again" in result.output


async def test_a_tool_that_the_agent_was_not_given_does_not_exist():
    result = await toolbox().run("book_appointment", '{"day": "x", "time": "y"}', ["end_call"])
    assert result.failed
    assert "no tool named" in result.output


async def test_a_tool_that_hangs_is_cut_off():
    result = await BOX.run("never", "{}", ["never"])
    assert result.failed
    assert "too long" in result.output


async def test_a_tool_that_fails_tells_the_agent_nothing_of_its_insides():
    result = await BOX.run("broken", "{}", ["broken"])
    assert result.failed
    assert "secret" not in result.output


def test_schemas_are_plain_json_schema():
    (spec,) = toolbox().specs(["book_appointment"])
    assert spec.parameters["type"] == "object"
    assert spec.parameters["required"] == ["day", "time"]
    assert spec.parameters["additionalProperties"] is False
