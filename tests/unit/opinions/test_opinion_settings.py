"""The section `second_opinion` of triage.yaml: off by default, and refused where it would send mail in the clear."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.test_settings import GOOD, NEVER_SHOWN, loaded, refusal
from triage.errors import ConfigurationError
from triage.parts import build
from triage.second_opinion import advice_of
from triage.settings_file import unreadable_secrets


def asking(**values: str) -> str:
    """A triage.yaml with a second opinion."""
    lines = {"plugin": "endpoint", "url": "https://llm.office.example/v1", "model": "small-1", **values}
    return GOOD + "second_opinion:\n" + "".join(f"  {key}: {value}\n" for key, value in lines.items())


def test_nobody_is_asked_by_default(tmp_path: Path) -> None:
    """Without the section there is no advice."""
    settings = loaded(tmp_path, GOOD)
    assert settings.second_opinion is None
    assert advice_of(settings.second_opinion, None, settings.error_budget) is None


def test_paths_are_beside_the_file(tmp_path: Path) -> None:
    """The record, the authority and the secret's file are looked for beside triage.yaml."""
    asked = loaded(tmp_path, asking(ca_file="ca.pem", secret="file:key")).second_opinion
    assert asked is not None
    assert (asked.record, asked.ca_file) == (tmp_path / "opinions.json", tmp_path / "ca.pem")
    assert asked.secret == f"file:{tmp_path}/key"


@pytest.mark.parametrize(
    "url",
    ["https://llm.office.example/v1", "http://localhost:8080/v1", "http://127.0.0.1:8080/v1", "http://[::1]:8080/v1"],
)
def test_addresses_that_keep_mail_private_are_accepted(tmp_path: Path, url: str) -> None:
    """TLS, or this machine."""
    asked = loaded(tmp_path, asking(url=f"'{url}'")).second_opinion
    assert asked is not None
    assert asked.url == url


NO_ADDRESS = "expected an address such as https://llm.office.example/v1, without a user, a password or a query"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        pytest.param(
            {"url": "http://llm.office.example/v1"},
            "second_opinion.url: http would send what people wrote in the clear to llm.office.example; use https, or "
            "say allow_plaintext: true if the network itself is private",
            id="in the clear",
        ),
        pytest.param({"url": f"https://me:{NEVER_SHOWN}@llm.example/v1"}, NO_ADDRESS, id="a password in it"),
        pytest.param({"url": f"https://:{NEVER_SHOWN}@llm.example/v1"}, NO_ADDRESS, id="only a password in it"),
        pytest.param({"url": "llm.office.example/v1"}, NO_ADDRESS, id="no scheme"),
        pytest.param({"url": "ftp://llm.office.example"}, NO_ADDRESS, id="another scheme"),
        pytest.param({"url": "https://llm.office.example:none/v1"}, NO_ADDRESS, id="no port"),
        pytest.param({"secret": NEVER_SHOWN}, "expected a reference, env:NAME or file:PATH", id="the secret itself"),
        pytest.param({"timeout_seconds": "60"}, "second_opinion.timeout_seconds", id="longer than mail may wait"),
        pytest.param({"modle": "x"}, "unknown key; did you mean 'model'?", id="a wrong key"),
    ],
)
def test_what_is_refused(tmp_path: Path, values: dict[str, str], problem: str) -> None:
    """With the key, and without repeating what may be a secret."""
    problems = refusal(tmp_path, asking(**values))
    assert len(problems) == 1
    assert problem in problems[0]
    assert NEVER_SHOWN not in problems[0]


def test_plaintext_to_another_machine_must_be_allowed_by_word(tmp_path: Path) -> None:
    """As with mail servers."""
    asked = loaded(tmp_path, asking(url="http://llm.office.example/v1", allow_plaintext="true")).second_opinion
    assert asked is not None


def test_a_secret_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    """By `triage check`, before anybody is asked."""
    settings = loaded(tmp_path, asking(secret="env:NOT_SET_ANYWHERE"))
    assert "second_opinion.secret" in [problem.key for problem in unreadable_secrets(settings)]


def test_a_plugin_that_fails_in_its_own_way_is_a_mistake_in_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a traceback, and not processes that end as they begin."""

    def broken(_: object) -> Callable[[object], object]:
        raise ImportError("no module named 'weights'")

    monkeypatch.setattr("triage.second_opinion.plugin", broken)
    with pytest.raises(
        ConfigurationError, match=r"'endpoint' cannot be used \(ImportError: no module named 'weights'\)"
    ):
        build(loaded(tmp_path, asking()))


def test_the_service_refuses_to_start_with_a_plugin_that_is_not_installed(tmp_path: Path) -> None:
    """Rather than to go on as if nobody were to be asked."""
    with pytest.raises(ConfigurationError, match="no plug-in 'oracle' is installed"):
        build(loaded(tmp_path, asking(plugin="oracle")))
