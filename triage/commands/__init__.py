"""The groups of commands that `triage/cli.py` adds; each is thin and calls one thing."""
