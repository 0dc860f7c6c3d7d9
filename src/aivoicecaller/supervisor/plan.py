"""What one call is run with: what its agent version, its numbers and its variables decide, worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..agents.model import AgentConfig
from ..agents.templates import fill
from ..engine.wire import session_object
from ..tools.base import Toolbox


@dataclass(frozen=True, slots=True)
class CallPlan:
    to_number: str
    from_number: str
    session: dict[str, Any]
    """The engine's session object, the same for the client secret, the accept and the sideband."""
    tools: tuple[str, ...]
    """Names of the tools that this call may use."""
    records: bool
    detects_machines: bool


def make_plan(
    config: AgentConfig, variables: Mapping[str, str], to_number: str, from_number: str, toolbox: Toolbox
) -> CallPlan:
    """Errors: VariablesMissing, KeyError for a tool that does not exist."""
    return CallPlan(
        to_number=to_number,
        from_number=from_number,
        session=session_object(config, fill(config.instructions, variables), toolbox.specs(config.tools)),
        tools=config.tools,
        records=config.record,
        detects_machines=config.voicemail == "hang_up",
    )
