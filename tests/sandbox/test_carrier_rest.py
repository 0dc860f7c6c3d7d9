"""REST as the unmodified official SDK speaks it, held to Twilio's published description."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from twilio.base.exceptions import TwilioRestException

from .carrier_world import ACCOUNT, IN_ONE_WORLD, OURS, World, sdk, until

pytestmark = IN_ONE_WORLD

DESCRIPTION = Path(__file__).parents[3] / "shared" / "specs" / "twilio_calls_openapi.json"
HANG_UP = "<Response><Hangup/></Response>"


@pytest.fixture(scope="session")
def description() -> dict[str, Any]:
    if not DESCRIPTION.exists():
        pytest.skip(f"Twilio's API description is not at {DESCRIPTION}.")
    return json.loads(DESCRIPTION.read_text())


def conforms(description: dict[str, Any], path: str, method: str, status: int, body: Any) -> None:
    """Fail unless `body` is what `method path` may answer. OpenAPI 3.0 says `nullable` where JSON Schema has a type."""
    operation = description["paths"][path][method]
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]

    def translate(node: Any) -> Any:
        if isinstance(node, list):
            return [translate(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return translate(description["components"]["schemas"][node["$ref"].rsplit("/", 1)[1]])
        found = {key: translate(value) for key, value in node.items() if key not in ("example", "examples")}
        if found.pop("nullable", False) and "type" in found:
            found = {"anyOf": [{"type": "null"}, found]}
        return found

    jsonschema.validate(body, translate(schema))


async def test_create_answers_like_the_description_and_the_sdk_reads_it(
    world: World, description: dict[str, Any]
) -> None:
    call = await world.async_client.calls.create_async(to="+12025550101", from_=OURS, twiml=HANG_UP)
    assert call.status == "queued"
    assert call.direction == "outbound-api"
    assert call.sid is not None
    assert call.sid.startswith("CA")
    assert call.date_created is not None
    assert abs(call.date_created - world.clock.utc()) < timedelta(minutes=1)
    answer = await world.http.post(
        f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", data={"To": "+12025550101", "From": OURS, "Twiml": HANG_UP}
    )
    assert answer.status_code == 201
    path = "/2010-04-01/Accounts/{AccountSid}/Calls.json"
    conforms(description, path, "post", 201, answer.json())
    one = await world.http.get(f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{call.sid}.json")
    conforms(description, "/2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json", "get", 200, one.json())


async def test_the_blocking_sdk_works_too(world: World) -> None:
    def make() -> str:
        call = world.client.calls.create(to="+12025550101", from_=OURS, twiml=HANG_UP)
        return str(world.client.calls(str(call.sid)).fetch().sid)

    sid = await asyncio.to_thread(make)
    assert sid in world.exchange.services.registry.calls


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"From": OURS, "Twiml": HANG_UP}, 21201),
        ({"To": "+12025550100", "Twiml": HANG_UP}, 21213),
        ({"To": "+12025550100", "From": OURS}, 21205),
        ({"To": "+12025550100", "From": OURS, "Url": "no address"}, 21205),
        ({"To": "+12025550100", "From": OURS, "Url": "http://under_score.test/"}, 21205),
        ({"To": "+12025550100", "From": "+12025550123", "Twiml": HANG_UP}, 21210),
        ({"To": "+12025550100", "From": "nobody", "Twiml": HANG_UP}, 21212),
        ({"To": "+12025550109", "From": OURS, "Twiml": HANG_UP}, 21217),
        ({"To": "12025550100", "From": OURS, "Twiml": HANG_UP}, 21211),
        ({"To": "+120255501", "From": OURS, "Twiml": HANG_UP}, 21211),
        ({"To": "+4930123456", "From": OURS, "Twiml": HANG_UP}, 21215),
        ({"To": "+12025550100", "From": OURS, "Twiml": HANG_UP, "Timeout": "soon"}, 21200),
        ({"To": "+12025550100", "From": OURS, "Twiml": HANG_UP, "Timeout": "601"}, 21200),
        ({"To": "+12025550100", "From": OURS, "Twiml": "x" * 4001}, 21200),
        ({"To": "+12025550100", "From": OURS, "Twiml": HANG_UP, "SendDigits": "1" * 33}, 21200),
        ({"To": "+12025550100", "From": OURS, "Twiml": HANG_UP, "StatusCallback": "ftp://x"}, 21609),
        ({"To": "+12025550100", "From": OURS, "Twiml": HANG_UP, "MachineDetection": "Perhaps"}, 21234),
        (
            {
                "To": "+12025550100",
                "From": OURS,
                "Twiml": HANG_UP,
                "MachineDetection": "Enable",
                "MachineDetectionTimeout": "60",
            },
            21234,
        ),
        (
            {
                "To": "+12025550100",
                "From": OURS,
                "Twiml": HANG_UP,
                "MachineDetection": "Enable",
                "AsyncAmd": "true",
            },
            21262,
        ),
        ({"To": "+12025550100", "From": OURS, "ApplicationSid": "AP" + "0" * 32}, 21218),
    ],
)
async def test_bad_requests_are_refused_in_twilios_shape(world: World, form: dict[str, str], code: int) -> None:
    calls_before = len(world.exchange.services.registry.calls)
    answer = await world.http.post(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", data=form)
    body = answer.json()
    assert answer.status_code == 400
    assert body["code"] == code, body
    assert body["status"] == 400
    assert body["message"]
    assert body["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert len(world.exchange.services.registry.calls) == calls_before


async def test_the_sdk_raises_what_was_refused(world: World) -> None:
    with pytest.raises(TwilioRestException) as refused:
        await world.async_client.calls.create_async(to="+12025550109", from_=OURS, twiml=HANG_UP)
    assert (refused.value.status, refused.value.code) == (400, 21217)
    with pytest.raises(TwilioRestException, match=r"\+12025550100 to \+12025550111"):
        await world.async_client.calls.create_async(to="+4930123456", from_=OURS, twiml=HANG_UP)


async def test_only_the_accounts_credentials_are_good(world: World) -> None:
    path = f"/2010-04-01/Accounts/{ACCOUNT}.json"
    for auth in [None, (ACCOUNT, "wrong"), ("AC" + "0" * 32, "wrong")]:
        answer = (
            await world.http.get(path, auth=auth)
            if auth
            else await world.http.get(path, headers={"Authorization": "x"}, auth=lambda r: r)
        )
        assert answer.status_code == 401
        assert answer.json()["code"] == 20003
    assert (await world.http.get("/sandbox/ledger", auth=("a", "b"))).status_code == 401
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(sdk(world.base_url, "wrong").api.accounts(ACCOUNT).fetch)
    assert refused.value.status == 401


async def test_account_and_number_can_be_looked_up(world: World, description: dict[str, Any]) -> None:
    account = await asyncio.to_thread(world.client.api.accounts(ACCOUNT).fetch)
    assert account.status == "active"
    numbers = await world.async_client.incoming_phone_numbers.list_async()
    assert [number.phone_number for number in numbers] == [OURS]
    assert await world.async_client.incoming_phone_numbers.list_async(phone_number="+1202555*") != []
    assert await world.async_client.incoming_phone_numbers.list_async(phone_number="+49") == []
    answer = await world.http.get(f"/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json")
    conforms(description, "/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers.json", "get", 200, answer.json())


async def test_what_is_not_there_answers_20404(world: World) -> None:
    for path in [
        f"/2010-04-01/Accounts/{ACCOUNT}/Calls/CA{'0' * 32}.json",
        f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/RE{'0' * 32}.json",
        f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/RE{'0' * 32}.wav",
        f"/2010-04-01/Accounts/{ACCOUNT}/Calls/CA{'0' * 32}/Recordings.json",
        f"/2010-04-01/Accounts/{ACCOUNT}/Queues.json",
        f"/2010-04-01/Accounts/AC{'0' * 32}/Calls.json",
    ]:
        answer = await world.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, 20404), path
    put = await world.http.put(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json")
    assert (put.status_code, put.json()["code"]) == (405, 20004)


async def test_bodies_that_are_no_form_are_refused(world: World) -> None:
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content, headers in [(b"\xff\xfe=1", form), (b'{"To": 1}', {"Content-Type": "application/json"})]:
        answer = await world.http.post(path, content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, 20001)
    large = await world.http.post(path, content=b"a=" + b"x" * 300_000, headers=form)
    assert large.status_code == 413


async def test_calls_are_listed_by_number_status_and_day(world: World, description: dict[str, Any]) -> None:
    to = "+12025550777"
    sids = [await world.dial("+12025550101", HANG_UP) for _ in range(3)]
    other = await world.dial(to, HANG_UP)
    for sid in (*sids, other):
        await world.end_of(sid)
    today = world.clock.utc()
    assert [call.sid for call in await world.async_client.calls.list_async(to=to)] == [other]
    busy = await world.async_client.calls.list_async(status="busy", to="+12025550101", limit=1000)
    assert set(sids) <= {str(call.sid) for call in busy}
    assert [call.sid for call in busy] == sorted(
        (call.sid for call in busy),
        key=lambda sid: -list(world.exchange.services.registry.calls).index(str(sid)),
    )
    for found, bounds in [
        (True, {"start_time": today}),
        (True, {"start_time_after": today - timedelta(days=1), "start_time_before": today + timedelta(days=1)}),
        (False, {"start_time_after": today + timedelta(days=2)}),
        (False, {"start_time_before": datetime(2020, 1, 1, tzinfo=UTC)}),
        (True, {"end_time_after": today - timedelta(days=1)}),
    ]:
        calls = await world.async_client.calls.list_async(to=to, **bounds)
        assert bool(calls) is found, bounds
    answer = await world.http.get(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", params={"To": to})
    conforms(description, "/2010-04-01/Accounts/{AccountSid}/Calls.json", "get", 200, answer.json())
    bad = await world.http.get(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", params={"StartTime>": "yesterday"})
    assert bad.json()["code"] == 20001


async def test_long_lists_come_in_pages_that_the_sdk_follows(world: World) -> None:
    sids = [await world.dial("+12025550888", HANG_UP) for _ in range(5)]
    calls = await world.async_client.calls.list_async(to="+12025550888", page_size=2)
    assert [call.sid for call in calls] == sids[::-1]
    page = (
        await world.http.get(
            f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", params={"To": "+12025550888", "PageSize": 2, "Page": 1}
        )
    ).json()
    assert (page["start"], page["end"], page["page"], len(page["calls"])) == (2, 3, 1, 2)
    assert "Page=0" in page["previous_page_uri"]


async def test_a_finished_call_can_be_forgotten_a_live_one_cannot(world: World) -> None:
    sid = await world.dial("+12025550102", HANG_UP, timeout=600)
    with pytest.raises(TwilioRestException) as refused:
        await world.async_client.calls(sid).delete_async()
    assert refused.value.code == 20009
    await world.async_client.calls(sid).update_async(status="canceled")
    await world.end_of(sid)
    assert await world.async_client.calls(sid).delete_async()
    with pytest.raises(TwilioRestException) as gone:
        await world.async_client.calls(sid).fetch_async()
    assert gone.value.status == 404


async def test_unknown_parameters_are_ignored_and_noted(world: World) -> None:
    answer = await world.http.post(
        f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json",
        data={"To": "+12025550101", "From": OURS, "Twiml": HANG_UP, "Colour": "blue"},
    )
    assert answer.status_code == 201
    assert any("Colour" in entry["message"] for entry in world.noted("request_warning", call_sid=answer.json()["sid"]))


async def test_wrong_callback_events_make_a_call_nobody_hears_of(world: World) -> None:
    sid = await world.dial("+12025550101", HANG_UP, status_callback_event=["initiated ringing answered completed"])
    await until(lambda: world.exchange.services.registry.calls[sid].over, "the end")
    assert world.application.of("/status", sid) == []
    assert "21626" in world.noted("request_warning", call_sid=sid)[0]["message"]


async def test_control_addresses_show_and_set_the_sandbox(world: World) -> None:
    state = (await world.http.get("/sandbox/state")).json()
    assert state["speed"] == world.clock.speed
    assert {"+12025550100", "+12025550109"} <= {person["number"] for person in state["people"]}
    changed = await world.http.post("/sandbox/settings", json={"speed": 50, "webhook_url": "http://127.0.0.1:1/hook"})
    assert changed.json()["speed"] == 50
    assert world.webhook_urls == ["http://127.0.0.1:1/hook"]
    for bad in [{"speed": 0}, {"speed": "fast"}, {"tempo": 1}, {"webhook_url": "ftp://x"}, [1]]:
        assert (await world.http.post("/sandbox/settings", json=bad)).status_code == 400, bad
    world.clock.set_speed(40)
    assert (await world.http.post("/sandbox/settings", content=b"{")).status_code == 400
    assert (await world.http.post("/sandbox/shutdown")).status_code == 202
    assert world.shutdowns == [True]


async def test_calls_queue_when_a_rate_is_set(world: World) -> None:
    await world.http.post("/sandbox/settings", json={"calls_per_second": 0.01})
    calls = [
        await world.async_client.calls.create_async(to="+12025550101", from_=OURS, twiml=HANG_UP) for _ in range(3)
    ]
    await world.http.post("/sandbox/settings", json={"calls_per_second": None})
    waits = [int(call.queue_time or 0) for call in calls]
    assert waits[0] == 0
    assert waits[1] > 50_000
    assert waits[2] > waits[1] + 50_000
    for call in calls[1:]:
        assert (await call.update_async(status="canceled")).sid == call.sid
        await until(lambda sid=call.sid: world.exchange.services.registry.calls[sid].status == "canceled", "the end")


async def test_the_ledger_holds_no_secret(world: World) -> None:
    url = world.application.page("/secret", HANG_UP) + "?secret=abracadabra"
    sid = await world.dial("+12025550888", url=url)
    await world.end_of(sid)
    text = (await world.http.get("/sandbox/ledger")).text
    assert sid in text
    assert "abracadabra" not in text
    assert "token-of-the-tests" not in text
    last = json.loads(text)["entries"][-1]["n"]
    assert (await world.http.get("/sandbox/ledger", params={"after": last - 1})).json()["entries"][0]["n"] == last
