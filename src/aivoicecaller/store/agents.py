"""Agents and their versions. A version never changes: a call keeps the one it began with."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, ForeignKey, Row, Text, insert, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from ..agents.model import AgentConfig, AgentVersion
from ..clock import Instant, to_datetime
from ..ids import new_id
from .base import Base, Json, Key, Utc, hold_lock
from .database import Database
from .errors import StoreError


class AgentUnknown(StoreError):
    """There is no such agent."""


class NameTaken(StoreError):
    """Another agent has this name."""


class AgentTable(Base):
    __tablename__ = "agents"

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    description: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    """The latest, which new calls take."""
    created_at: Mapped[datetime] = mapped_column(Utc)


class AgentVersionTable(Base):
    __tablename__ = "agent_versions"

    agent_id: Mapped[str] = mapped_column(Key, ForeignKey(AgentTable.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    config: Mapped[AgentConfig] = mapped_column(Json(TypeAdapter(AgentConfig)))
    created_at: Mapped[datetime] = mapped_column(Utc)


_VERSIONS = select(
    AgentTable.id, AgentTable.name, AgentTable.description, AgentVersionTable.version, AgentVersionTable.config
).join(AgentVersionTable, AgentVersionTable.agent_id == AgentTable.id)
_LATEST = _VERSIONS.where(AgentVersionTable.version == AgentTable.version)


class Agents:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, name: str, description: str, config: AgentConfig, now: Instant) -> AgentVersion:
        """A new agent with version 1. Errors: NameTaken."""

        def change(db: Connection) -> AgentVersion:
            if _named(db, name) is not None:
                raise NameTaken(f"An agent “{name}” exists already. Choose another name.")
            return _create(db, name, description, config, to_datetime(now))

        return await self._database.write(change)

    async def ensure_demo(self, name: str, description: str, config: AgentConfig, now: Instant) -> AgentVersion:
        """The agent of this name, made if there is none. One that is there stays as its owner left it."""

        def change(db: Connection) -> AgentVersion:
            return _named(db, name) or _create(db, name, description, config, to_datetime(now))

        return await self._database.write(change)

    async def publish(self, agent_id: str, config: AgentConfig, now: Instant) -> AgentVersion:
        """Give an agent a new version for calls to come. Errors: AgentUnknown."""

        def change(db: Connection) -> AgentVersion:
            agent = db.execute(
                update(AgentTable)
                .where(AgentTable.id == agent_id)
                .values(version=AgentTable.version + 1)
                .returning(AgentTable.name, AgentTable.description, AgentTable.version)
            ).one_or_none()
            if agent is None:
                raise AgentUnknown(f"There is no agent {agent_id}.")
            name, description, version = agent
            _add_version(db, agent_id, version, config, to_datetime(now))
            return AgentVersion(agent_id=agent_id, name=name, description=description, version=version, config=config)

        return await self._database.write(change)

    async def list(self) -> list[AgentVersion]:
        """The latest version of every agent, by name."""
        return await self._database.read(
            lambda db: [_version(row) for row in db.execute(_LATEST.order_by(AgentTable.name))]
        )

    async def find(self, id_or_name: str) -> AgentVersion | None:
        """The latest version of an agent. An id wins over a name."""

        def query(db: Connection) -> AgentVersion | None:
            wanted = or_(AgentTable.id == id_or_name, AgentTable.name == id_or_name)
            found = [_version(row) for row in db.execute(_LATEST.where(wanted))]
            return min(found, key=lambda agent: agent.agent_id != id_or_name, default=None)

        return await self._database.read(query)

    async def version(self, agent_id: str, version: int) -> AgentVersion | None:
        def query(db: Connection) -> AgentVersion | None:
            wanted = _VERSIONS.where(AgentTable.id == agent_id, AgentVersionTable.version == version)
            row = db.execute(wanted).one_or_none()
            return None if row is None else _version(row)

        return await self._database.read(query)


def _named(db: Connection, name: str) -> AgentVersion | None:
    hold_lock(db, "agent names")
    row = db.execute(_LATEST.where(AgentTable.name == name)).one_or_none()
    return None if row is None else _version(row)


def _create(db: Connection, name: str, description: str, config: AgentConfig, at: datetime) -> AgentVersion:
    agent_id = new_id("agent")
    db.execute(
        insert(AgentTable), {"id": agent_id, "name": name, "description": description, "version": 1, "created_at": at}
    )
    _add_version(db, agent_id, 1, config, at)
    return AgentVersion(agent_id=agent_id, name=name, description=description, version=1, config=config)


def _add_version(db: Connection, agent_id: str, version: int, config: AgentConfig, at: datetime) -> None:
    db.execute(
        insert(AgentVersionTable), {"agent_id": agent_id, "version": version, "config": config, "created_at": at}
    )


def _version(row: Row[str, str, str, int, AgentConfig]) -> AgentVersion:
    agent_id, name, description, version, config = row
    return AgentVersion(agent_id=agent_id, name=name, description=description, version=version, config=config)
