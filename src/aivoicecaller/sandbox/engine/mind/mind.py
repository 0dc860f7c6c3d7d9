"""One call's mind: news in, a reply out. It remembers the form it is filling and what it last said, no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from . import lines
from .form import Form, with_any_words
from .intents import intent_of, sentence_about, tool_for, tool_named_in
from .model import News, Noted, Pressed, Reply, Request, Said, Tool, ToolAnswered, ToolCall
from .quotes import greeting_in, words_in

_BEFORE_FORM: Final = frozenset({"unheard", "identity", "human", "goodbye", "nothing_more", "repeat", "wait"})
"""Intents that count even while a form is being filled or a message taken."""


class Mind:
    """Tell it what happens (`learn`), and ask it what to do (`reply`)."""

    def __init__(self, today: Callable[[], date] = date.today) -> None:
        self._today = today
        self._news: list[News] = []
        self._form: Form | None = None
        self._last_words = ""
        self._offered_more = False
        """It asked whether there is anything else, so that "no, thank you" ends the call."""
        self._awaits_message = False
        self._answers: dict[str, Callable[[str, Request], Reply]] = {
            "unheard": lambda text, request: Reply(lines.UNHEARD),
            "identity": lambda text, request: Reply(lines.IDENTITY),
            "human": self._human,
            "goodbye": self._goodbye,
            "nothing_more": self._nothing_more,
            "repeat": lambda text, request: Reply(self._last_words or lines.GREETING),
            "wait": lambda text, request: Reply(lines.WAIT),
            "booking": self._booking,
            "help": lambda text, request: Reply(lines.abilities([tool.name for tool in request.tools])),
            "question": lambda text, request: Reply(
                lines.from_instructions(sentence_about(text, request.instructions))
            ),
            "thanks": lambda text, request: Reply(lines.WELCOME),
            "greeting": lambda text, request: Reply(lines.GREETED),
            "yes": lambda text, request: Reply(lines.GO_ON),
            "unknown": lambda text, request: Reply(lines.not_understood([tool.name for tool in request.tools])),
        }

    def learn(self, news: News) -> None:
        """Take note of something for the next reply."""
        self._news.append(news)

    def reply(self, request: Request) -> Reply:
        """What to say and do now. Uses up the news."""
        news, self._news = self._news, []
        reply = self._free(news, request) if request.forced_tool is None else self._forced(news, request)
        if reply.text:
            self._last_words = reply.text
            self._offered_more = self._offered_more or lines.ANYTHING_ELSE in reply.text
        return reply

    def aside(self, request: Request, texts: Sequence[str]) -> Reply:
        """A reply beside the conversation, whose entries are `texts`. It changes nothing of what comes next."""
        quoted = words_in(request.hint) if request.hint else None
        tool = next((tool for tool in request.tools if request.forced_tool in ("", tool.name)), None)
        if tool is not None:
            return Reply(calls=(ToolCall(tool.name, with_any_words(tool, {}, " ".join(texts[-1:]))),))
        return Reply(quoted or lines.aside(texts))

    def _free(self, news: list[News], request: Request) -> Reply:
        quoted = words_in(request.hint) if request.hint else None
        if quoted:
            return Reply(quoted)
        outputs = [one.output for one in news if isinstance(one, ToolAnswered)]
        if outputs:
            return Reply(" ".join([*map(lines.of_output, outputs), lines.ANYTHING_ELSE]))
        # Keys are what came last in a mixed turn: people say "one moment" and then press.
        keys = "".join(one.digit for one in news if isinstance(one, Pressed)) or "".join(
            _keys_in(one.text) for one in news if isinstance(one, Noted)
        )
        if keys:
            return self._digits(keys)
        said = [one.text for one in news if isinstance(one, Said)]
        if said:
            return self._answer(" ".join(said).strip(), request)
        if request.hint:
            return Reply(lines.of_hint(request.hint, first=not self._last_words))
        if not self._last_words:
            return Reply(greeting_in(request.instructions) or lines.GREETING)
        return Reply(lines.STILL_THERE)

    def _answer(self, text: str, request: Request) -> Reply:
        keys = _keys_in(text)
        if keys:
            return self._digits(keys)
        intent = intent_of(text)
        is_plain_no = intent == "nothing_more" and self._form is not None and self._form.wants_yes_or_no()
        if intent not in _BEFORE_FORM or is_plain_no:
            if self._form is not None:
                return self._go_on(self._form, understood=self._form.fill(text, self._today()))
            if self._awaits_message:
                self._awaits_message = False
                return _passed_on(text, request)
        tool = tool_named_in(text, request.tools) if intent in ("question", "unknown") else None
        return self._open_form(tool, text) if tool else self._answers[intent](text, request)

    def _open_form(self, tool: Tool, text: str) -> Reply:
        self._form = Form(tool)
        self._form.fill(text, self._today())
        return self._go_on(self._form, understood=True)

    def _go_on(self, form: Form, *, understood: bool) -> Reply:
        """Call the tool when nothing is missing, else ask for what is."""
        if form.missing():
            return Reply(form.question(understood=understood))
        self._form = None
        return Reply(calls=(ToolCall(form.tool.name, form.values),))

    def _forced(self, news: list[News], request: Request) -> Reply:
        """A tool must be called: with what is known, and with what was said where nothing is."""
        tools = [tool for tool in request.tools if request.forced_tool in ("", tool.name)]
        if not tools:
            return self._free(news, request)
        text = " ".join(one.text for one in news if isinstance(one, Said))
        tool = tool_named_in(text, tools) or tools[0]
        form = self._form if self._form is not None and self._form.tool == tool else Form(tool)
        form.fill(text, self._today())
        self._form = None
        return Reply(calls=(ToolCall(tool.name, with_any_words(tool, form.values, text)),))

    def _digits(self, digits: str) -> Reply:
        if self._form is not None and self._form.fill(digits, self._today()):
            return self._go_on(self._form, understood=True)
        return Reply(lines.digits(digits))

    def _human(self, text: str, request: Request) -> Reply:
        self._form = None
        tool = tool_for("transfer", request.tools)
        if tool is None:
            self._awaits_message = self._offered_more = True
            return Reply(lines.NO_TRANSFER)
        return Reply(lines.TRANSFER, (ToolCall(tool.name, with_any_words(tool, {}, text)),))

    def _goodbye(self, text: str, request: Request) -> Reply:
        self._form = None
        tool = tool_for("end", request.tools)
        calls = (ToolCall(tool.name, with_any_words(tool, {}, "The caller said goodbye.")),) if tool else ()
        return Reply(lines.GOODBYE, calls)

    def _nothing_more(self, text: str, request: Request) -> Reply:
        if self._offered_more:
            return self._goodbye(text, request)
        self._form = None
        return Reply(lines.NOTHING_YET)

    def _booking(self, text: str, request: Request) -> Reply:
        tool = tool_for("booking", request.tools)
        return self._open_form(tool, text) if tool else Reply(lines.NO_BOOKING)


def _passed_on(text: str, request: Request) -> Reply:
    tool = tool_for("message", request.tools)
    if tool is None:
        return Reply(lines.PASSED_ON)
    return Reply(calls=(ToolCall(tool.name, with_any_words(tool, {}, text)),))


def _keys_in(text: str) -> str:
    """The keys a text says were pressed: "The caller pressed 1, 2, #." gives 12#; none gives nothing."""
    found = re.search(r"(?:press|key|dtmf|digit)\w*[^\d*#]*([\d*#][\d*#, ]*)", text, re.IGNORECASE)
    return re.sub(r"[^\d*#]", "", found.group(1)) if found else ""
