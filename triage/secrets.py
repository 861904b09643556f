"""Secrets by reference: triage.yaml says where a password is, never what it is."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from triage.core.located_yaml import Problem
from triage.errors import ConfigurationError


def _checked_form(reference: str) -> str:
    kind, _, place = reference.partition(":")
    if kind not in {"env", "file"} or not place:
        # The value is not repeated: it may be the password itself, written here by mistake.
        raise ValueError("expected a reference, env:NAME or file:PATH, and never the secret itself")
    return reference


SecretReference = Annotated[str, AfterValidator(_checked_form)]


def read_secret(reference: str) -> str:
    """Give the secret that `env:NAME` or `file:PATH` refers to; read anew each time, so that it can be rotated.

    Raises ConfigurationError saying which variable is unset or which file cannot be read.
    """
    kind, _, place = reference.partition(":")
    if kind == "env":
        secret = os.environ.get(place, "")
        missing = f"the environment variable {place} is not set"
    else:
        missing = f"the file {place} is empty or cannot be read"
        try:
            secret = Path(place).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            secret = ""
    if not secret:
        raise ConfigurationError([Problem(file=reference, message=missing)])
    return secret
