"""Providers that are slow, forgetful or wrong: one dial, one accept, a reason at the end, and no call that stays up."""

from __future__ import annotations

import httpx
import pytest


@pytest.fixture(autouse=True)
async def _no_faults_are_left_behind(product):
    yield
    await product.ask_sandbox("carrier", "DELETE", "/sandbox/faults")


async def seen(product, call_id, side, kind):
    """What the sandbox's ledger holds of one kind for this call's providers' ids."""
    facts = (await product.api.get(f"/api/calls/{call_id}/events")).json()["events"]
    ids = {str(value) for fact in facts for value in fact["detail"].values()}
    entries = await product.ask_sandbox(side, "GET", "/sandbox/ledger")
    entries = entries["entries"] if isinstance(entries, dict) else entries
    return [entry for entry in entries if entry["kind"] == kind and ids & {str(value) for value in entry.values()}]


async def dials(product):
    """Legs to people that the carrier has been asked for so far."""
    entries = await product.ask_sandbox("carrier", "GET", "/sandbox/ledger")
    entries = entries["entries"] if isinstance(entries, dict) else entries
    return len([e for e in entries if e["kind"] == "request" and (e["method"], e["status"]) == ("POST", 201)])


async def apologies(product):
    """Documents that said something to a person and hung up: two verbs where the others have one or none."""
    entries = await product.ask_sandbox("carrier", "GET", "/sandbox/ledger")
    entries = entries["entries"] if isinstance(entries, dict) else entries
    return len([entry for entry in entries if entry["kind"] == "twiml" and entry["verbs"] == 2])


async def facts_of(product, call_id):
    events = (await product.api.get(f"/api/calls/{call_id}/events")).json()["events"]
    return [event["name"] for event in events]


async def test_a_webhook_that_comes_twice_at_once_is_accepted_once(product):
    await product.fault("engine.webhook", "duplicate")
    call = await product.whole_call("+12025550100")
    assert call["outcome"]["kind"] == "completed"
    assert len(await seen(product, call["id"], "engine", "accept")) == 1
    assert (await facts_of(product, call["id"])).count("AcceptSession") == 1


async def test_a_webhook_whose_answer_is_lost_is_sent_again_and_changes_nothing(product):
    await product.fault("carrier.status_callback", "duplicate", remaining=10)
    call = await product.whole_call("+12025550104")
    assert call["outcome"]["kind"] == "completed"


async def test_callbacks_in_the_wrong_order(product):
    await product.fault("carrier.status_callback", "reorder", remaining=3)
    call = await product.whole_call("+12025550101")
    assert call["outcome"]["kind"] == "busy"


async def test_a_dial_whose_answer_is_lost_is_found_and_not_dialled_again(product):
    before = await dials(product)
    await product.fault("carrier.create_call", "lost_answer")
    call = await product.whole_call("+12025550100")
    assert call["outcome"]["kind"] == "completed"
    names = await facts_of(product, call["id"])
    assert "DialUncertain" in names
    assert names.count("Dial") == 1
    assert await dials(product) - before <= 1


async def test_a_dial_that_the_carrier_cannot_take_just_now(product):
    await product.fault("carrier.create_call", "status", status=503, remaining=9)
    call = await product.whole_call("+12025550100")
    assert call["outcome"]["kind"] == "failed"
    assert (await facts_of(product, call["id"])).count("Dial") == 1


async def test_an_engine_that_refuses_the_session_rings_no_phone(product):
    before = await dials(product)
    await product.fault("engine.client_secrets", "status", status=401, remaining=9)
    call = await product.whole_call("+12025550100")
    assert (call["outcome"]["kind"], call["answered_at"]) == ("failed", None)
    assert await dials(product) == before


async def test_an_accept_that_fails_once_is_tried_again(product):
    await product.fault("engine.accept", "status", status=503)
    call = await product.whole_call("+12025550104")
    assert call["outcome"]["kind"] == "completed"


async def test_an_accept_that_is_refused_gives_the_person_an_apology(product):
    before = await apologies(product)
    await product.fault("engine.accept", "status", status=400, remaining=9)
    call = await product.whole_call("+12025550100")
    assert (call["outcome"]["kind"], call["outcome"]["blame"]) == ("failed", "us")
    assert call["transcript"] == []
    assert await apologies(product) == before + 1


async def test_an_accept_whose_answer_is_lost(product):
    await product.fault("engine.accept", "lost_answer")
    call = await product.whole_call("+12025550104")
    assert call["outcome"]["kind"] == "completed"


async def test_a_sideband_that_is_not_there_yet(product):
    await product.fault("engine.sideband.attach", "status", status=404, remaining=3)
    call = await product.whole_call("+12025550104")
    assert call["outcome"]["kind"] == "completed"
    assert call["transcript"]


async def test_a_sideband_that_breaks_off_is_attached_again_and_the_talk_goes_on(product):
    await product.fault("engine.sideband.event", "close", after=30)
    call = await product.whole_call("+12025550100")
    assert call["outcome"]["kind"] == "completed"
    names = await facts_of(product, call["id"])
    assert names.count("SidebandAttached") == 2
    assert [tool["name"] for tool in call["tool_calls"]].count("book_appointment") == 1


async def test_an_end_that_the_carrier_does_not_tell_is_asked_for(product):
    placed = await product.place("+12025550104")
    await product.until(placed["id"], lambda call: call["status"] == "answered")
    await product.fault("carrier.status_callback", "drop", remaining=20)
    call = await product.ended(placed["id"])
    assert call["outcome"]["kind"] == "completed"
    assert "LookUpLeg" in await facts_of(product, call["id"])


async def test_a_recording_that_the_carrier_does_not_tell_of_is_asked_for(product):
    await product.fault("carrier.recording_callback", "drop", remaining=5)
    call = await product.whole_call("+12025550104")
    assert call["recording_state"] == "ready"
    assert len(call["recordings"]) == 1


async def test_ending_by_hand_while_it_rings(product):
    placed = await product.place("+12025550102")
    await product.until(placed["id"], lambda call: call["status"] == "ringing")
    assert (await product.api.post(f"/api/calls/{placed['id']}/hangup")).status_code == 202
    call = await product.ended(placed["id"])
    assert (call["outcome"]["kind"], call["outcome"]["blame"]) == ("canceled", "caller")


async def test_ending_by_hand_while_they_talk(product):
    placed = await product.place("+12025550106")
    await product.until(placed["id"], lambda call: call["transcript"])
    first = await product.api.post(f"/api/calls/{placed['id']}/hangup")
    second = await product.api.post(f"/api/calls/{placed['id']}/hangup")
    assert first.status_code == 202
    assert second.status_code in (202, 409), "a second click is harmless"
    call = await product.ended(placed["id"])
    assert (call["outcome"]["kind"], call["outcome"]["detail"]) == ("completed", "The call was ended by hand.")
    assert (await facts_of(product, call["id"])).count("HangUpLeg") == 1


async def test_a_hang_up_that_the_carrier_refuses_is_done_from_the_other_side(product):
    placed = await product.place("+12025550106")
    await product.until(placed["id"], lambda call: call["transcript"])
    await product.fault("carrier.update_call", "status", status=503, remaining=9)
    await product.api.post(f"/api/calls/{placed['id']}/hangup")
    call = await product.ended(placed["id"])
    assert call["status"] == "ended"
    assert "HangUpFailed" in await facts_of(product, call["id"])
    assert await seen(product, call["id"], "engine", "hangup")


async def test_an_engine_that_ends_the_talk_is_blamed_and_the_person_hears_why(product):
    before = await apologies(product)
    placed = await product.place("+12025550106")
    await product.until(placed["id"], lambda call: call["transcript"])
    facts = (await product.api.get(f"/api/calls/{placed['id']}/events")).json()["events"]
    (engine_call_id,) = [f["detail"]["engine_call_id"] for f in facts if f["name"] == "SessionOffered"]
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {product.sandbox.openai_api_key}"}) as engine:
        ended = await engine.post(f"{product.sandbox.engine_url}/realtime/calls/{engine_call_id}/hangup")
        assert ended.status_code == 200
    call = await product.ended(placed["id"])
    assert (call["outcome"]["kind"], call["outcome"]["blame"]) == ("failed", "engine")
    assert await apologies(product) == before + 1
