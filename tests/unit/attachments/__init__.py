"""Tests of the reading of attachments."""
