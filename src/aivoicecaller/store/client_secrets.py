"""Client secrets: each stands for one prepared engine session, whose exact form is kept beside its hash."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import insert, select
from sqlalchemy.orm import Mapped, mapped_column

from ..clock import Instant, to_datetime
from .base import Base, Json, Key, Utc, digest
from .database import Database


class ClientSecretTable(Base):
    __tablename__ = "client_secrets"

    hash: Mapped[str] = mapped_column(Key, primary_key=True)
    session: Mapped[dict[str, Any]] = mapped_column(Json(TypeAdapter(dict[str, Any])))
    expires_at: Mapped[datetime] = mapped_column(Utc, index=True)


class ClientSecrets:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, secret: str, session: dict[str, Any], expires_at: Instant) -> None:
        row = {"hash": digest(secret), "session": session, "expires_at": to_datetime(expires_at)}
        await self._database.write(lambda db: db.execute(insert(ClientSecretTable), row))

    async def session(self, secret: str, now: Instant) -> dict[str, Any] | None:
        """The session a secret was minted for; None when it is unknown or expired."""
        wanted = select(ClientSecretTable.session).where(
            ClientSecretTable.hash == digest(secret), ClientSecretTable.expires_at > to_datetime(now)
        )
        return await self._database.read(lambda db: db.execute(wanted).scalar_one_or_none())
