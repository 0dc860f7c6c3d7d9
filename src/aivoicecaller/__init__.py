"""AIVoiceCaller: AI phone calls, speech to speech, on your own machine."""

__version__ = "0.1.0"
