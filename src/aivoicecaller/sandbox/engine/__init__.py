"""A stand-in for OpenAI's Realtime API over SIP."""
