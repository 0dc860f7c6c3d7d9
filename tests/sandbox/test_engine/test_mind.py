"""The rules of the stand-in's mind, without sound."""

from __future__ import annotations

from datetime import date

import pytest

from aivoicecaller.sandbox.engine.mind import slots
from aivoicecaller.sandbox.engine.mind.mind import Mind
from aivoicecaller.sandbox.engine.mind.model import Noted, Pressed, Reply, Request, Said, Tool, ToolAnswered

SUNDAY = date(2026, 11, 22)
INSTRUCTIONS = "You are Ava of Harbour Dental. Opening hours are nine to five on weekdays. Be brief."


def tool(name: str, required: tuple[str, ...] = (), /, **properties: dict) -> Tool:
    return Tool(name, "", {"type": "object", "properties": properties, "required": list(required)})


TEXT = {"type": "string"}
BOOK = tool("book_appointment", ("day", "time"), day=TEXT, time=TEXT, name=TEXT)
END = tool("end_call")


class Talk:
    """A mind and the session around it."""

    def __init__(self, *tools: Tool, instructions: str = INSTRUCTIONS) -> None:
        self.mind = Mind(today=lambda: SUNDAY)
        self.tools = tools
        self.instructions = instructions

    def __call__(self, *news: object, hint: str | None = None, force: str | None = None) -> Reply:
        for one in news:
            self.mind.learn(Said(one) if isinstance(one, str) else one)
        return self.mind.reply(Request(self.instructions, hint, self.tools, force))


@pytest.mark.parametrize(
    ("instructions", "hint", "said"),
    [
        ("Be kind.", 'Say exactly: "Hello, I am Ava."', "Hello, I am Ava."),
        ("Be kind.", "Say exactly: “Good day.”", "Good day."),
        ("Be kind.", 'Say exactly this and nothing else: "I said \\"wait\\"."', 'I said "wait".'),
        ('Greet the caller with "Welcome to Harbour Dental." Then wait.', None, "Welcome to Harbour Dental."),
        ('Never say "hello". Open with: "Good morning, Ava here."', None, "Good morning, Ava here."),
        ('Begin the call by saying exactly "Hi."', None, "Hi."),
        ("Be kind.", None, "Hello, this is the stand-in of the sandbox. How can I help you?"),
        ("Be kind.", 'The caller is silent. Ask "Are you there?" once.', "Are you there?"),
        ("Be kind.", "Greet the caller warmly.", "Hello, this is the stand-in of the sandbox. How can I help you?"),
        ("Be kind.", "The caller has been silent. Ask whether they are still there.", "Are you still there?"),
        ("Be kind.", "Time is up: say goodbye and end the call.", "Thank you for calling. Goodbye."),
    ],
)
def test_the_first_words(instructions, hint, said):
    assert Talk(instructions=instructions)(hint=hint) == Reply(said)


def test_a_booking_is_filled_asked_for_and_confirmed():
    talk = Talk(BOOK, END)
    assert talk("I'd like to make an appointment.").text == "Sure. Please tell me the day and the time."
    assert talk("Tomorrow.").text == "Sure. Please tell me the time."
    assert talk("Well.").text == "Sorry, I did not catch that. Please tell me the time."
    [call] = talk("At half past four. My name is Zoë Hart.").calls
    assert (call.name, call.arguments) == (
        "book_appointment",
        {"day": "Tomorrow", "time": "half past four", "name": "Zoë Hart"},
    )
    assert talk(ToolAnswered("book_appointment", "Booked for Monday at 16:30")).text == (
        "Booked for Monday at 16:30. Is there anything else I can do for you?"
    )
    goodbye = talk("No, thank you.")
    assert goodbye.text.endswith("Goodbye.")
    assert [call.name for call in goodbye.calls] == ["end_call"]


def test_parameters_get_the_type_their_schema_wants():
    table = tool(
        "reserve_table",
        ("date", "time", "party_size", "area", "smoking"),
        date={"type": "string", "format": "date"},
        time={"type": "string", "format": "time"},
        party_size={"type": "integer"},
        area={"type": "string", "enum": ["inside", "terrace"]},
        smoking={"type": "boolean"},
    )
    talk = Talk(table)
    talk("I want a reservation for four, next Tuesday at seven in the evening.")
    talk("On the terrace, please.")
    [call] = talk("No.").calls
    assert call.arguments == {
        "date": "2026-11-24",
        "time": "19:00",
        "party_size": 4,
        "area": "terrace",
        "smoking": False,
    }


def test_no_thank_you_before_any_work_does_not_end_the_call():
    talk = Talk(END)
    assert talk("No, thanks.").calls == ()
    assert [call.name for call in talk("No.").calls] == ["end_call"]


def test_goodbye_without_the_tool_is_only_said():
    assert Talk()("Thank you. Goodbye.") == Reply("Thank you for calling. Goodbye.")


def test_a_human_is_called_if_a_tool_can():
    transfer = tool("transfer_to_human", ("reason",), reason=TEXT)
    reply = Talk(transfer)("I want to speak to a human, please.")
    assert reply.text
    assert reply.calls[0].arguments == {"reason": "I want to speak to a human, please."}


def test_without_a_tool_a_message_is_taken():
    talk = Talk(END)
    assert "cannot transfer" in talk("Can I talk to a real person?").text
    assert "pass that on" in talk("Tell them the crown fell off.").text
    note = tool("take_message", ("text",), text=TEXT)
    talk = Talk(note)
    talk("I want a human.")
    assert talk("Tell them the crown fell off.").calls[0].arguments == {"text": "Tell them the crown fell off."}


@pytest.mark.parametrize(
    "news",
    [
        [Pressed("1"), Pressed("2"), Pressed("#")],
        [Noted("The caller pressed the keys 1, 2, #.")],
        ["I pressed 12#"],
        ["One moment, I will type it.", Pressed("1"), Pressed("2"), Pressed("#")],
        [Pressed("1"), Pressed("2"), Pressed("#"), Noted("The caller pressed: 12#")],
    ],
)
def test_keys_are_repeated(news):
    assert Talk()(*news).text.startswith("You pressed 1, 2, hash.")


def test_a_note_that_tells_of_no_keys_is_not_answered():
    talk = Talk()
    talk(hint="Greet the caller.")
    assert talk(Noted("The operator is listening.")).text == "Are you still there?"


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("Who are you?", "stand-in"),
        ("Are you a real person?", "no person"),
        ("Am I talking to a robot? Is this a robot?", "no person"),
        ("What are your opening hours?", "Opening hours are nine to five on weekdays."),
        ("How much is a filling?", "say nothing about that"),
        ("One moment, please.", "take your time"),
        ("Purple monkeys dance.", "did not understand"),
        ("What can you do?", "I can book appointment, repeat what I said"),
        ("", "cannot turn sound into words"),
    ],
)
def test_other_things_callers_say(said, part):
    talk = Talk(BOOK, END)
    assert part in talk(said).text


def test_it_repeats_what_it_said():
    talk = Talk(BOOK)
    said = talk("I need an appointment.").text
    assert talk("Could you say that again?").text == said


def test_an_unknown_tool_is_found_by_its_name():
    hours = tool("get_opening_hours", ("day",), day=TEXT)
    talk = Talk(hours)
    assert talk("What are your opening hours on Friday?").calls[0].arguments == {"day": "Friday"}
    spoken = talk(ToolAnswered("get_opening_hours", '{"open": "nine", "close": "five"}')).text
    assert spoken.startswith("That is done: open nine, close five.")


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ('{"error": "the calendar is full"}', "I am sorry, that did not work: the calendar is full."),
        ('{"error": {"code": 1, "message": "no"}}', "I am sorry, that did not work: no."),
        ('{"ok": true, "confirmation": "Number A 17."}', "Number A 17."),
        ("", "That is done."),
        ("[]", "[]."),
    ],
)
def test_outputs_become_sentences(output, said):
    assert Talk()(ToolAnswered("x", output)).text.startswith(said)


def test_a_demanded_tool_is_called_with_what_is_known():
    [call] = Talk(BOOK)("Tomorrow would be nice.", force="").calls
    assert call.arguments == {"day": "Tomorrow", "time": "Tomorrow would be nice."}


def test_a_reply_beside_the_talk_changes_nothing():
    talk = Talk(BOOK)
    talk("An appointment on Monday, please.")
    aside = talk.mind.aside(Request("", "Sum up the call.", (), None), ["Hello.", "An appointment."])
    assert "2 entries" in aside.text
    assert talk("At nine.").calls[0].arguments == {"day": "Monday", "time": "nine"}


@pytest.mark.parametrize(
    ("text", "day", "time"),
    [
        ("Next Tuesday at three in the afternoon, please.", "2026-11-24", "15:00"),
        ("Tomorrow at 10:30", "2026-11-23", "10:30"),
        ("the day after tomorrow, half past nine", "2026-11-24", "09:30"),
        ("on Sunday around noon", "2026-11-29", "12:00"),
        ("today at quarter to five", "2026-11-22", "16:45"),
        ("Friday, 8 a.m.", "2026-11-27", "08:00"),
        ("2026-12-01 at 12 p.m.", "2026-12-01", "12:00"),
    ],
)
def test_days_and_times(text, day, time):
    assert slots.iso_date(slots.find_day(text) or "", SUNDAY) == day
    assert slots.clock_time(slots.find_time(text) or "") == time


@pytest.mark.parametrize("text", ["I have one question.", "We are six people.", "Two, please."])
def test_a_number_alone_is_no_time(text):
    assert slots.find_time(text) is None
