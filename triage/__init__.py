"""Triage of a visa office's generic manager inbox."""

__version__ = "0.1.0"
