"""The REST half, driven by the official SDK: what is taken, what is refused, and in which words."""

from __future__ import annotations

import time
from types import NoneType
from typing import Any

import httpx
import openai
import pytest
import pytest_asyncio

from aivoicecaller.sandbox import trunk
from aivoicecaller.sandbox.faults import Fault

pytestmark = pytest.mark.asyncio(loop_scope="module")
FULL_SESSION: dict[str, Any] = {
    "type": "realtime",
    "model": "gpt-realtime-2.1",
    "instructions": "You are Ava.",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "noise_reduction": {"type": "far_field", "strength": 0.5},
            "transcription": {"model": "gpt-realtime-whisper", "language": "en", "delay": "low"},
            "turn_detection": {"type": "semantic_vad", "eagerness": "low", "interrupt_response": True},
        },
        "output": {"voice": "marin", "speed": 1.1},
    },
    "include": ["item.input_audio_transcription.logprobs"],
    "tools": [
        {
            "type": "function",
            "name": "end_call",
            "description": "x",
            "parameters": {"type": "object", "properties": {}},
        },
        {"type": "mcp", "server_label": "a", "server_url": "https://a.example/mcp", "require_approval": "never"},
    ],
    "tool_choice": {"type": "function", "name": "end_call"},
    "parallel_tool_calls": True,
    "reasoning": {"effort": "low"},
    "max_output_tokens": 500,
    "tracing": {"workflow_name": "calls"},
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.8, "token_limits": {"post_instructions": 8000}},
}


def on(path: str, value: Any) -> dict[str, Any]:
    """A session that sets one field by its path."""
    session: dict[str, Any] = {"type": "realtime"}
    at = session
    *parents, last = path.split(".")
    for name in parents:
        at = at.setdefault(name, {})
    at[last] = value
    return session


async def test_a_minted_secret_shows_the_effective_session(sandbox):
    before = int(time.time())
    minted = await sandbox.client.realtime.client_secrets.create(
        expires_after={"anchor": "created_at", "seconds": 120}, session=FULL_SESSION
    )
    assert minted.value.startswith("ek_")
    assert before + 120 <= minted.expires_at <= time.time() + 120
    session = minted.session
    assert session.object == "realtime.session"
    assert session.id.startswith("sess_")
    assert session.model == "gpt-realtime-2.1"
    assert session.audio.output.voice == "marin"
    assert session.audio.input.turn_detection.eagerness == "low"
    assert session.audio.input.turn_detection.create_response is True, "defaults are filled in"
    assert session.truncation.retention_ratio == 0.8


async def test_a_secret_for_nothing_gets_the_defaults(sandbox):
    minted = await sandbox.client.realtime.client_secrets.create()
    assert 590 < minted.expires_at - time.time() < 610
    assert minted.session.output_modalities == ["audio"]
    assert minted.session.audio.output.voice == "alloy"
    assert minted.session.audio.input.turn_detection.type == "server_vad"
    assert minted.session.tools == []


REFUSED = [
    (on("audio.input.foo", 1), "unknown_parameter", "session.audio.input.foo"),
    (on("temperature", 0.5), "unknown_parameter", "session.temperature"),
    (on("audio.output.voice", "zed"), "invalid_value", "session.audio.output.voice"),
    (on("audio.output.speed", 2), "decimal_above_max_value", "session.audio.output.speed"),
    (on("audio.output.speed", "fast"), "invalid_type", "session.audio.output.speed"),
    (
        on("audio.input.turn_detection", {"type": "mind_vad"}),
        "invalid_value",
        "session.audio.input.turn_detection.type",
    ),
    (
        on("audio.input.turn_detection", {"type": "semantic_vad", "threshold": 0.5}),
        "unknown_parameter",
        "session.audio.input.turn_detection.threshold",
    ),
    (on("instructions", None), "invalid_type", "session.instructions"),
    (on("output_modalities", ["text", "audio"]), "array_above_max_length", "session.output_modalities"),
    (on("tools", [{"type": "function"}]), "missing_required_parameter", "session.tools[0].name"),
    (on("tools", [{"type": "function", "name": "a b"}]), "invalid_value", "session.tools[0].name"),
    (
        on("tools", [{"type": "function", "name": "a", "strict": True}]),
        "unknown_parameter",
        "session.tools[0].strict",
    ),
    (on("tools", [{"type": "mcp", "server_label": "a"}]), "missing_required_parameter", "session.tools[0].server_url"),
    (on("tool_choice", "maybe"), "invalid_value", "session.tool_choice"),
    (on("max_output_tokens", 0), "integer_below_min_value", "session.max_output_tokens"),
    (on("max_output_tokens", "all"), "invalid_value", "session.max_output_tokens"),
    (on("reasoning.effort", "huge"), "invalid_value", "session.reasoning.effort"),
    ({"type": "phone"}, "invalid_value", "session.type"),
    ({"model": "gpt-realtime-2.1"}, "missing_required_parameter", "session.type"),
]


@pytest.mark.parametrize(("session", "code", "param"), REFUSED, ids=lambda value: str(value)[:60])
async def test_a_wrong_session_is_refused_in_the_apis_shape(sandbox, session, code, param):
    with pytest.raises(openai.BadRequestError) as refused:
        await sandbox.client.realtime.client_secrets.create(session=session)
    error = refused.value
    assert (error.code, error.param, error.type) == (code, param, "invalid_request_error")
    assert f"'{param}'" in error.message or code == "invalid_value"
    assert await sandbox.ledger("client_secret") == []


async def test_the_words_of_an_unknown_parameter(sandbox):
    with pytest.raises(openai.BadRequestError) as refused:
        await sandbox.client.realtime.client_secrets.create(session=on("audio.input.foo", 1))
    assert refused.value.body == {
        "message": "Unknown parameter: 'session.audio.input.foo'.",
        "type": "invalid_request_error",
        "param": "session.audio.input.foo",
        "code": "unknown_parameter",
    }


@pytest.mark.parametrize("seconds", [9, 7201])
async def test_a_secret_lives_from_ten_seconds_to_two_hours(sandbox, seconds):
    with pytest.raises(openai.BadRequestError) as refused:
        await sandbox.client.realtime.client_secrets.create(expires_after={"anchor": "created_at", "seconds": seconds})
    assert refused.value.param == "expires_after.seconds"


@pytest.mark.parametrize("model", ["gpt-4o-realtime-preview", "gpt-realtime-mini-2025-10-06", "gpt-live-1"])
async def test_a_model_that_is_gone_is_not_found(sandbox, model):
    with pytest.raises(openai.NotFoundError) as refused:
        await sandbox.client.realtime.client_secrets.create(session={"type": "realtime", "model": model})
    assert refused.value.code == "model_not_found"


async def test_the_list_of_models_is_open(sandbox):
    minted = await sandbox.client.realtime.client_secrets.create(
        session={"type": "realtime", "model": "gpt-realtime-9"}
    )
    assert minted.session.model == "gpt-realtime-9"


async def test_models_can_be_listed_and_looked_up(sandbox):
    names = [model.id async for model in sandbox.client.models.list()]
    assert "gpt-realtime-2.1" in names
    assert (await sandbox.client.models.retrieve("gpt-realtime-2.1")).object == "model"
    with pytest.raises(openai.NotFoundError) as refused:
        await sandbox.client.models.retrieve("gpt-9")
    assert refused.value.code == "model_not_found"


async def test_a_wrong_key_is_refused(sandbox):
    stranger = sandbox.client.with_options(api_key="sk-somebody-elses-key")
    with pytest.raises(openai.AuthenticationError) as refused:
        await stranger.models.list()
    assert refused.value.code == "invalid_api_key"
    assert "somebody-elses" not in refused.value.message


async def test_another_project_is_refused(sandbox):
    with pytest.raises(openai.AuthenticationError) as refused:
        await sandbox.client.with_options(project="proj_other").models.list()
    assert refused.value.code == "mismatched_project"


async def test_what_is_no_json_or_no_address_gets_the_apis_shape(sandbox):
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{sandbox.port}", trust_env=False) as http:
        headers = {"authorization": f"Bearer {sandbox.client.api_key}"}
        for content in (b"{", b"[]", b"\xff"):
            response = await http.post("/v1/realtime/client_secrets", content=content, headers=headers)
            assert response.status_code == 400
            assert response.json()["error"]["type"] == "invalid_request_error"
        large = await http.post("/v1/realtime/client_secrets", content=b" " * 2_000_000, headers=headers)
        assert large.status_code == 413
        unknown = await http.get("/v1/chat", headers=headers)
        assert (unknown.status_code, unknown.json()["error"]["message"]) == (404, "Invalid URL (GET /v1/chat)")
        assert (await http.get("/v1/models")).status_code == 401


# --- calls -------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="module")
async def offered(sandbox, dial):
    """A call nobody has decided on: its id and its line."""
    line = await dial(sandbox)
    return await sandbox.call_id(line), line


async def test_accept_rings_and_answers(sandbox, offered):
    call_id, line = offered
    await sandbox.client.realtime.calls.accept(call_id, **FULL_SESSION)
    await line.message(trunk.Answer)
    assert [message.type for message in line.messages] == ["trying", "ringing", "answer"]
    assert sandbox.engine.live_calls() == 1
    assert [entry["call_id"] for entry in await sandbox.ledger("accept")] == [call_id]


async def test_a_second_accept_is_refused_and_changes_nothing(sandbox, offered):
    call_id, line = offered
    await sandbox.client.realtime.calls.accept(call_id, type="realtime")
    for decide in (
        lambda: sandbox.client.realtime.calls.accept(call_id, type="realtime"),
        lambda: sandbox.client.realtime.calls.reject(call_id),
    ):
        with pytest.raises(openai.BadRequestError) as refused:
            await decide()
        assert refused.value.code == "decision_already_made"
    await line.message(trunk.Answer)
    assert sandbox.engine.live_calls() == 1


async def test_accept_refuses_the_numbers_of_server_vad_over_sip(sandbox, offered):
    """A client secret takes them, so the check before dialling does not find this."""
    call_id, _ = offered
    session = on("audio.input.turn_detection", {"type": "server_vad", "threshold": 0.6})
    await sandbox.client.realtime.client_secrets.create(session=session)
    with pytest.raises(openai.BadRequestError) as refused:
        await sandbox.client.realtime.calls.accept(call_id, **session)
    assert "Unknown parameter: 'session.audio.input.turn_detection.threshold'." in refused.value.message
    bare = on("audio.input.turn_detection", {"type": "server_vad", "create_response": True})
    await sandbox.client.realtime.calls.accept(call_id, **bare)


async def test_accept_without_a_type_succeeds_and_the_session_fails(sandbox, offered):
    call_id, line = offered
    await sandbox.client.post(f"/realtime/calls/{call_id}/accept", body={"instructions": "x"}, cast_to=NoneType)
    assert (await line.message(trunk.Reject)).status == 400
    [failed] = await sandbox.ledger("session_failed")
    assert failed["message"] == "Missing required parameter: 'session.type'."


async def test_accept_after_the_caller_gave_up_is_not_found(sandbox, offered):
    call_id, line = offered
    await line.send(trunk.Cancel())
    await sandbox.ledger("ended", at_least=1)
    with pytest.raises(openai.NotFoundError) as refused:
        await sandbox.client.realtime.calls.accept(call_id, type="realtime")
    assert refused.value.code == "call_id_not_found"


@pytest.mark.parametrize(("body", "status", "reason"), [({}, 603, "Decline"), ({"status_code": 486}, 486, "Busy Here")])
async def test_reject_gives_the_carrier_a_status(sandbox, offered, body, status, reason):
    call_id, line = offered
    await sandbox.client.realtime.calls.reject(call_id, **body)
    assert await line.message(trunk.Reject) == trunk.Reject(status, reason)
    assert sandbox.engine.live_calls() == 0
    with pytest.raises(openai.NotFoundError):
        await sandbox.client.realtime.calls.accept(call_id, type="realtime")


async def test_reject_with_no_final_status_is_refused(sandbox, offered):
    with pytest.raises(openai.BadRequestError) as refused:
        await sandbox.client.realtime.calls.reject(offered[0], status_code=200)
    assert refused.value.param == "status_code"


async def test_hangup_ends_the_call_and_then_nothing_is_found(make_call):
    call = await make_call()
    calls = call.sandbox.client.realtime.calls
    await calls.hangup(call.id)
    await call.line.message(trunk.Bye)
    assert call.sandbox.engine.live_calls() == 0
    for again in (calls.hangup(call.id), calls.refer(call.id, target_uri="tel:+12025550107")):
        with pytest.raises(openai.NotFoundError) as refused:
            await again
        assert refused.value.code == "call_id_not_found"


async def test_refer_reaches_the_carrier_and_the_call_goes_on(make_call):
    call = await make_call()
    refer = call.sandbox.client.realtime.calls.refer
    with pytest.raises(openai.BadRequestError):
        await refer(call.id, target_uri="the front desk")
    await refer(call.id, target_uri="tel:+12025550107")
    assert (await call.line.message(trunk.Refer)).target == "tel:+12025550107"
    await call.line.quiet(100)
    assert call.sandbox.engine.live_calls() == 1


async def test_an_unknown_call_is_not_found(sandbox):
    with pytest.raises(openai.NotFoundError) as refused:
        await sandbox.client.realtime.calls.hangup("rtc_never")
    assert refused.value.code == "call_id_not_found"


# --- faults ------------------------------------------------------------------------------------------------


async def test_a_fault_of_status_does_nothing_and_answers_it(sandbox, offered):
    call_id, _ = offered
    sandbox.faults.arm(Fault("engine.accept", "status", status=503))
    with pytest.raises(openai.InternalServerError):
        await sandbox.client.realtime.calls.accept(call_id, type="realtime")
    await sandbox.client.realtime.calls.accept(call_id, type="realtime")


async def test_a_lost_answer_comes_after_the_work(sandbox, offered):
    call_id, line = offered
    sandbox.faults.arm(Fault("engine.accept", "lost_answer"))
    with pytest.raises(openai.APIConnectionError):
        await sandbox.client.realtime.calls.accept(call_id, type="realtime")
    await line.message(trunk.Answer)


async def test_a_cut_connection_comes_before_the_work(sandbox):
    sandbox.faults.arm(Fault("engine.client_secrets", "close"))
    with pytest.raises(openai.APIConnectionError):
        await sandbox.client.realtime.client_secrets.create()
    assert await sandbox.ledger("client_secret") == []


async def test_rate_limits_look_like_rate_limits(sandbox):
    sandbox.faults.arm(Fault("engine.client_secrets", "status", status=429))
    with pytest.raises(openai.RateLimitError) as refused:
        await sandbox.client.realtime.client_secrets.create()
    assert refused.value.code == "rate_limit_exceeded"
