"""OpenAI Realtime: the only room that knows the engine's wire."""
