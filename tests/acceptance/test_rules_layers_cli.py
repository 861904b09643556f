"""Rules of one office as an operator meets them: effective, check, test, explain, and what they refuse."""

import json
from pathlib import Path
from shutil import copytree

import pytest
from typer.testing import CliRunner, Result

from triage.cli import app

ROOT = Path(__file__).resolve().parents[2]
LAYER = """\
parameters:
  urgent_answer_within: 2 working hours
overrides:
  - id: unsure
    then: {notify: duty}
insert:
  - before: webform
    rules:
      - id: delhi-biometrics
        description: Questions about biometrics are answered by the managers of this office.
        when: {all: [{label: webform}, {topic: biometrics}]}
        then: {folder: review, reply: acknowledge-unsure, respond_within: 1 working day}
"""


def run(*arguments: str | Path) -> Result:
    """Run `triage …`."""
    return CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The shipped rules, with a file for Delhi; no tests but the offices they are run at."""
    copytree(ROOT / "rules", tmp_path / "rules")
    for file in (tmp_path / "rules" / "tests").glob("*.yaml"):
        if file.name != "offices.yaml":
            file.unlink()
    (tmp_path / "rules" / "offices").mkdir()
    layer(tmp_path / "rules", LAYER)
    return tmp_path / "rules"


def layer(rules: Path, text: str, office: str = "delhi") -> None:
    """Write an office's file."""
    (rules / "offices" / f"{office}.yaml").write_text(text, encoding="utf-8")


def checked(rules: Path) -> list[str]:
    """What `check` finds at the offices of the tests: file:line and message."""
    told = json.loads(
        run("rules", "check", "--rules", rules, "--config", rules / "tests" / "offices.yaml", "--json").stdout
    )
    return [f"{Path(one['file']).relative_to(rules)}:{one['line']}: {one['message']}" for one in told["problems"]]


def test_the_effective_rules_of_an_office_are_rules(rules: Path) -> None:
    """Printed to a file, they are what the office has, now for every office, and well."""
    printed = run("rules", "effective", "--office", "delhi", "--rules", rules)
    assert printed.exit_code == 0, printed.output
    assert (
        "respond_within: 2 working hours              # offices/delhi.yaml:2 ${urgent_answer_within}" in printed.stdout
    )
    digest = json.loads(run("rules", "effective", "--office", "delhi", "--rules", rules, "--json").stdout)["digest"]
    (rules / "default.yaml").write_text(printed.stdout, encoding="utf-8")
    (rules / "offices" / "delhi.yaml").unlink()
    assert json.loads(run("rules", "effective", "--rules", rules, "--json").stdout)["digest"] == digest
    assert run("rules", "check", "--rules", rules).exit_code == 0


def test_the_difference_of_two_offices_is_a_table_and_a_sentence_each(rules: Path) -> None:
    """By the offices' names; an office is compared with the default too; the same rules are said to be."""
    told = run("rules", "effective", "--rules", rules, "--office", "delhi", "--diff", "paris").stdout
    assert "Delhi answers urgent messages within 2 working hours; Paris within 4 working hours." in told
    assert "then.respond_within" in told
    assert "offices/delhi.yaml:2" in told
    found = json.loads(run("rules", "effective", "--rules", rules, "--diff", "delhi", "--json").stdout)
    assert {one["rule"] for one in found} == {"suspect-urgent", "urgent", "unsure", "delhi-biometrics"}
    lines = (rules / "default.yaml").read_text(encoding="utf-8").splitlines()
    set_in = next(number for number, line in enumerate(lines, 1) if line.startswith("  urgent_answer_within:"))
    assert found[0]["places"] == [f"default.yaml:{set_in}", "offices/delhi.yaml:2"]
    same = run("rules", "effective", "--rules", rules, "--office", "paris", "--diff", "amman").stdout
    assert same.strip() == "Paris and Amman have the same rules."


def test_an_unknown_office_is_told_with_the_nearest(rules: Path) -> None:
    """For both options."""
    for option in (["--office", "dehli"], ["--diff", "dehli"]):
        result = run("rules", "effective", "--rules", rules, *option)
        assert (result.exit_code, "did you mean 'delhi'?" in result.stderr) == (2, True), result.output


def test_a_test_is_run_by_the_rules_of_its_office(rules: Path) -> None:
    """A rule that only one office has may be expected there, and coverage counts it."""
    given = "given: {label: webform, topic: biometrics}"
    (rules / "tests" / "mine.yaml").write_text(
        f"tests:\n  - {{name: There, offices: delhi, {given}, expect: {{rule: delhi-biometrics}}}}\n"
        f"  - {{name: Elsewhere, offices: paris, {given}, expect: {{rule: webform}}}}\n",
        encoding="utf-8",
    )
    result = run("rules", "test", "--rules", rules, "--coverage", "--json")
    assert result.exit_code == 0, result.output
    coverage = {one["rule"]: one for one in json.loads(result.stdout)["coverage"]["rules"]}
    assert (coverage["delhi-biometrics"]["won"], coverage["delhi-biometrics"]["matched"]) == (1, 1)
    assert (coverage["webform"]["won"], coverage["webform"]["matched"]) == (1, 2)
    (rules / "tests" / "mine.yaml").write_text(
        "tests: [{name: Elsewhere, offices: paris, given: {label: webform}, expect: {rule: delhi-biometrics}}]\n"
    )
    wrong = run("rules", "test", "--rules", rules)
    assert (wrong.exit_code, "no rule 'delhi-biometrics'" in wrong.stderr) == (2, True), wrong.output


def test_a_message_is_explained_by_the_rules_of_its_office(rules: Path) -> None:
    """Offices without a file of their own share a rule set."""

    def rule_set(office: str) -> str:
        message, config = ROOT / "examples" / "urgent.eml", rules / "tests" / "offices.yaml"
        told = run("explain", message, "--rules", rules, "--config", config, "--office", office, "--json")
        return str(json.loads(told.stdout)["decision"]["rule_set"])

    assert rule_set("delhi") != rule_set("paris") == rule_set("amman")


def test_mistakes_of_all_files_are_told_at_once(rules: Path) -> None:
    """What is broken in one file hides no mistake in another, nor makes more of them."""
    default = rules / "default.yaml"
    text = default.read_text(encoding="utf-8")
    default.write_text(text.replace("- label: unsure\n    then", "- lable: unsure\n    then", 1), encoding="utf-8")
    layer(rules, "overrides: [{id: urgnt, then: {flag: true}}, {id: serious-error, then: {folder: pile}}]", "paris")
    layer(rules, "{}", "amman")
    found = checked(rules)
    assert [one.rpartition("; ")[2] for one in found] == [
        "did you mean 'label'?",
        "an office without a file of its own has the rules of default.yaml",
        "did you mean 'urgent'?",
    ]


def test_an_office_that_goes_under_a_floor_is_refused_where_it_does(rules: Path) -> None:
    """At the value it sets, at the action it changes, or where it disables the rule that kept to the floor."""
    layer(rules, "parameters: {urgent_answer_within: 2 working days}\noverrides: [{id: unsure, then: {flag: false}}]\n")
    layer(rules, "disable: [{id: urgent, reason: Nobody is in a hurry here.}]", "paris")
    places = {one.split(": ")[0] for one in checked(rules)}
    assert places == {"offices/delhi.yaml:1", "offices/delhi.yaml:2", "offices/paris.yaml:1"}


def test_a_file_that_is_not_read_is_told(rules: Path) -> None:
    """Another ending, or no text."""
    (rules / "offices" / "paris.yml").write_text(LAYER, encoding="utf-8")
    (rules / "offices" / "amman.yaml").write_bytes(b"\xff\xfe")
    result = run("rules", "check", "--rules", rules)
    assert result.exit_code == 2
    assert "paris.yml: is not read: call it paris.yaml" in result.stderr
    assert "amman.yaml: cannot be read" in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("biometrics are answered", "biometrics: they are answered", "put the whole text in quotes"),
        ("        when:", "\twhen:", "a tab"),
        ("        when:", "       when:", "does not begin in the column"),
    ],
    ids=["colon", "tab", "indent"],
)
def test_what_often_goes_wrong_in_yaml_is_told_in_plain_words(rules: Path, old: str, new: str, said: str) -> None:
    """A colon in a text, a tab, and a line that is set in otherwise than its neighbours."""
    layer(rules, LAYER.replace(old, new, 1))
    (problem,) = checked(rules)
    assert said in problem
