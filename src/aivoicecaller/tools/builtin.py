"""Tools that every installation has."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from .base import Tool, Toolbox, ToolResult


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EndCall(_Arguments):
    pass


async def _end_call(arguments: EndCall) -> ToolResult:
    return ToolResult("The call will end when your goodbye has been heard.", ends_call=True)


class BookAppointment(_Arguments):
    day: str = Field(description="The day as the caller said it, such as `tomorrow` or `Friday`.", max_length=60)
    time: str = Field(description="The time as the caller said it, such as `three o'clock`.", max_length=60)
    name: str | None = Field(default=None, description="The caller's name, if given.", max_length=100)


async def _book_appointment(arguments: BookAppointment) -> ToolResult:
    """The demo's booking: it stands in the record of the call and in no calendar."""
    whose = f" for {arguments.name}" if arguments.name else ""
    return ToolResult(f"Booked{whose}: {arguments.day} at {arguments.time}.")


END_CALL = Tool(
    name="end_call",
    description="End the call. Say goodbye first, in the same response; the caller hears all of it.",
    arguments=EndCall,
    run=_end_call,
)
BOOK_APPOINTMENT = Tool(
    name="book_appointment",
    description="Book an appointment. Needs the day and the time.",
    arguments=BookAppointment,
    run=_book_appointment,
)


def toolbox() -> Toolbox:
    return Toolbox([END_CALL, BOOK_APPOINTMENT])
