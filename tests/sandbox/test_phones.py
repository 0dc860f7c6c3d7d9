"""People: their files, their ears, and what each of them does with an agent that speaks in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from aivoicecaller.sandbox import dsp
from aivoicecaller.sandbox.phones import tones
from aivoicecaller.sandbox.phones.directory import (
    SCENARIOS,
    Directory,
    MalformedNumberError,
    UnreachableNumberError,
    everybody,
)
from aivoicecaller.sandbox.phones.person import Ear, GreetingOver, Person, learn
from aivoicecaller.sandbox.phones.scenario import Listen, Say, ScenarioError, load_scenarios, parse_scenario
from aivoicecaller.sandbox.speech import VOICES, Speech
from aivoicecaller.sandbox.trunk import FRAME_MS, SILENCE, Dtmf, Words

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGENT_SAYS = "Good morning, this is the agent. What can I do for you today?"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def speech() -> AsyncIterator[Speech]:
    made = Speech()
    yield made
    await made.close()


@dataclass
class Talk:
    """A talk of a person with an agent that repeats one sentence whenever the person has finished."""

    words: list[str] = field(default_factory=list)
    said_at: list[int] = field(default_factory=list)
    keys: str = ""
    greeting_over_at: int | None = None
    ended_at: int | None = None
    agent_spoke_at: list[tuple[int, int]] = field(default_factory=list)
    person: list[bytes] = field(default_factory=list)

    def agent_is_speaking(self, at_ms: int) -> bool:
        return any(start <= at_ms < end for start, end in self.agent_spoke_at)


async def talk_with(
    number: str, speech: Speech, *, sentence: str = AGENT_SAYS, times: int = 10, repeat: int = 1, longest_s: int = 120
) -> Talk:
    """Let the agent speak `times` times, `sentence` said `repeat` times over, never while the person speaks."""
    scenario = everybody().find(number)
    person = Person(scenario, await learn(scenario, speech))
    sound = dsp.mulaw_frames(await speech.say(sentence, "marin")) * repeat
    talk, ear = Talk(), Ear()
    queue = list(sound) if times else []
    spoken = 1
    for at_ms in range(0, longest_s * 1000, FRAME_MS):
        if queue and (not talk.agent_spoke_at or talk.agent_spoke_at[-1][1] != at_ms):
            talk.agent_spoke_at.append((at_ms, at_ms))
        heard = queue.pop(0) if queue else SILENCE
        if heard is not SILENCE and talk.agent_spoke_at:
            talk.agent_spoke_at[-1] = (talk.agent_spoke_at[-1][0], at_ms + FRAME_MS)
        said = person.tick(heard)
        talk.person.append(said)
        ear.hear(said)
        for signal in person.take_signals():
            match signal:
                case Words(text):
                    talk.words.append(text)
                    talk.said_at.append(at_ms)
                case Dtmf(digit):
                    talk.keys += digit
                case GreetingOver():
                    talk.greeting_over_at = at_ms
        if person.hung_up:
            talk.ended_at = at_ms
            return talk
        if not queue and spoken < times and ear.speech_ms and ear.silent_ms == 600:
            ear.forget()
            queue, spoken = list(sound), spoken + 1
    return talk


async def test_she_books_an_appointment_and_never_interrupts(speech: Speech) -> None:
    talk = await talk_with("+12025550100", speech)
    assert len(talk.words) == 3
    assert "book an appointment" in talk.words[0]
    assert "Tuesday at three" in talk.words[1]
    assert talk.words[2].endswith("Goodbye.")
    assert not any(talk.agent_is_speaking(at) for at in talk.said_at)
    assert talk.ended_at is not None


async def test_she_gives_up_politely_when_the_agent_says_nothing(speech: Speech) -> None:
    talk = await talk_with("+12025550100", speech, times=0)
    person = everybody().find("+12025550100")
    assert talk.words == [person.prompt, person.farewell]
    assert talk.ended_at is not None
    assert talk.ended_at < 30_000


async def test_an_agent_that_says_more_than_expected_is_still_heard_out(speech: Speech) -> None:
    talk = await talk_with("+12025550100", speech, sentence=AGENT_SAYS * 6)
    assert len(talk.words) == 3
    assert not any(talk.agent_is_speaking(at) for at in talk.said_at)


async def test_the_voicemail_greets_beeps_and_listens(speech: Speech) -> None:
    talk = await talk_with("+12025550103", speech, times=0)
    assert talk.words[0].startswith("You have reached the voicemail")
    assert talk.greeting_over_at is not None
    at = talk.greeting_over_at // FRAME_MS
    sound = dsp.mulaw_decode(b"".join(talk.person[at - 15 : at - 5]))
    assert abs(int(np.abs(np.fft.rfft(sound)).argmax()) * 8000 / len(sound) - tones.BEEP_HZ) < 10
    assert talk.ended_at is not None


async def test_she_hangs_up_in_the_middle_of_a_sentence(speech: Speech) -> None:
    talk = await talk_with("+12025550104", speech, repeat=3)
    assert talk.words == ["Yes? What is this about?"]
    assert talk.ended_at is not None
    assert talk.agent_is_speaking(talk.ended_at - FRAME_MS)


async def test_he_talks_over_the_agent_and_then_has_a_short_talk(speech: Speech) -> None:
    talk = await talk_with("+12025550105", speech, repeat=2)
    assert talk.agent_is_speaking(talk.said_at[0])
    assert talk.words[1].endswith("Goodbye.")
    assert not talk.agent_is_speaking(talk.said_at[1])
    assert talk.ended_at is not None


async def test_the_silent_one_says_nothing_for_a_minute(speech: Speech) -> None:
    talk = await talk_with("+12025550106", speech)
    assert talk.words == []
    assert set(talk.person) == {SILENCE}
    assert talk.ended_at == 60_000


async def test_he_presses_keys_that_are_heard(speech: Speech) -> None:
    talk = await talk_with("+12025550107", speech)
    assert talk.keys == "1234#"
    assert talk.words[-1] == "Thank you. Goodbye."


async def test_she_asks_for_a_human(speech: Speech) -> None:
    talk = await talk_with("+12025550108", speech)
    assert "human" in talk.words[0]
    assert talk.ended_at is not None


async def test_anybody_is_polite(speech: Speech) -> None:
    talk = await talk_with("+12025550555", speech)
    assert talk.words[-1].endswith("Goodbye.")
    assert talk.ended_at is not None


async def test_who_joins_in_the_middle_is_told_the_words_to_come(speech: Speech) -> None:
    scenario = parse_scenario(
        'number = "*"\nname = "A"\ndescription = "B"\nscript = [{do = "say", text = "One two three four five six."}]',
        "x",
    )
    person = Person(scenario, await learn(scenario, speech))
    assert person.unfinished() == []
    for _ in range(40):
        person.tick(SILENCE)
    [rest] = person.unfinished()
    assert isinstance(rest, Words)
    assert "One two three four five six.".endswith(rest.text)
    assert rest.text != "One two three four five six."
    assert rest.duration_ms > 0
    while not person.hung_up:
        person.tick(SILENCE)
    assert person.unfinished() == []


async def test_people_who_do_not_pick_up_need_no_voice(speech: Speech) -> None:
    assert await learn(everybody().find("+12025550101"), speech) == {}


@pytest.mark.parametrize(
    ("digit", "low", "high"), [("1", 697, 1209), ("5", 770, 1336), ("#", 941, 1477), ("D", 941, 1633)]
)
async def test_keys_have_the_two_tones_of_the_standard(digit: str, low: int, high: int) -> None:
    spectrum = np.abs(np.fft.rfft(tones.key_tone(digit, 1000)))
    assert sorted(int(peak) for peak in spectrum.argsort()[-2:]) == [low, high]
    with pytest.raises(ValueError, match="no key"):
        tones.key_tone("x")


async def test_clicks_are_not_speech() -> None:
    ear = Ear()
    for frame in (b"\x00" * 160, SILENCE, b"\x00" * 160, SILENCE):
        ear.hear(frame)
    assert ear.speech_ms == 0


async def test_everybody_has_a_file_a_number_and_a_known_voice() -> None:
    people = load_scenarios(SCENARIOS)
    assert {f"+1202555010{last}" for last in range(10)} <= {person.number for person in people}
    assert all(person.voice in VOICES for person in people)
    assert all(person.description for person in people)


async def test_numbers_are_looked_up_in_the_sandbox_only() -> None:
    directory = everybody()
    assert directory.find("+12025550100").name == "Amelia Hart"
    assert directory.find("+12025559999").name == "Somebody polite"
    for malformed in ["", "12025550100", "+1202555010", "+120255501000", "+1 202 555 0100", "+0123456789", "sip:a@b"]:
        with pytest.raises(MalformedNumberError):
            directory.find(malformed)
    for elsewhere in ["+493012345678", "+12125550100", "+442071838750"]:
        with pytest.raises(UnreachableNumberError, match="sandbox"):
            directory.find(elsewhere)
    with pytest.raises(ScenarioError, match=r"\*"):
        Directory(directory.people)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("number =", "x.toml: "),
        ('name = "A"\ndescription = "B"', "needs `number`"),
        ('number = "12"\nname = "A"\ndescription = "B"', "E.164"),
        ('number = "*"\nname = "A"\ndescription = "B"\nage = 3', "no field `age`"),
        ('number = "*"\nname = 5\ndescription = "B"', "`name` must be text"),
        ('number = "*"\nname = "A"\ndescription = "B"\nanswer = "maybe"', "`answer` must be one of"),
        ('number = "*"\nname = "A"\ndescription = "B"\nrings_s = -1', "must not be negative"),
        ('number = "*"\nname = "A"\ndescription = "B"\nscript = 3', "list of tables"),
        ('number = "*"\nname = "A"\ndescription = "B"\nscript = [{do = "sing"}]', "`do` must be one of"),
        ('number = "*"\nname = "A"\ndescription = "B"\nscript = [{do = "say"}]', "needs `text`"),
        ('number = "*"\nname = "A"\ndescription = "B"\nscript = [{do = "press", digits = "x"}]', "keys of a telephone"),
        ('number = "*"\nname = "A"\ndescription = "B"\nfaults = [{point = "x", kind = "drop"}]', "no fault point"),
    ],
)
async def test_scenarios_with_mistakes_say_where(text: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message) as refused:
        parse_scenario(text, "x.toml")
    assert str(refused.value).startswith("x.toml: ")


async def test_scenarios_of_ones_own_are_read_from_a_folder(tmp_path: Path) -> None:
    text = (
        'number = "+12025550150"\nname = "A"\ndescription = "B"\n'
        'script = [{do = "listen", patience_s = 3}, {do = "say", text = "Hi"}]'
    )
    (tmp_path / "a.toml").write_text(text)
    [person] = load_scenarios(tmp_path)
    assert person.script == (Listen(patience_s=3), Say("Hi"))
    (tmp_path / "b.toml").write_text(text)
    with pytest.raises(ScenarioError, match="Two scenarios"):
        load_scenarios(tmp_path)
