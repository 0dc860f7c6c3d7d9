"""The process that speaks: eSpeak NG behind a pipe.

eSpeak NG is under the GPL 3, so it is never loaded into the product's own process. This file is run as a program
and imports nothing of ours. It takes one request a line on standard input,

    {"text": "Hello.", "voice": "en-us+f3", "rate": 170, "pitch": 50}

and answers each with a line of JSON, followed by that many bytes of 16-bit little-endian mono sound:

    {"sample_rate": 22050, "bytes": 31000, "words": [[0, 0]]}     words: [offset in the text, milliseconds]
    {"error": "There is no voice x."}                             nothing follows

It ends when standard input does.
"""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path
from typing import Any

import espeakng_loader

# speak_lib.h of eSpeak NG 1.52
_SYNCHRONOUS = 2
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_RATE, _PITCH = 1, 3
_EVENT_LIST_END, _EVENT_WORD = 0, 1
_BY_CHARACTER = 1


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Synthesizer:
    """eSpeak NG, set up for one utterance after another."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = str(Path(espeakng_loader.get_data_path()).parent)
        self.sample_rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 500, data.encode(), _DO_NOT_EXIT)
        if self.sample_rate <= 0:
            raise RuntimeError("eSpeak NG does not start.")
        self._sound = bytearray()
        self._words: list[list[int]] = []
        self._callback = _Callback(self._take)  # kept: the library holds only the address
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._sound += ctypes.string_at(samples, count * 2)
        index = 0
        while events[index].type != _EVENT_LIST_END:
            event = events[index]
            if event.type == _EVENT_WORD:
                self._words.append([event.text_position - 1, event.audio_position])
            index += 1
        return 0

    def say(self, text: str, voice: str, rate: int, pitch: int) -> tuple[bytes, list[list[int]]]:
        """Sound and the start of each word. Raises ValueError for a voice that does not exist."""
        self._sound.clear()
        self._words = []
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"There is no voice {voice}.")
        self._library.espeak_SetParameter(_RATE, rate, 0)
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        utf8 = text.encode()
        status = self._library.espeak_Synth(utf8, len(utf8) + 1, 0, _BY_CHARACTER, 0, _UTF8, None, None)
        if status != 0:
            raise ValueError(f"eSpeak NG answered {status}.")
        return bytes(self._sound), self._words


def main() -> None:
    synthesizer = Synthesizer()
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        try:
            sound, words = synthesizer.say(**json.loads(line))
        except (ValueError, TypeError) as error:
            answer: dict[str, Any] = {"error": str(error)}
            sound = b""
        else:
            answer = {"sample_rate": synthesizer.sample_rate, "bytes": len(sound), "words": words}
        out.write(json.dumps(answer).encode() + b"\n" + sound)
        out.flush()


if __name__ == "__main__":
    main()
