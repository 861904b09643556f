"""Secrets by reference: where they are read, and that they are never told."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from triage.errors import ConfigurationError
from triage.secrets import SecretReference, read_secret

REFERENCE: TypeAdapter[str] = TypeAdapter(SecretReference)
PASSWORD = "pa:ss wörd"


def test_a_secret_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is, with whatever characters."""
    monkeypatch.setenv("DELHI_PASSWORD", PASSWORD)
    assert read_secret("env:DELHI_PASSWORD") == PASSWORD


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"], ids=["none", "LF", "CRLF"])
def test_a_secret_is_read_from_a_file_without_its_line_ending(tmp_path: Path, ending: str) -> None:
    """Editors and `echo` end a file with one; spaces may belong to the secret."""
    file = tmp_path / "secret"
    file.write_bytes(f" {PASSWORD} {ending}".encode())
    assert read_secret(f"file:{file}") == f" {PASSWORD} "


def test_a_secret_is_read_anew_each_time(tmp_path: Path) -> None:
    """So that it can be changed while the service runs."""
    file = tmp_path / "secret"
    file.write_text("old")
    assert read_secret(f"file:{file}") == "old"
    file.write_text("new")
    assert read_secret(f"file:{file}") == "new"


@pytest.mark.parametrize("value", [None, ""], ids=["not set", "empty"])
def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """An empty one is none."""
    monkeypatch.delenv("DELHI_PASSWORD", raising=False)
    if value is not None:
        monkeypatch.setenv("DELHI_PASSWORD", value)
    with pytest.raises(ConfigurationError) as caught:
        read_secret("env:DELHI_PASSWORD")
    assert str(caught.value) == "env:DELHI_PASSWORD: the environment variable DELHI_PASSWORD is not set"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"], ids=["no file", "empty", "a line", "not UTF-8"])
def test_a_file_that_gives_no_secret_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Whatever is the matter with it."""
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_secret(f"file:{file}")
    assert str(caught.value) == f"file:{file}: the file {file} is empty or cannot be read"


@pytest.mark.parametrize("reference", ["env:NAME", "file:/run/secrets/one", "file:beside"])
def test_a_reference_is_taken_as_it_is(reference: str) -> None:
    """Nothing is read before it is needed."""
    assert REFERENCE.validate_python(reference) == reference


@pytest.mark.parametrize("written", [PASSWORD, "env:", "file:", "ENV:NAME", "vault:delhi", "", "env"])
def test_what_is_no_reference_is_refused_without_repeating_it(written: str) -> None:
    """It may be the secret itself."""
    with pytest.raises(ValidationError) as caught:
        REFERENCE.validate_python(written)
    (found,) = caught.value.errors(include_input=False)
    assert found["msg"] == "Value error, expected a reference, env:NAME or file:PATH, and never the secret itself"
