"""Who is logged in. The record keeps hashes only; the tokens are with the browsers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from ..clock import Instant, to_datetime
from .base import Base, Key, Utc, digest
from .database import Database


@dataclass(frozen=True, slots=True)
class Login:
    name: str
    created_at: datetime
    expires_at: datetime


class LoginTable(Base):
    __tablename__ = "logins"

    hash: Mapped[str] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc, index=True)


# Every request of the dashboard asks this.
_VALID = select(LoginTable.name, LoginTable.created_at, LoginTable.expires_at).where(
    LoginTable.hash == bindparam("digest"), LoginTable.expires_at > bindparam("now")
)


class Logins:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token: str, name: str, now: Instant, expires_at: Instant) -> Login:
        login = Login(name, to_datetime(now), to_datetime(expires_at))
        row = {"hash": digest(token), "name": name, "created_at": login.created_at, "expires_at": login.expires_at}
        await self._database.write(lambda db: db.execute(insert(LoginTable), row))
        return login

    async def find(self, token: str, now: Instant) -> Login | None:
        """The login behind a token, unless it expired or was revoked."""

        def query(db: Connection) -> Login | None:
            row = db.execute(_VALID, {"digest": digest(token), "now": to_datetime(now)}).one_or_none()
            return None if row is None else Login(*row)

        return await self._database.read(query)

    async def revoke(self, token: str) -> None:
        await self._database.write(lambda db: db.execute(delete(LoginTable).where(LoginTable.hash == digest(token))))

    async def revoke_all(self) -> int:
        """Log everybody out, for instance after a change of the password; how many were logged in."""
        return await self._database.write(lambda db: db.execute(delete(LoginTable)).rowcount)
