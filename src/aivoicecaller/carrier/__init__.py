"""Twilio: the only room that knows the carrier's wire."""
