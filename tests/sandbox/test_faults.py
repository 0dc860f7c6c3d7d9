"""Faults: which one happens when, and what each does to the carrier's wire."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.base.exceptions import TwilioRestException

from aivoicecaller.sandbox.faults import POINTS, Fault, FaultError, Faults, parse_fault

from .carrier_world import ACCOUNT, IN_ONE_WORLD, OURS, World, until

pytestmark = IN_ONE_WORLD

HANG_UP = "<Response><Hangup/></Response>"
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
FORM = {"To": "+12025550101", "From": OURS, "Twiml": HANG_UP}


async def test_a_fault_happens_as_often_as_it_was_armed_for_and_not_before() -> None:
    faults = Faults()
    faults.arm(Fault("carrier.twiml", "drop", after=1, remaining=2))
    faults.arm(Fault("carrier.twiml", "delay", seconds=3))
    taken = [faults.take("carrier.twiml") for _ in range(5)]
    assert [fault.kind if fault else None for fault in taken] == ["delay", "drop", "drop", None, None]
    assert faults.take("engine.accept") is None
    assert faults.armed() == ()


async def test_faults_can_be_cleared() -> None:
    faults = Faults()
    faults.arm(Fault("carrier.twiml", "drop", remaining=9))
    faults.take("carrier.twiml")
    assert faults.armed()[0].remaining == 8
    faults.clear()
    assert faults.take("carrier.twiml") is None


async def test_every_armed_fault_happens_exactly_as_often_as_asked() -> None:
    @given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), max_size=5))
    def check(armed: list[tuple[int, int]]) -> None:
        faults = Faults()
        for after, remaining in armed:
            faults.arm(Fault("engine.webhook", "drop", after=after, remaining=remaining))
        passes = 5 + sum(remaining for _, remaining in armed)
        taken = sum(faults.take("engine.webhook") is not None for _ in range(passes))
        assert taken == sum(remaining for _, remaining in armed)
        assert faults.armed() == ()

    check()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "drop"}, "needs `point`"),
        ({"point": "carrier.twiml"}, "needs `point` and `kind`"),
        ({"point": "carrier.moon", "kind": "drop"}, "no fault point"),
        ({"point": "carrier.twiml", "kind": "explode"}, "no fault of kind"),
        ({"point": "carrier.create_call", "kind": "reorder"}, "means nothing"),
        ({"point": "carrier.twiml", "kind": "drop", "colour": 1}, "no field"),
        ({"point": "carrier.twiml", "kind": "delay", "seconds": "2"}, "wrong type"),
        ({"point": "carrier.twiml", "kind": "delay", "seconds": -1}, "`seconds`"),
        ({"point": "carrier.twiml", "kind": "status", "status": 200}, "`status`"),
        ({"point": "carrier.twiml", "kind": "drop", "remaining": 0}, "`remaining`"),
        ({"point": "carrier.twiml", "kind": "drop", "after": True}, "wrong type"),
    ],
)
async def test_faults_that_mean_nothing_are_refused(world: World, values: dict[str, object], message: str) -> None:
    with pytest.raises(FaultError, match=message):
        parse_fault(values)
    answer = await world.http.post("/sandbox/faults", json=values)
    assert answer.status_code == 400
    assert world.faults.armed() == ()


async def test_faults_are_armed_listed_and_cleared_over_http(world: World) -> None:
    for point, kinds in POINTS.items():
        body = [{"point": point, "kind": kind} for kind in sorted(kinds)]
        assert (await world.http.post("/sandbox/faults", json=body)).status_code == 200
    listed = (await world.http.get("/sandbox/faults")).json()["faults"]
    assert len(listed) == sum(len(kinds) for kinds in POINTS.values())
    assert listed[0] == {
        "point": "carrier.create_call",
        "kind": "close",
        "seconds": 1.0,
        "status": 503,
        "remaining": 1,
        "after": 0,
    }
    one = {"point": "carrier.twiml", "kind": "drop"}
    refused = await world.http.post("/sandbox/faults", json=[one, {"point": "nowhere", "kind": "drop"}])
    assert refused.status_code == 400
    assert len(world.faults.armed()) == len(listed)
    assert (await world.http.delete("/sandbox/faults")).status_code == 204
    assert world.faults.armed() == ()


def made(world: World) -> int:
    return len(world.exchange.services.registry.calls)


async def test_a_lost_answer_makes_the_call_and_says_nothing(world: World) -> None:
    world.arm("carrier.create_call", "lost_answer")
    before = made(world)
    with pytest.raises(httpx.RemoteProtocolError):
        await world.http.post(CALLS, data=FORM)
    assert made(world) == before + 1
    assert (await world.http.post(CALLS, data=FORM)).status_code == 201


async def test_a_closed_connection_makes_no_call(world: World) -> None:
    world.arm("carrier.create_call", "close")
    before = made(world)
    with pytest.raises(httpx.RemoteProtocolError):
        await world.http.post(CALLS, data=FORM)
    assert made(world) == before


async def test_a_late_answer_is_overtaken_by_the_callbacks(world: World) -> None:
    world.arm("carrier.create_call", "delay", seconds=4)
    callback = world.application.base_url + "/overtaking"
    answer = await world.http.post(CALLS, data={**FORM, "StatusCallback": callback, "StatusCallbackEvent": "initiated"})
    assert world.application.of("/overtaking", answer.json()["sid"])


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (503, 20500), (401, 20003), (404, 20404)])
async def test_a_status_is_answered_in_the_carriers_shape(world: World, status: int, code: int) -> None:
    world.arm("carrier.create_call", "status", status=status)
    before = made(world)
    with pytest.raises(TwilioRestException) as refused:
        await world.async_client.calls.create_async(to="+12025550101", from_=OURS, twiml=HANG_UP)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert made(world) == before


async def test_every_answering_point_of_the_carrier_can_fail(world: World) -> None:
    sid = await world.dial("+12025550101", HANG_UP)
    one = CALLS.replace(".json", f"/{sid}.json")
    for point, method, path in [
        ("carrier.fetch_call", "GET", one),
        ("carrier.update_call", "POST", one),
        ("carrier.list_calls", "GET", CALLS),
        ("carrier.recording_media", "GET", CALLS.replace("Calls.json", "Recordings/RE1.wav")),
    ]:
        world.arm(point, "status", status=503)
        answer = await world.http.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (503, 20500), point
        assert world.noted("fault", point=point)


async def test_a_recording_can_break_off_in_the_middle(world: World) -> None:
    sid = await world.dial(
        "+12025550106",
        "<Response><Pause length='20'/></Response>",
        record=True,
        recording_channels="dual",
        recording_status_callback=world.application.base_url + "/recording",
    )
    [heard] = await world.application.wait("/recording", CallSid=sid)
    url = heard.params["RecordingUrl"] + ".wav"
    world.arm("carrier.recording_media", "lost_answer")
    with pytest.raises(httpx.RemoteProtocolError):
        await world.http.get(url)
    whole = await world.http.get(url)
    assert len(whole.content) > 500_000


async def test_callbacks_are_dropped_doubled_delayed_and_reordered(world: World) -> None:
    async def told(kind: str, **fields: object) -> tuple[list[str], list[str]]:
        world.arm("carrier.status_callback", kind, after=1, **fields)
        sid = await world.dial("+12025550101", HANG_UP)
        await until(lambda: world.exchange.services.registry.calls[sid].over, "the end")
        count = {"drop": 2, "duplicate": 4}.get(kind, 3)
        heard = await until(lambda: len(h := world.application.of("/status", sid)) >= count and h, f"{kind} callbacks")
        world.faults.clear()
        return [h.params["SequenceNumber"] for h in heard], [h.token for h in heard]

    assert (await told("drop"))[0] == ["0", "2"]
    numbers, tokens = await told("duplicate")
    assert numbers == ["0", "1", "1", "2"]
    assert tokens[1] == tokens[2]
    assert (await told("delay", seconds=5))[0] == ["0", "2", "1"]
    assert (await told("reorder"))[0] == ["0", "2", "1"]


async def test_the_last_callback_is_sent_in_the_end_although_nothing_follows_it(world: World) -> None:
    world.arm("carrier.status_callback", "reorder", after=2)
    sid = await world.dial("+12025550101", HANG_UP)
    assert (await world.end_of(sid))["SequenceNumber"] == "2"


async def test_recording_and_detection_callbacks_have_faults_too(world: World) -> None:
    world.arm("carrier.recording_callback", "duplicate")
    world.arm("carrier.amd_callback", "duplicate")
    sid = await world.dial(
        "+12025550106",
        "<Response><Pause length='6'/></Response>",
        record=True,
        recording_status_callback=world.application.base_url + "/recording",
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=world.application.base_url + "/amd",
    )
    await world.application.wait("/recording", 2, CallSid=sid)
    await world.application.wait("/amd", 2, CallSid=sid)


@pytest.mark.parametrize(
    ("kind", "asked", "code"),
    [
        ("drop", 0, "11205"),
        ("status", 0, "11200"),
        ("lost_answer", 1, "11200"),
        ("duplicate", 2, None),
        ("delay", 1, None),
    ],
)
async def test_documents_can_go_wrong(world: World, kind: str, asked: int, code: str | None) -> None:
    world.arm("carrier.twiml", kind)
    url = world.application.page(f"/twiml/{kind}", HANG_UP)
    sid = await world.dial("+12025550777", url=url)
    assert (await world.end_of(sid)).get("ErrorCode") == code
    assert len(world.application.of(f"/twiml/{kind}", sid)) == asked


async def test_a_scenario_brings_its_own_faults(world: World) -> None:
    sid = await world.dial("+12025550111", HANG_UP)
    heard = await until(lambda: len(h := world.application.of("/status", sid)) >= 5 and h, "the callbacks")
    numbers = [h.params["SequenceNumber"] for h in heard]
    assert sorted(numbers) == ["0", "1", "1", "2", "3"]
    assert numbers != sorted(numbers)
