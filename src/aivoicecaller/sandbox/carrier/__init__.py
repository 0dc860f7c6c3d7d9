"""A stand-in for Twilio: its REST API, TwiML, signed callbacks and recordings, for the unmodified official SDK."""
