"""What is good once, or for a while: provider messages and log-ins."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from aivoicecaller.clock import ManualClock, to_datetime
from aivoicecaller.store import Store
from aivoicecaller.store.base import Base
from aivoicecaller.store.inbox import inbox_id
from aivoicecaller.store.logins import Login

from .conftest import MakeCall

DAY_S = 86_400


async def test_a_message_is_taken_in_once(store: Store, clock: ManualClock) -> None:
    message = inbox_id("openai", "wh_1")
    assert not await store.inbox.has(message)
    taken = await asyncio.gather(*(store.inbox.take(message, clock.now()) for _ in range(20)))
    assert sorted(taken) == [False] * 19 + [True]
    assert await store.inbox.has(message)
    assert await store.inbox.take(inbox_id("twilio", "wh_1"), clock.now())


async def test_a_login_lasts_until_it_expires_or_is_revoked(store: Store, clock: ManualClock) -> None:
    now = clock.now()
    for token in ("a", "b", "c"):
        assert await store.logins.add(token, "owner", now, now + 60) == Login(
            "owner", to_datetime(now), to_datetime(now + 60)
        )
    assert await store.logins.find("a", now) == Login("owner", to_datetime(now), to_datetime(now + 60))
    assert await store.logins.find("d", now) is None
    await store.logins.revoke("a")
    assert await store.logins.find("a", now) is None
    clock.advance(60)
    assert await store.logins.find("b", clock.now()) is None
    assert await store.logins.revoke_all() == 2
    assert await store.logins.find("b", now) is None


async def test_no_token_is_kept(store: Store, clock: ManualClock) -> None:
    await store.logins.add("secret-token", "owner", clock.now(), clock.now() + 60)

    def everything(db: object) -> str:
        return str([db.execute(table.select()).all() for table in Base.metadata.sorted_tables])  # type: ignore[attr-defined]

    assert "secret-token" not in await store.database.read(everything)


async def test_an_error_does_not_quote_what_was_written(store: Store, make_call: MakeCall, clock: ManualClock) -> None:
    row = await make_call()
    with pytest.raises(IntegrityError) as refused:
        await make_call(row.call)
    assert "+12025550100" not in str(refused.value)


async def test_what_nobody_can_use_any_more_is_forgotten(store: Store, clock: ManualClock) -> None:
    now = clock.now()
    await store.inbox.take(inbox_id("openai", "old"), now)
    await store.logins.add("old", "owner", now, now + 60)
    await store.logins.add("long", "owner", now, now + 90 * DAY_S)
    assert await store.forget_expired(clock.now()) == 0

    clock.advance(61)
    assert await store.forget_expired(clock.now()) == 1
    assert await store.inbox.has(inbox_id("openai", "old"))

    clock.advance(30 * DAY_S)
    assert await store.forget_expired(clock.now()) == 1
    assert not await store.inbox.has(inbox_id("openai", "old"))
    assert await store.logins.find("long", clock.now()) is not None
