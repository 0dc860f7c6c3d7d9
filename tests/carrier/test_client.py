"""Requests to Twilio, and what its answers mean. A dial is asked for once, whatever happens to the answer."""

from __future__ import annotations

import base64
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aivoicecaller.calls.events import DialMissing, LegAnswered, LegEnd, LegEnded, LegRinging, LegSeen
from aivoicecaller.calls.outcome import Blame, OutcomeKind
from aivoicecaller.carrier.client import BUDGET_S, TwilioCarrier
from aivoicecaller.carrier.errors import CarrierRefused, CarrierUnavailable, DialFailed
from aivoicecaller.carrier.wire import DialOrder, RecordingReport

from ..wire import payload
from ..wire.scripted import CUT, SILENCE, Answer, LeapingClock, ScriptedProvider
from .conftest import ACCOUNT, LEG, RECORDING, TOKEN

ROOT = f"/2010-04-01/Accounts/{ACCOUNT}"
CREATE = f"POST {ROOT}/Calls.json"
LIST = f"GET {ROOT}/Calls.json"
FETCH = f"GET {ROOT}/Calls/{LEG}.json"
UPDATE = f"POST {ROOT}/Calls/{LEG}.json"
BASIC = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
ORDER = DialOrder(
    to="+12025550100",
    from_="+12025550199",
    answer_url="https://calls.example.com/api/twiml?secret=s",
    status_url="https://calls.example.com/api/twilio/status?call=call_0193",
    machine_url="https://calls.example.com/api/twilio/amd?call=call_0193",
    ring_s=29.5,
    talk_s=900,
)
DIALLED_AT = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def leg(status: str = "queued", **changes: Any) -> dict[str, Any]:
    return payload("twilio/call") | {"status": status} | changes


def error(code: int) -> Answer:
    body = payload(f"twilio/error_{code}")
    return Answer(body, body["status"])


async def test_a_dial_says_everything_once(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(CREATE, Answer(leg(), 201))

    assert await carrier.dial(ORDER) == LEG

    (asked,) = provider.asked
    assert asked.headers["authorization"] == BASIC
    assert asked.form == {
        "To": ["+12025550100"],
        "From": ["+12025550199"],
        "Url": [ORDER.answer_url],
        "StatusCallback": [ORDER.status_url],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "Timeout": ["30"],
        "TimeLimit": ["930"],
        "MachineDetection": ["Enable"],
        "AsyncAmd": ["true"],
        "AsyncAmdStatusCallback": [ORDER.machine_url],
    }


async def test_no_guess_about_machines_is_bought_unasked(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(CREATE, Answer(leg(), 201))

    await carrier.dial(replace(ORDER, machine_url=None))

    assert not {"MachineDetection", "AsyncAmd"} & set(provider.asked[0].form)


@pytest.mark.parametrize(
    ("code", "blame", "detail"),
    [
        (21217, Blame.CALLER, "The number is not a valid phone number (Twilio 21217)."),
        (21215, Blame.US, "Calls to this country are not enabled in the Twilio account (Twilio 21215)."),
        (20003, Blame.US, "Twilio refused our credentials (Twilio 20003)."),
        (21999, Blame.US, "Twilio refused (21999): Something about +1…00 that is new"),
    ],
)
async def test_a_refused_dial_certainly_rang_nobody(
    provider: ScriptedProvider, carrier: TwilioCarrier, code: int, blame: Blame, detail: str
):
    provider.answers(CREATE, error(code))

    with pytest.raises(DialFailed) as failed:
        await carrier.dial(ORDER)

    assert failed.value.certain
    assert failed.value.code == code
    assert failed.value.outcome.kind is OutcomeKind.FAILED
    assert (failed.value.outcome.blame, failed.value.outcome.detail) == (blame, detail)
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        CUT,
        Answer({"message": "upstream"}, 500),
        Answer(b"<html>Bad gateway</html>", 502),
        Answer(b"<html>Timed out</html>", 408),
        Answer(b"{", 201),
        Answer({}, 201),
        Answer(b"", 302, {"Location": "https://elsewhere.example"}),
    ],
)
async def test_a_lost_answer_leaves_a_doubt_and_is_not_asked_for_again(
    provider: ScriptedProvider, carrier: TwilioCarrier, answer: Answer
):
    provider.answers(CREATE, answer)

    with pytest.raises(DialFailed) as failed:
        await carrier.dial(ORDER)

    assert not failed.value.certain
    assert len(provider.asked) == 1


async def test_no_answer_at_all_leaves_a_doubt(provider: ScriptedProvider, carrier: TwilioCarrier, clock: LeapingClock):
    clock.speed = 50.0
    provider.answers(CREATE, SILENCE)

    with pytest.raises(DialFailed, match="did not answer in time") as failed:
        await carrier.dial(ORDER)

    assert not failed.value.certain
    assert len(provider.asked) == 1


async def test_a_carrier_out_of_reach_certainly_rang_nobody():
    carrier = TwilioCarrier(account_sid=ACCOUNT, auth_token=TOKEN, base_url="http://127.0.0.1:9", clock=LeapingClock())

    with pytest.raises(DialFailed, match="Twilio cannot be reached") as failed:
        await carrier.dial(ORDER)

    assert failed.value.certain
    await carrier.aclose()


async def test_too_many_requests_are_asked_again(
    provider: ScriptedProvider, carrier: TwilioCarrier, clock: LeapingClock
):
    provider.answers(CREATE, error(20429), Answer(b"", 429), Answer(leg(), 201))

    assert await carrier.dial(ORDER) == LEG

    assert clock.slept == [0.4, 0.8]


async def test_too_many_requests_for_too_long_are_a_certain_failure(
    provider: ScriptedProvider, carrier: TwilioCarrier, clock: LeapingClock
):
    provider.answers(CREATE, error(20429))

    with pytest.raises(DialFailed, match="too many requests") as failed:
        await carrier.dial(ORDER)

    assert failed.value.certain
    assert sum(clock.slept) <= BUDGET_S


@pytest.mark.parametrize(
    ("shown", "event"),
    [
        (leg("queued"), LegSeen(LEG)),
        (leg("something-new"), LegSeen(LEG)),
        (leg("ringing"), LegRinging(LEG)),
        (leg("in-progress"), LegAnswered(LEG)),
        (leg("completed", duration="42"), LegEnded(LEG, LegEnd.COMPLETED, 42.0)),
        (leg("busy", duration="0"), LegEnded(LEG, LegEnd.BUSY)),
    ],
)
async def test_looking_a_leg_up(
    provider: ScriptedProvider, carrier: TwilioCarrier, shown: dict[str, Any], event: object
):
    provider.answers(FETCH, Answer(shown))

    assert await carrier.look_up(LEG) == event


async def test_a_leg_twilio_does_not_know(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(FETCH, error(20404))

    assert await carrier.look_up(LEG) == DialMissing()


async def test_looking_up_is_asked_again_while_twilio_is_unavailable(
    provider: ScriptedProvider, carrier: TwilioCarrier
):
    provider.answers(FETCH, Answer(b"", 503), CUT, Answer(leg("ringing")))

    assert await carrier.look_up(LEG) == LegRinging(LEG)


async def test_looking_up_gives_up_inside_its_budget(
    provider: ScriptedProvider, carrier: TwilioCarrier, clock: LeapingClock
):
    provider.answers(FETCH, Answer(b"", 503))

    with pytest.raises(CarrierUnavailable) as unavailable:
        await carrier.look_up(LEG)

    assert unavailable.value.retry_safe
    assert BUDGET_S / 2 < sum(clock.slept) <= BUDGET_S


def made(seconds: int, sid: str, **changes: Any) -> dict[str, Any]:
    """A leg made some seconds after the dial."""
    date = (DIALLED_AT + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    return leg("ringing", sid=sid, date_created=date, **changes)


async def test_a_leg_whose_sid_was_lost_is_found(provider: ScriptedProvider, carrier: TwilioCarrier):
    legs = [
        made(9, "CA_child", direction="outbound-dial"),
        made(8, "CA_of_another_call"),
        made(2, "CA_ours"),
        made(-2, "CA_older"),
        made(3, "CA_undated") | {"date_created": None},
        made(-600, "CA_of_yesterday"),
    ]
    provider.answers(LIST, Answer({"calls": legs, "next_page_uri": None}))

    found = await carrier.find("+12025550100", "+12025550199", DIALLED_AT, {"CA_of_another_call"})

    assert found == LegRinging("CA_ours")
    assert provider.asked[0].query["To"] == ["+12025550100"]
    assert provider.asked[0].query["From"] == ["+12025550199"]


async def test_a_leg_made_by_a_slower_clock_is_found(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(LIST, Answer({"calls": [made(-4, "CA_ours"), made(-30, "CA_old")], "next_page_uri": None}))

    assert await carrier.find("+12025550100", "+12025550199", DIALLED_AT, ()) == LegRinging("CA_ours")


async def test_no_leg_is_found_where_none_is(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(LIST, Answer({"calls": [], "next_page_uri": None}))

    assert await carrier.find("+12025550100", "+12025550199", DIALLED_AT, ()) is None


async def statuses_asked(provider: ScriptedProvider) -> list[str]:
    return [asked.form["Status"][0] for asked in provider.asked if asked.method == "POST"]


@pytest.mark.parametrize(
    ("answered", "answers", "asked_for"),
    [
        (True, [Answer(leg("completed"))], ["completed"]),
        (True, [Answer(leg("in-progress"))], ["completed"]),
        (False, [Answer(leg("canceled"))], ["canceled"]),
        (False, [Answer(leg("ringing"))], ["canceled"]),
        (False, [Answer(leg("in-progress")), Answer(leg("completed"))], ["canceled", "completed"]),
        (True, [Answer(b"", 503), Answer(leg("completed"))], ["completed", "completed"]),
        (True, [error(20404)], ["completed"]),
    ],
)
async def test_hanging_up(
    provider: ScriptedProvider, carrier: TwilioCarrier, answered: bool, answers: list[Answer], asked_for: list[str]
):
    provider.answers(UPDATE, *answers)

    await carrier.hang_up(LEG, answered)

    assert await statuses_asked(provider) == asked_for


async def test_hanging_up_what_is_over_is_done(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(UPDATE, error(21220))
    provider.answers(FETCH, Answer(leg("completed")))

    await carrier.hang_up(LEG, answered=True)

    assert await statuses_asked(provider) == ["completed"]


async def test_a_leg_that_is_not_in_progress_is_withdrawn(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(UPDATE, error(21220), Answer(leg("canceled")))
    provider.answers(FETCH, Answer(leg("ringing")))

    await carrier.hang_up(LEG, answered=True)

    assert await statuses_asked(provider) == ["completed", "canceled"]


async def test_a_leg_that_cannot_be_ended_is_told(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(UPDATE, error(21220))
    provider.answers(FETCH, Answer(leg("ringing")))

    with pytest.raises(CarrierRefused, match="did not end the leg"):
        await carrier.hang_up(LEG, answered=False)


async def test_recordings_of_a_leg(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(f"GET {ROOT}/Calls/{LEG}/Recordings.json", Answer(payload("twilio/recordings")))

    assert await carrier.recordings(LEG) == [
        RecordingReport(LEG, RECORDING, 2, 42.0, "completed"),
        RecordingReport(LEG, "RE" + "e" * 32, 1, None, "in-progress"),
    ]


async def test_the_check_tells_of_the_account(provider: ScriptedProvider, carrier: TwilioCarrier):
    provider.answers(f"GET {ROOT}.json", Answer(payload("twilio/account")))

    state = await carrier.check()

    assert (state.name, state.status, state.trial) == ("Harbour Dental", "active", True)


async def test_the_environment_does_not_lead_us_elsewhere(provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    await provider.start()
    provider.answers(FETCH, Answer(leg("ringing")))
    carrier = TwilioCarrier(account_sid=ACCOUNT, auth_token=TOKEN, base_url=provider.url)

    assert await carrier.look_up(LEG) == LegRinging(LEG)
    await carrier.aclose()


async def test_no_number_reaches_a_log(
    provider: ScriptedProvider, carrier: TwilioCarrier, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    provider.answers(CREATE, Answer(leg(), 201))
    provider.answers(LIST, Answer({"calls": [made(1, "CA_ours")], "next_page_uri": None}))

    await carrier.dial(ORDER)
    await carrier.find("+12025550100", "+12025550199", DIALLED_AT, ())

    assert "2025550100" not in caplog.text
    assert TOKEN not in caplog.text
