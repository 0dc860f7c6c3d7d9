"""The stand-in's mind: a few rules that follow the session's instructions and tools. It is no intelligence."""
