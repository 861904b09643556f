"""Rules that look at who the sender is are listed wherever rules are reported on."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from triage.cli import app
from triage.settings import SHIPPED_RULES

CONFIG = """\
rules: rules
offices:
  - id: delhi
    names: {en: Delhi, fr: Delhi}
    address: manager@visa-delhi.example
    timezone: Asia/Kolkata
    webform_url: https://webform.example/enquiry
    imap: {host: localhost, user: delhi, secret: "env:X"}
    contacts: {duty: duty@visa-delhi.example}
"""
TRIBUNAL = """\
  - id: tribunal
    description: What the tribunal writes is looked at first.
    justification: The tribunal sets time limits that bind the department.
    when:
      all:
        - header: {name: From, matches: 'tribunal'}
        - label: webform
      none:
        - answers: our-reply
    then: {folder: review, reply: none, respond_within: 1 working day}

  - id: follow-up
"""
LISTED = "tribunal asks for the header From: The tribunal sets time limits that bind the department."
REPORTS = {
    "check": ["rules", "check"],
    "shadow": ["report", "shadow", "--since", "2030-01-01"],
    "appeals": ["report", "appeals", "--since", "2030-01-01"],
}


@pytest.fixture(autouse=True)
def rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The shipped rules with one that looks at the sender."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("X", "secret")
    Path("triage.yaml").write_text(CONFIG, encoding="utf-8")
    shutil.copytree(SHIPPED_RULES, "rules")
    file = Path("rules") / "default.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("  - id: follow-up\n", TRIBUNAL), encoding="utf-8")
    return file


def run(*words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, [*words, "--config", "triage.yaml"])


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_lists_the_rules_that_look_at_the_sender(report: str, rules: Path) -> None:
    """With their justification and its line, as text and as JSON."""
    line = rules.read_text(encoding="utf-8").splitlines().index("    justification: " + LISTED.partition(": ")[2]) + 1
    told = run(*REPORTS[report])
    assert told.exit_code == 0, told.output
    assert f"rules/default.yaml:{line}: {LISTED}" in told.stdout
    (found,) = json.loads(run(*REPORTS[report], "--json").stdout)["justified_rules"]
    assert (found["rule"], found["asks"], found["offices"]) == ("tribunal", "the header From", [])


def test_the_check_of_the_service_lists_them_too() -> None:
    """Whatever else it finds."""
    assert LISTED in run("check").stdout


def test_without_a_justification_the_rules_are_refused(rules: Path) -> None:
    """With the line that asks about the sender, and what to write."""
    lines = rules.read_text(encoding="utf-8").splitlines(keepends=True)
    rules.write_text("".join(one for one in lines if "justification:" not in one), encoding="utf-8")
    told = run("rules", "check")
    assert told.exit_code == 2
    assert "asks about the sender (the header From): a rule that looks at who the sender is" in told.stdout
    assert "header: {name: From, matches: 'tribunal'}" in told.stdout


def test_a_report_waits_for_no_rules(rules: Path) -> None:
    """Rules that cannot be read just then are said not to be listed."""
    rules.write_text("rules: [", encoding="utf-8")
    told = run(*REPORTS["appeals"])
    assert told.exit_code == 0
    assert "the rules cannot be read, so those that look at who the sender is are not listed" in told.stdout
    found = json.loads(run(*REPORTS["appeals"], "--json").stdout)
    assert (found["appeals"], found["justified_rules"]) == ([], None)
    assert "default.yaml:1" in found["rules_unreadable"]
