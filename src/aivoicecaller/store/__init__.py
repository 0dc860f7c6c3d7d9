"""The record: one file per aggregate, on SQLite or PostgreSQL."""
