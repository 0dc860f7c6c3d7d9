"""Bad input: a clear error in one shape that says what to do, and nothing is lost."""

from __future__ import annotations

import pytest

from aivoicecaller.web.api.placing import typed_number


def refused(response, status, kind):
    problem = response.json()
    assert response.status_code == status, problem
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["type"] == f"/problems/{kind}"
    assert problem["detail"]
    return problem


async def place(site, **body):
    return await site.http.post("/api/calls", json={"agent": "demo", "to": "+12025550100", **body})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to": "202-555"}, "to"),
        ({"to": "not a number"}, "to"),
        ({"to": ""}, "to"),
        ({"to": "+1202555010000000000"}, "to"),
        ({"to": "+12025550100 ext. 7"}, "to"),
        ({"agent": "nobody"}, "agent"),
        ({"country": "usa"}, "country"),
        ({"country": "us"}, "country"),
        ({"colour": "blue"}, "colour"),
        ({"to": 12025550100}, "to"),
        ({"variables": {"name": 1}}, "variables.name"),
    ],
)
async def test_the_fault_stands_at_its_field(site, body, field):
    problem = refused(await place(site, **body), 422, "invalid")
    assert [fault["field"] for fault in problem["errors"]] == [field]
    assert (await site.http.get("/api/calls")).json()["calls"] == []


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("911", "emergency"),
        ("+1911", "emergency"),
        ("+19005551234", "premium"),
        ("+12025550199", "own-number"),
        ("+4930123456", "country"),
        ("+870773111632", "country"),
    ],
)
async def test_the_dial_gate_says_why_and_the_history_keeps_it(site, number, kind):
    problem = refused(await place(site, to=number), 403, f"dial-refused/{kind}")
    call = (await site.http.get(f"/api/calls/{problem['call_id']}")).json()
    assert call["status"] == "ended"
    assert call["outcome"] == {"kind": "refused", "blame": "us", "detail": problem["detail"]}
    assert call["duration_s"] == 0


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("911\u0000", "911"), ("9-1-1", "911"), (" +1 911 ", "+1911"), ("９１１", "911"), ("911" + " " * 60, "911")],
)
async def test_an_emergency_entry_is_kept_without_what_is_no_number(site, typed, kept):
    problem = refused(await place(site, to=typed), 403, "dial-refused/emergency")
    assert (await site.http.get(f"/api/calls/{problem['call_id']}")).json()["to"] == kept


@pytest.mark.parametrize(("typed", "kept"), [("", "?"), ("help!", "?"), ("1" * 30, "1" * 20)])
def test_what_is_kept_of_an_entry_is_short_and_never_empty(typed, kept):
    assert typed_number(typed) == kept


async def test_national_numbers_are_read_with_their_country(make_site):
    async with make_site(allowed_countries="DE,US") as site:
        refusal = await place(site, to="0900 1234567", country="DE")
        assert refused(refusal, 403, "dial-refused/premium")
        call = (await site.http.get(f"/api/calls/{refusal.json()['call_id']}")).json()
        assert call["to"] == "+499001234567"


async def test_missing_keys_are_named(make_site):
    async with make_site(sandbox=None, twilio_account_sid="AC" + "0" * 32) as site:
        problem = refused(await place(site), 503, "keys-missing")
        for name in ("TWILIO_AUTH_TOKEN", "TWILIO_FROM_NUMBER", "PUBLIC_URL", "OPENAI_API_KEY", "OPENAI_PROJECT_ID"):
            assert name in problem["detail"]
        status = (await site.http.get("/api/status")).json()
        assert status["can_call"] is False
        assert status["sandbox"] is False


async def test_a_cap_on_live_calls(make_site):
    async with make_site(max_live_calls=1) as site:
        assert (await place(site)).status_code == 201
        refused(await place(site), 429, "too-many-calls")


async def test_a_body_that_is_no_json(site):
    headers = {"content-type": "application/json"}
    for body in (b"{", b"\xff\xfe", b"[1,", b"\x00"):
        response = await site.http.post("/api/calls", content=body, headers=headers)
        refused(response, 400, "not-json")


async def test_a_body_of_two_megabytes(site):
    headers = {"content-type": "application/json"}

    async def in_pieces():
        for _ in range(32):
            yield b"x" * 65536

    for content in (b"x" * 2_000_000, in_pieces()):
        refused(await site.http.post("/api/calls", content=content, headers=headers), 413, "too-large")
        refused(await site.stranger.post("/api/openai/webhook", content=b"x" * 2_000_000), 413, "too-large")


@pytest.mark.parametrize("path", ["/api/calls/call_" + "0" * 32, "/api/recordings/rec_" + "0" * 32, "/api/nothing"])
async def test_what_does_not_exist(site, path):
    refused(await site.http.get(path), 404, "not-found")


async def test_an_odd_id_or_cursor(site):
    refused(await site.http.get("/api/calls/%00"), 422, "invalid")
    refused(await site.http.get("/api/calls?cursor=1"), 422, "invalid")
    refused(await site.http.get("/api/calls?limit=0"), 422, "invalid")


async def test_a_wrong_method(site):
    assert (await site.http.delete("/api/calls")).status_code == 405


async def test_ending_a_call_that_has_ended(site):
    call_id = (await place(site, to="911")).json()["call_id"]
    problem = refused(await site.http.post(f"/api/calls/{call_id}/hangup"), 409, "call-ended")
    assert problem["call_id"] == call_id
