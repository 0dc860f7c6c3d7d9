"""When the owner of a call or the record fails, the answer says what to do and gives nothing away."""

from __future__ import annotations

import asyncio

import pytest
import structlog

from aivoicecaller.topics import requests_of

from .conftest import LINK_TOKEN
from .test_bad_input import refused
from .test_hooks import STATUS, tell, twilio_signature


@pytest.mark.parametrize("fault", [RuntimeError("the owner has a fault"), asyncio.CancelledError()])
async def test_an_owner_that_does_not_answer_leaves_it_open(web_role, fault):
    call_id = await web_role.place()

    async def owner(message):
        raise fault

    await web_role.parts.bus.serve(requests_of(call_id), owner)
    problem = refused(await web_role.http.post(f"/api/calls/{call_id}/hangup"), 503, "no-answer")
    assert "not known" in problem["detail"]
    assert problem["call_id"] == call_id


@pytest.mark.parametrize("asked", ["/ready", "/api/calls", STATUS])
async def test_what_is_wrong_with_the_record_stays_in_the_log(web_role, data_folder, asked):
    await web_role.stranger.get(f"/login?token={LINK_TOKEN}")
    with data_folder.database.open("r+b") as file:
        file.write(b"no database " * 100_000)
    with structlog.testing.capture_logs() as logged:
        if asked == STATUS:
            form = {"CallSid": "CA" + "1" * 32, "CallStatus": "ringing"}
            response = await tell(web_role, asked, form, **{"x-twilio-signature": twilio_signature(asked, form)})
        else:
            response = await web_role.stranger.get(asked)
    problem = refused(response, 503, "record-unusable")
    assert problem["detail"] == "The record cannot be used just now. The server's log says why."
    assert [str(data_folder.database) in entry["why"] for entry in logged] == [True]
