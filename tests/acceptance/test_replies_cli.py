"""`triage replies`: what people would be sent is shown and checked, through the command."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from triage.cli import app
from triage.settings import SHIPPED_RULES

OFFICES = SHIPPED_RULES / "tests" / "offices.yaml"


def run(*words: str | Path) -> Result:
    """Run `triage replies`."""
    return CliRunner().invoke(app, ["replies", *map(str, words)])


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The shipped rules, to be changed."""
    return shutil.copytree(SHIPPED_RULES, tmp_path / "rules")


def test_every_reply_of_every_office_is_shown_in_both_languages() -> None:
    """Each template for each rule that sends it, with the due time in the office's own zone."""
    shown = run("preview", "--config", OFFICES)
    assert shown.exit_code == 0
    titles = re.findall(r"^══ (.*) ══$", shown.stdout, re.MULTILINE)
    offices = {title.split(", ")[1] for title in titles}
    assert len(offices) >= 3
    for office in offices:
        for language in ("en", "fr"):
            assert f"redirect-webform, {office}, {language}, rule webform" in titles
            assert f"acknowledge-unsure, {office}, {language}, rule unparseable-vouched" in titles
    assert "(Delhi time, UTC+05:30)" in shown.stdout
    assert "heure locale, Delhi, UTC+05:30)" in shown.stdout


def test_one_reply_is_chosen_by_office_template_and_language() -> None:
    """As text with its headers, in both languages at once, or as a page."""
    chosen = ("--config", OFFICES, "--office", "delhi", "--template", "redirect-webform")
    text = run("preview", *chosen, "--language", "fr").stdout
    assert text.count("══") == 2
    assert "Auto-Submitted: auto-replied" in text
    assert "Un logiciel, et non une personne, a classé votre message." in text
    both = run("preview", *chosen, "--language", "both").stdout
    assert "Bonjour," in both
    assert "Hello," in both
    page = run("preview", *chosen, "--language", "en", "--html").stdout
    assert page.startswith("<!-- redirect-webform, delhi, en, rule webform -->\n<!DOCTYPE html>")


def test_the_shipped_replies_are_well_at_every_office() -> None:
    """What is shipped passes its own check."""
    checked = run("check", "--config", OFFICES)
    assert (checked.exit_code, checked.stdout.endswith("replies in both languages: well\n")) == (0, True)


def test_what_is_wrong_is_told_with_its_file(rules: Path) -> None:
    """In a template, and in a rule that does not keep what a template promises; exit code 2."""
    template = rules / "templates" / "redirect-webform.fr.txt"
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace("Bonjour,", "Bonjour, une personne vous répondra demain."), encoding="utf-8")
    default = rules / "default.yaml"
    text = default.read_text(encoding="utf-8")
    default.write_text(
        text.replace(
            "      reply: acknowledge-error\n      respond_within: ${error_answer_within}\n",
            "      reply: acknowledge-error\n",
        ),
        encoding="utf-8",
    )
    checked = run("check", "--rules", rules)
    assert checked.exit_code == 2
    assert f"{template}: promises an answer where no time is set" in checked.stdout.replace("\n", " ")
    told = json.loads(run("check", "--rules", rules, "--json").stdout)["problems"]
    assert {Path(problem["file"]).name for problem in told} == {"redirect-webform.fr.txt", "default.yaml"}
    (undated,) = [problem for problem in told if problem["line"]]
    assert undated["text"] == "      reply: acknowledge-error"
    assert "it needs respond_within" in undated["message"]


def test_the_check_of_rules_finds_broken_promises_too(rules: Path) -> None:
    """With the rule's line; not where another mistake sets a rule aside that may keep the promise."""
    default = rules / "default.yaml"
    text = default.read_text(encoding="utf-8")
    broken = text.replace("- answers: our-reply\n", "- answers: our-reply\n        - has: date\n")
    default.write_text(broken, encoding="utf-8")
    checked = CliRunner().invoke(app, ["rules", "check", "--rules", str(rules)])
    assert checked.exit_code == 2
    assert "may take an answer to an automatic reply" in checked.stdout.replace("\n", " ")
    default.write_text(text.replace("- answers: our-reply\n", "- answers: our-replay\n"), encoding="utf-8")
    checked = CliRunner().invoke(app, ["rules", "check", "--rules", str(rules)])
    assert "our-replay" in checked.stdout
    assert "may take an answer" not in checked.stdout


WRONG = {
    "an unknown template": (("preview", "--template", "redirect-webfrom"), "did you mean 'redirect-webform'?"),
    "an unknown language": (("preview", "--language", "de"), "known here: en, fr, both"),
    "an office without settings": (("check", "--office", "delhi"), "give --config triage.yaml"),
    "an unknown office": (("preview", "--config", str(OFFICES), "--office", "dehli"), "dehli"),
}


@pytest.mark.parametrize(("words", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_what_was_asked_for_wrongly_is_2_and_a_sentence(words: tuple[str, ...], sentence: str) -> None:
    """Names the mistake and what there is instead."""
    result = run(*words)
    assert result.exit_code == 2
    assert sentence in result.stderr
