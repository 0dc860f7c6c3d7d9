"""Runs live calls: one loop per call, one function per command."""
