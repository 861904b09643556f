"""Whole messages: what is read of each .eml in tests/golden/parsing is what stands beside it."""

from dataclasses import asdict
from datetime import datetime
from enum import Enum
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from triage.core.message import Message
from triage.core.mime import read_message
from triage.core.screening import refers_to, screen

FOLDER = Path(__file__).parents[1] / "golden" / "parsing"
GOLDENS = sorted(FOLDER.glob("*.eml"))
OWN = frozenset({"delhi-manager@visa.example"})
# The digest is of the bytes, and the header fields are the message's own: neither says anything here.
LEFT_OUT = {"digest", "size", "headers", "return_path", "received_at"}


def test_there_are_goldens_to_compare() -> None:
    """A wrong folder would make the comparison pass with nothing compared."""
    assert len(GOLDENS) >= 25


@pytest.mark.parametrize("file", GOLDENS, ids=lambda file: file.stem)
def test_a_message_is_read_as_its_golden_says(file: Path) -> None:
    """Text, addresses, dates, attachments, defects and the screening are those of NN-name.yaml."""
    got = shown(read_message(file.read_bytes()))
    expected = file.with_suffix(".yaml")
    left = file.with_suffix(".got.yaml")
    if not expected.exists() or expected.read_text(encoding="utf-8") != got:
        left.write_text(got, encoding="utf-8")
        pytest.fail(f"{left.name} differs from {expected.name}")
    left.unlink(missing_ok=True)


def shown(message: Message) -> str:
    """What was read, as YAML; empty fields are left out."""
    screening = screen(message, own_addresses=OWN)
    fields = {name: plain(value) for name, value in asdict(message).items() if name not in LEFT_OUT}
    fields["refers_to"] = list(refers_to(message))
    fields["machine"] = screening.kind.value if screening.kind else None
    fields["machine_because"] = screening.because
    text = StringIO()
    yaml = YAML()
    yaml.width = 1_000
    yaml.dump({name: value for name, value in fields.items() if value}, text)
    return text.getvalue()


def plain(value: Any) -> Any:
    """A value as YAML writes it for people."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if inner}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    return value
