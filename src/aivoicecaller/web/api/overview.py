"""What this installation is, and which agents it has."""

from __future__ import annotations

from fastapi import APIRouter

from ... import __version__
from .. import shapes
from ..parts import WebParts
from .schemas import AgentList, Status


def overview_router(parts: WebParts) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["overview"])

    @router.get("/status")
    async def status() -> Status:
        """Whether calls can be placed now, and what is missing if not."""
        installation = parts.installation
        return Status(
            version=__version__,
            sandbox=installation.sandbox,
            can_call=not installation.missing and installation.from_number is not None,
            from_number=installation.from_number and installation.from_number.e164,
            default_country=installation.default_country,
            providers=list(installation.providers),
            people=list(installation.people),
        )

    @router.get("/agents")
    async def list_agents() -> AgentList:
        """The agents, each in its latest version."""
        return AgentList(agents=[shapes.agent(version) for version in await parts.store.agents.list()])

    return router
