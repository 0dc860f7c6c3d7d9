"""What the record forgets by itself: things that nobody can use any more."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete

from ..clock import Instant, to_datetime
from .database import Database
from .inbox import InboxTable
from .logins import LoginTable

_KEPT = (
    # OpenAI repeats a webhook for three days and Twilio for hours; a month leaves room to look into a dispute.
    (InboxTable, InboxTable.received_at, timedelta(days=30)),
    (LoginTable, LoginTable.expires_at, timedelta(0)),
)


async def forget_expired(database: Database, now: Instant) -> int:
    """Delete what is past its time; how many rows that were."""

    def change(db: Connection) -> int:
        return sum(
            db.execute(delete(table).where(column < to_datetime(now) - kept)).rowcount for table, column, kept in _KEPT
        )

    return await database.write(change)
