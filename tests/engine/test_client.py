"""Requests to OpenAI, and what its answers mean."""

from __future__ import annotations

import pytest

from aivoicecaller.agents.model import AgentConfig, ServerTurnDetection
from aivoicecaller.calls.outcome import Blame, OutcomeKind
from aivoicecaller.engine.client import BUDGET_S, RealtimeEngine
from aivoicecaller.engine.errors import CallGone, EngineError, EngineRefused, EngineUnavailable
from aivoicecaller.engine.wire import session_object, without_vad_numbers

from ..wire import payload
from ..wire.scripted import CUT, SILENCE, Answer, LeapingClock, ScriptedProvider
from .conftest import KEY

SESSION = session_object(AgentConfig(instructions=""), "You are Ava.", [])
TUNED = session_object(AgentConfig(instructions="", turn_detection=ServerTurnDetection(threshold=0.6)), "", [])
SECRETS = "POST /v1/realtime/client_secrets"
ACCEPT = "POST /v1/realtime/calls/rtc_1/accept"
HANG_UP = "POST /v1/realtime/calls/rtc_1/hangup"
REJECT = "POST /v1/realtime/calls/rtc_1/reject"
OK = Answer()
GONE = Answer(payload("openai/error_call_not_found"), 404)
BUSY = Answer(payload("openai/error_rate_limit"), 429)
BROKEN = Answer(payload("openai/error_server"), 500)


async def test_preparing_has_the_whole_session_checked(provider: ScriptedProvider, engine: RealtimeEngine):
    provider.answers(SECRETS, Answer(payload("openai/client_secret")))

    prepared = await engine.prepare(SESSION)

    assert (prepared.value, prepared.expires_at, prepared.session_id) == ("ek_68f0c1c2c3c4", 1795000600, "sess_u0_0001")
    (asked,) = provider.asked
    assert asked.json == {"session": SESSION}
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["openai-safety-identifier"] == "user_5f2a"


@pytest.mark.parametrize(
    ("answer", "status", "detail"),
    [
        ("openai/error_voice", 400, "OpenAI refused: Invalid value: 'nobody'."),
        ("openai/error_quota", 429, "OpenAI refused, the quota is used up: You exceeded your current quota"),
    ],
)
async def test_a_refused_session_comes_back_with_openais_words(
    provider: ScriptedProvider, engine: RealtimeEngine, answer: str, status: int, detail: str
):
    provider.answers(SECRETS, Answer(payload(answer), status))

    with pytest.raises(EngineRefused) as refused:
        await engine.prepare(SESSION)

    assert refused.value.outcome.detail.startswith(detail)
    assert (refused.value.outcome.kind, refused.value.outcome.blame) == (OutcomeKind.FAILED, Blame.US)
    assert len(provider.asked) == 1


async def test_a_refused_key_is_not_quoted(provider: ScriptedProvider, engine: RealtimeEngine):
    provider.answers(SECRETS, Answer(payload("openai/error_key"), 401))

    with pytest.raises(EngineRefused) as refused:
        await engine.prepare(SESSION)

    assert "sk-" not in refused.value.outcome.detail
    assert refused.value.outcome.blame is Blame.US


@pytest.mark.parametrize("body", [b"", b"nothing", b"[]", b'{"value": null}'])
async def test_an_odd_answer_is_no_secret(provider: ScriptedProvider, engine: RealtimeEngine, body: bytes):
    provider.answers(SECRETS, Answer(body))

    with pytest.raises(EngineUnavailable, match="answered oddly"):
        await engine.prepare(SESSION)


async def test_accepting_sends_the_session_once(provider: ScriptedProvider, engine: RealtimeEngine):
    provider.answers(ACCEPT, OK)

    await engine.accept("rtc_1", SESSION)

    (asked,) = provider.asked
    assert asked.json == SESSION
    assert asked.headers["content-type"] == "application/json"


async def test_numbers_that_sip_refuses_are_left_out(provider: ScriptedProvider, engine: RealtimeEngine):
    provider.answers(ACCEPT, Answer(payload("openai/error_vad_number"), 400), OK)

    await engine.accept("rtc_1", TUNED)

    assert [asked.json for asked in provider.asked] == [TUNED, without_vad_numbers(TUNED)]


@pytest.mark.parametrize(("session", "answer"), [(SESSION, "openai/error_vad_number"), (TUNED, "openai/error_voice")])
async def test_another_refusal_is_final(
    provider: ScriptedProvider, engine: RealtimeEngine, session: dict[str, object], answer: str
):
    provider.answers(ACCEPT, Answer(payload(answer), 400))

    with pytest.raises(EngineRefused):
        await engine.accept("rtc_1", session)

    assert len(provider.asked) == 1


async def test_a_caller_who_is_gone_is_not_asked_for_again(provider: ScriptedProvider, engine: RealtimeEngine):
    provider.answers(ACCEPT, GONE)

    with pytest.raises(CallGone) as gone:
        await engine.accept("rtc_1", SESSION)

    assert gone.value.gone
    assert len(provider.asked) == 1


@pytest.mark.parametrize("status", [400, 409])
async def test_a_call_that_is_taken_is_ours(provider: ScriptedProvider, engine: RealtimeEngine, status: int):
    provider.answers(ACCEPT, Answer(payload("openai/error_taken"), status))

    await engine.accept("rtc_1", SESSION)

    assert len(provider.asked) == 1


@pytest.mark.parametrize("failure", [BUSY, BROKEN, CUT])
async def test_accept_is_repeated_while_openai_is_unavailable(
    provider: ScriptedProvider, engine: RealtimeEngine, clock: LeapingClock, failure: Answer
):
    provider.answers(ACCEPT, failure, failure, OK)

    await engine.accept("rtc_1", SESSION)

    assert [asked.json for asked in provider.asked] == [SESSION] * 3
    assert clock.slept == [0.1, 0.2]


async def test_accept_is_repeated_when_no_answer_comes(
    provider: ScriptedProvider, engine: RealtimeEngine, clock: LeapingClock
):
    clock.speed = 25.0
    provider.answers(ACCEPT, SILENCE, Answer(payload("openai/error_taken"), 409))

    await engine.accept("rtc_1", SESSION)

    assert len(provider.asked) >= 2


async def test_accept_gives_up_inside_its_budget(
    provider: ScriptedProvider, engine: RealtimeEngine, clock: LeapingClock
):
    provider.answers(ACCEPT, BUSY)

    with pytest.raises(EngineUnavailable) as unavailable:
        await engine.accept("rtc_1", SESSION)

    assert unavailable.value.retry_safe
    assert unavailable.value.outcome.blame is Blame.ENGINE
    assert BUDGET_S / 2 < sum(clock.slept) <= BUDGET_S


async def test_an_id_stays_one_part_of_the_path(provider: ScriptedProvider, engine: RealtimeEngine):
    with pytest.raises(EngineError):
        await engine.accept("../../models?x=", SESSION)

    assert provider.asked[0].path == "/v1/realtime/calls/../../models?x=/accept"
    assert provider.asked[0].query == {}


async def test_hanging_up_what_is_over_is_done(provider: ScriptedProvider, engine: RealtimeEngine):
    provider.answers(HANG_UP, BROKEN, GONE)

    await engine.hang_up("rtc_1")

    assert [asked.body for asked in provider.asked] == [b"", b""]


async def test_rejecting_says_with_which_status(provider: ScriptedProvider, engine: RealtimeEngine):
    provider.answers(REJECT, OK, OK, GONE)

    await engine.reject("rtc_1")
    await engine.reject("rtc_1", 486)
    await engine.reject("rtc_1")

    assert [asked.json for asked in provider.asked] == [{"status_code": code} for code in (603, 486, 603)]


async def test_the_check_tells_which_models_there_are(provider: ScriptedProvider, engine: RealtimeEngine):
    provider.answers("GET /v1/models", Answer(payload("openai/models")))

    assert await engine.check() == {"gpt-realtime-2.1", "gpt-realtime-2.1-mini"}


async def test_a_redirect_gets_neither_key_nor_session(provider: ScriptedProvider, engine: RealtimeEngine):
    provider.answers(ACCEPT, Answer(status=307, headers={"Location": "/elsewhere"}))

    with pytest.raises(EngineError):
        await engine.accept("rtc_1", SESSION)

    assert len(provider.asked) == 1


async def test_an_engine_out_of_reach():
    engine = RealtimeEngine(api_key=KEY, base_url="http://127.0.0.1:9/v1", clock=LeapingClock())

    with pytest.raises(EngineUnavailable) as unavailable:
        await engine.check()

    assert unavailable.value.outcome.blame is Blame.ENGINE
    await engine.aclose()
