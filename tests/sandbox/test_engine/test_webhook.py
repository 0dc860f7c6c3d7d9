"""`realtime.call.incoming`: verified by the SDK, sent again when it must be, and no more when it need not."""

from __future__ import annotations

import openai
import pytest
from standardwebhooks import Webhook

from aivoicecaller.sandbox import trunk
from aivoicecaller.sandbox.faults import Fault
from aivoicecaller.sandbox.serving import listen, port_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_webhook_is_signed_and_carries_the_invite(sandbox, dial):
    line = await dial(sandbox, X_Call_Ref="c_1.sig")
    body, headers = await sandbox.application.webhook(line)
    event = sandbox.client.webhooks.unwrap(body, headers)
    assert event.type == "realtime.call.incoming"
    assert event.data.call_id.startswith("rtc_")
    assert event.data.sip_media_security == "srtp"
    names = [(header.name, header.value) for header in event.data.sip_headers]
    assert names[:2] == [("Via", "SIP/2.0/TLS one"), ("Via", "SIP/2.0/TLS two")]
    assert names[-1] == ("X-Call-Ref", "c_1.sig")
    assert "Authorization" not in [name for name, _ in names]
    assert headers["user-agent"].startswith("OpenAI/1.0")
    assert headers["content-type"] == "application/json"
    Webhook(sandbox.client.webhook_secret).verify(body, headers)


async def test_a_forged_body_does_not_verify(sandbox, dial):
    body, headers = await sandbox.application.webhook(await dial(sandbox))
    with pytest.raises(openai.InvalidWebhookSignatureError):
        sandbox.client.webhooks.unwrap(body + b" ", headers)


async def test_it_is_sent_again_under_the_same_id_until_it_is_taken(sandbox, dial):
    sandbox.application.statuses[:] = [500, 302, 204]
    line = await dial(sandbox)
    await sandbox.application.webhook(line, 3)
    attempts = await sandbox.ledger("webhook", 3)
    assert [attempt["status"] for attempt in attempts] == [500, 302, 204]
    sent = sandbox.application.about(line.reference)
    assert len({headers["webhook-id"] for _, headers in sent}) == 1
    assert len({body for body, _ in sent}) == 1


async def test_it_is_not_sent_again_once_the_caller_is_gone(sandbox, dial):
    sandbox.application.statuses[:] = [500] * 20
    line = await dial(sandbox)
    await sandbox.application.webhook(line)
    await line.send(trunk.Cancel())
    await sandbox.ledger("ended", 1)
    sent = len(sandbox.application.about(line.reference))
    # Another call's third webhook comes after more pauses than the first call had left to its next.
    other = await dial(sandbox)
    await sandbox.application.webhook(other, 3)
    assert len(sandbox.application.about(line.reference)) == sent


async def test_an_application_that_cannot_be_reached_is_tried_again(make_sandbox, dial):
    with listen(0) as nobody:
        address = f"http://127.0.0.1:{port_of(nobody)}/"
    sandbox = await make_sandbox(webhook_url=address)
    await dial(sandbox)
    failures = await sandbox.ledger("webhook", 3)
    assert {entry["failure"] for entry in failures} == {"ConnectError"}


async def test_a_doubled_webhook_has_the_same_id(sandbox, dial):
    sandbox.faults.arm(Fault("engine.webhook", "duplicate"))
    line = await dial(sandbox)
    await sandbox.application.webhook(line, 2)
    assert len({headers["webhook-id"] for _, headers in sandbox.application.about(line.reference)}) == 1


async def test_a_delayed_webhook_is_overtaken(sandbox, dial):
    sandbox.faults.arm(Fault("engine.webhook", "delay", seconds=10))
    first, second = await dial(sandbox), await dial(sandbox)
    await sandbox.application.webhook(second)
    assert sandbox.application.about(first.reference) == []
    await sandbox.application.webhook(first)


async def test_a_reordered_webhook_waits_for_the_next(sandbox, dial):
    sandbox.faults.arm(Fault("engine.webhook", "reorder"))
    first = await dial(sandbox)
    await sandbox.ledger("invite", 1)
    second = await dial(sandbox)
    await sandbox.application.webhook(first)
    assert sandbox.application.received[0] == await sandbox.application.webhook(second)


async def test_a_dropped_webhook_never_comes(sandbox, dial):
    sandbox.faults.arm(Fault("engine.webhook", "drop"))
    line = await dial(sandbox)
    await sandbox.ledger("webhook_dropped", 1)
    assert sandbox.application.about(line.reference) == []


async def test_a_call_nobody_decides_on_is_refused(make_sandbox, dial):
    sandbox = await make_sandbox(decide_within_s=1)
    line = await dial(sandbox)
    assert (await line.message(trunk.Reject)).status == 400
    assert [entry["cause"] for entry in await sandbox.ledger("ended", 1)] == ["not_decided"]


async def test_an_invite_for_another_project_is_refused(sandbox, dial):
    line = await dial(sandbox, project_id="proj_other")
    assert (await line.message(trunk.Reject)).status == 404
    assert sandbox.application.about(line.reference) == []


async def test_an_application_that_moved_is_found_by_the_next_attempt(make_sandbox, dial):
    with listen(0) as nobody:
        address = f"http://127.0.0.1:{port_of(nobody)}/"
    sandbox = await make_sandbox(webhook_url=address)
    line = await dial(sandbox)
    await sandbox.ledger("webhook", 1)
    sandbox.engine.set_webhook_url(sandbox.application.url)
    await sandbox.application.webhook(line)
