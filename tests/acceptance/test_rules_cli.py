"""`triage rules test`, `check` and `schema` as an operator runs them: what is printed, and the exit code."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from shutil import copytree
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from triage.cli import app
from triage.rules_testing import run_tests

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "rules"


def run(*arguments: str | Path) -> Result:
    """Run `triage rules …`."""
    return CliRunner().invoke(app, ["rules", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def tests_in(tmp_path: Path) -> Path:
    """A folder with the shipped rules and no tests of theirs but the offices."""
    copytree(RULES, tmp_path / "rules")
    for file in (tmp_path / "rules" / "tests").glob("*.yaml"):
        if file.name != "offices.yaml":
            file.unlink()
    return tmp_path / "rules"


def given(rules: Path, *tests: str) -> Path:
    """Write a file of tests."""
    file = rules / "tests" / "mine.yaml"
    file.write_text("tests:\n" + "".join(f"  - {test}\n" for test in tests), encoding="utf-8")
    return file


def test_the_shipped_tests_pass_and_show_all_of_the_shipped_rules() -> None:
    """At every kind of office: each rule wins, each condition is found true, and false."""
    results = run_tests([], RULES)
    assert [one for one in results.outcomes if not one.passed] == []
    assert [gap for rule in results.coverage for gap in rule.gaps] == []
    assert {one.office for one in results.outcomes} == {"delhi", "paris", "amman", "apia"}


def test_every_label_is_tested_at_every_office() -> None:
    """The rule of each label has won at each office."""
    won = {(one.office, one.rule) for one in run_tests([], RULES).outcomes}
    labels = {"urgent", "serious-error", "reconsideration", "webform", "unsure"}
    assert {(office, rule) for office in ("delhi", "paris", "amman", "apia") for rule in labels} <= won


def test_the_shipped_tests_hold_at_any_office_but_those_of_invented_ones() -> None:
    """So that an operator can run them at their own."""
    files = [RULES / "tests" / f"{name}.yaml" for name in ("labels", "circumstances", "messages")]
    results = run_tests(files, RULES, config=ROOT / "examples" / "triage.yaml")
    assert {one.office for one in results.outcomes} == {"delhi", "paris"}
    assert [one for one in results.outcomes if not one.passed] == []


def test_failures_are_told_and_end_in_exit_code_1(tests_in: Path) -> None:
    """With expected, got and why; the same at two offices is told once."""
    given(tests_in, "{name: A wish, offices: [delhi, paris], given: {label: webform}, expect: {rule: urgent}}")
    result = run("test", "--rules", tests_in)
    assert result.exit_code == 1
    for words in ("A wish [delhi, paris]", "mine.yaml:2", "expected urgent", "got      webform", "label: urgent"):
        assert words in result.stdout
    assert "0 passed, 2 failed" in result.stdout


def test_a_rule_that_won_where_none_should_has_no_condition_to_blame(tests_in: Path) -> None:
    """`none` is no rule whose conditions could be told."""
    given(tests_in, "{name: A wish, offices: delhi, given: {label: webform}, expect: {rule: none}}")
    result = run("test", "--rules", tests_in)
    assert (result.exit_code, "because" in result.stdout) == (1, False), result.output


def test_a_header_that_a_test_writes_stands_instead_of_the_usual_one(tests_in: Path) -> None:
    """Once, whatever the case of its letters; here another office of ours writes."""
    given(
        tests_in,
        "{name: One, offices: delhi, message: {headers: {FROM: paris-manager@visa-offices.example}}, "
        "expect: {rule: automated}}",
    )
    assert run("test", "--rules", tests_in).exit_code == 0


def test_what_a_text_says_counts_from_the_messages_own_date(tmp_path: Path) -> None:
    """Which is the clock's where the test gives none."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "default.yaml").write_text(
        "rules: [{id: soon, description: A rule of a test., when: {all: [{deadline_within_days: 15}]}, "
        "then: {folder: review, reply: none}}]"
    )
    letter = "subject: Visa, body: 'My father died. I fly to his funeral on 5 November 2026.'"
    given(
        tmp_path,
        f"{{name: Old, message: {{{letter}, date: 2026-11-01}}, given: {{label: urgent}}, expect: {{rule: soon}}}}",
        f"{{name: New, message: {{{letter}}}, given: {{label: urgent}}, expect: {{rule: none}}}}",
    )
    result = run("test", "--rules", tmp_path)
    assert result.exit_code == 0, result.output


def test_wrong_tests_are_told_whole_with_their_lines_and_end_in_exit_code_2(tests_in: Path) -> None:
    """Two mistakes, each with the line shown and a caret under the place."""
    given(
        tests_in,
        "{name: First, offices: dehli, given: {label: webform}, expect: {rule: webfrom}}",
        "{name: Second, given: {label: webform}, expect: {reply: redirect}}",
        "{name: Third, eml: none.eml, expect: {rule: urgent}}",
    )
    result = run("test", "--rules", tests_in)
    assert result.exit_code == 2
    for words in ("did you mean 'webform'?", "did you mean 'delhi'?", "'redirect-webform'", "no such file"):
        assert words in result.stderr
    lines = result.stderr.splitlines()
    place = next(number for number, line in enumerate(lines) if "no template 'redirect'" in line)
    assert lines[place + 1].startswith("  3 |   - {name: Second")
    assert lines[place + 1][lines[place + 2].index("^") :].startswith("reply: redirect")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--filter", "no such words"], "no test has 'no such words'"),
        (["--office", "dehli"], "did you mean 'delhi'?"),
        (["no-such.yaml"], "cannot be read"),
        (["--rules", "no-such-folder"], "cannot be read"),
        (["--config", "no-such.yaml"], "cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_run_ends_in_exit_code_2(arguments: Sequence[str], words: str) -> None:
    """And says why."""
    result = run("test", *arguments)
    assert (result.exit_code, words in result.stderr) == (2, True), result.output


def test_tests_are_chosen_by_words_and_by_office() -> None:
    """Of the name, the expected rule, or the file, whatever the case of the letters."""
    for words in ("SUSPECT-URGENT", "put right"):
        found = json.loads(run("test", "--filter", words, "--office", "paris", "--json").stdout)
        assert found["passed"] > 0
        assert {one["office"] for one in found["tests"]} == {"paris"}


def test_junit_names_each_failure(tests_in: Path, tmp_path: Path) -> None:
    """Well-formed, counted by file, with the difference in it; characters that XML has not are left out."""
    given(
        tests_in,
        '{name: "A \\u0001 wish", offices: delhi, given: {label: webform}, expect: {rule: urgent}}',
        "{name: Another, offices: delhi, given: {label: webform}, expect: {rule: webform}}",
    )
    assert run("test", "--rules", tests_in, "--junit", tmp_path / "junit.xml").exit_code == 1
    suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite] == ["A  wish [delhi]", "Another [delhi]"]
    failure = suite[0][0]
    assert failure.get("message") == "rule: expected urgent, got webform"
    assert "label: urgent" in (failure.text or "")


def test_coverage_names_what_no_test_shows(tests_in: Path) -> None:
    """A rule that never won, and by which rule it was beaten; conditions one answer of which was never seen."""
    given(tests_in, "{name: One, offices: delhi, given: {label: urgent, authentication: fail}, expect: {flag: true}}")
    result = run("test", "--rules", tests_in, "--coverage")
    assert result.exit_code == 0
    assert "never won: where it matched, an earlier rule did: 'suspect-urgent' (1)" in result.stdout
    assert "never false: all: authentication: fail" in result.stdout
    told = json.loads(run("test", "--rules", tests_in, "--coverage", "--json").stdout)["coverage"]
    assert 0 < told["share"] < 1
    assert any("never won: no test matches it" in rule["gaps"] for rule in told["rules"])


def test_coverage_says_where_no_test_could_help(tests_in: Path) -> None:
    """A rule that earlier ones leave nothing to is told as that, beside what tests have not shown."""
    more = "- authentication: pass\n        - has: harm"
    broken(tests_in, ("- unparseable: true\n    then", f"- unparseable: true\n        {more}\n    then"))
    given(tests_in, "{name: One, given: {label: urgent}, expect: {rule: urgent}}")
    told = json.loads(run("test", "--rules", tests_in, "--coverage", "--json").stdout)["coverage"]
    (rule,) = (one for one in told["rules"] if one["rule"] == "unparseable")
    assert rule["gaps"][0].startswith("can never win: the earlier rule 'unparseable-vouched'")


def test_a_message_without_a_label_is_put_to_the_classifier(tests_in: Path) -> None:
    """Read as a real one is, from a file beside the tests."""
    (tests_in / "tests" / "urgent.eml").write_bytes((ROOT / "examples" / "urgent.eml").read_bytes())
    given(tests_in, "{name: Real, offices: delhi, eml: urgent.eml, expect: {rule: urgent}}")
    result = run("test", "--rules", tests_in)
    assert result.exit_code == 0, result.output


def test_without_a_model_the_run_says_so_and_the_message_is_unsure(tests_in: Path, tmp_path: Path) -> None:
    """The tests are still run, as the service would be."""
    offices = tests_in / "tests" / "offices.yaml"
    offices.write_text(f"model: {tmp_path / 'nowhere'}\n" + offices.read_text(encoding="utf-8"), encoding="utf-8")
    given(tests_in, "{name: Real, offices: delhi, message: {subject: Hello}, expect: {rule: unsure, reason: no-model}}")
    result = run("test", "--rules", tests_in)
    assert result.exit_code == 0, result.output
    assert "without a given label is unsure" in " ".join(result.stdout.split())


def test_tests_that_give_the_label_load_no_model(tests_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred tests must not wait for it."""
    monkeypatch.setattr("classifiers.artifact.load_or_say", lambda *_: pytest.fail("the model was loaded"))
    given(
        tests_in,
        "{name: One, message: {subject: Hello}, given: {label: webform}, expect: {rule: webform}}",
        "{name: Two, message: {headers: {Auto-Submitted: auto-replied}}, expect: {rule: automated}}",
        "{name: Three, message: {subject: Hello}, given: {unparseable: true}, expect: {rule: unparseable}}",
    )
    assert run("test", "--rules", tests_in).exit_code == 0


def broken(rules: Path, *changes: tuple[str, str]) -> None:
    """Put mistakes into the rules."""
    file = rules / "default.yaml"
    text = file.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    file.write_text(text, encoding="utf-8")


def test_the_shipped_rules_are_well() -> None:
    """Alone, and held to the offices of the example."""
    assert run("check").exit_code == 0
    result = run("check", "--config", ROOT / "examples" / "triage.yaml")
    assert (result.exit_code, "2 offices" in result.stdout) == (0, True), result.output


ONLY_WEBFORM = "        - label: webform\n    then:\n      folder: webform"
MISTAKES = {
    "a key": (("label: serious_error", "lable: serious_error"), "did you mean 'label'?"),
    "a label": (("label: reconsideration", "label: reconsiderations"), "did you mean 'reconsideration'?"),
    "a fact": (("- has: identifier", "- has: identifer"), "did you mean 'identifier'?"),
    "a template": (("reply: acknowledge-answer", "reply: acknowledge-anwser"), "did you mean 'acknowledge-answer'?"),
    "a floor": (("    must:\n      reply: any", "    must:\n      reply: some"), "Input should be 'any'"),
    "a folder": (("folder: urgent", "folder: urgnt"), "did you mean 'urgent'?"),
    "a unit": (("      keywords: $FollowUp", "      forward: courts"), "has no unit 'courts'"),
    "a contradiction": (
        ("        - machine: any", "        - machine: any\n        - label: webform"),
        "these conditions can never hold together: all: machine: any; all: label: webform",
    ),
    "an unreachable rule": (
        (
            "        - unparseable: true\n    then",
            "        - unparseable: true\n        - authentication: pass\n    then",
        ),
        "can never win: the earlier rule 'unparseable-vouched'",
    ),
    "a pattern": (
        (ONLY_WEBFORM, f"        - header: {{name: Subject, matches: 'a*'}}\n{ONLY_WEBFORM}"),
        "'a*' matches every value",
    ),
    "an impossible pattern": (
        (ONLY_WEBFORM, f"        - header: {{name: Subject, matches: 'x$y'}}\n{ONLY_WEBFORM}"),
        "'x$y' can never match",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line(name: str, tests_in: Path) -> None:
    """The only one, at the line that was changed, which is shown; exit code 2."""
    change, words = MISTAKES[name]
    broken(tests_in, change)
    result = run("check", "--rules", tests_in, "--config", tests_in / "tests" / "offices.yaml", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 2
    assert {words in problem["message"] for problem in told["problems"]} == {True}
    assert len({problem["line"] for problem in told["problems"]}) == 1
    lines = (tests_in / "default.yaml").read_text(encoding="utf-8").splitlines()
    for problem in told["problems"]:
        assert lines[problem["line"] - 1] == problem["text"]
        assert problem["column"] <= len(problem["text"])


def test_all_mistakes_are_told_at_once(tests_in: Path) -> None:
    """Those of keys, of names, of offices and of reason, in the order of their lines; none hides another."""
    names = [name for name in MISTAKES if name not in {"an impossible pattern", "a unit", "a pattern"}]
    broken(tests_in, *(MISTAKES[name][0] for name in names), MISTAKES["a pattern"][0])
    template = tests_in / "templates" / "acknowledge-error.fr.txt"
    template.write_text(template.read_text(encoding="utf-8").replace("{{ reference }}", "{{ referenc }}"), "utf-8")
    result = run("check", "--rules", tests_in, "--config", tests_in / "tests" / "offices.yaml")
    assert result.exit_code == 2
    for name in (*names, "a pattern"):
        assert MISTAKES[name][1] in result.stdout, name
    assert "did you mean 'reference'?" in result.stdout
    assert "unread" not in result.stdout
    places = [int(line) for line in re.findall(r"^/.*default\.yaml:(\d+):", result.stdout, re.MULTILINE)]
    assert len(places) >= len(names)
    assert places == sorted(places)


@pytest.mark.parametrize(
    "text", ["", "rules:\n", "rules: [\n", "rules: {a: b}\n", "rules: [{id: one}]\n", "- id: one\n", "\trules:\n"]
)
def test_what_is_no_file_of_rules_is_told_once(text: str, tests_in: Path) -> None:
    """However broken: a problem with its place, and the end."""
    (tests_in / "default.yaml").write_text(text, encoding="utf-8")
    result = run("check", "--rules", tests_in, "--json")
    problems = [(one["line"], one["column"], one["message"]) for one in json.loads(result.stdout)["problems"]]
    assert result.exit_code == 2
    assert problems
    assert len(set(problems)) == len(problems)


def test_parts_beside_the_rules_are_not_taken_for_rules(tests_in: Path) -> None:
    """The last rule is set aside up to where the next part begins, so that its problem is not hidden."""
    broken(tests_in, ("label: webform", "label: webfrom"))
    file = tests_in / "default.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "\nunknown-part:\n  - id: one\n", encoding="utf-8")
    result = run("check", "--rules", tests_in)
    assert "did you mean 'webform'?" in result.stdout
    assert "unknown-part" in result.stdout


def test_who_is_not_told_is_a_warning(tests_in: Path) -> None:
    """An office may have nobody on duty: nothing is refused for that."""
    result = run("check", "--rules", tests_in, "--config", tests_in / "tests" / "offices.yaml")
    assert result.exit_code == 0
    assert "warning: " in result.stdout
    assert "no contact 'duty' at apia" in result.stdout


def test_rules_without_floors_are_a_warning(tests_in: Path) -> None:
    """They are taken, and protect nobody."""
    default = tests_in / "default.yaml"
    default.write_text(default.read_text(encoding="utf-8").split("\nfloors:\n")[0], encoding="utf-8")
    result = run("check", "--rules", tests_in)
    assert result.exit_code == 0
    assert (
        f"warning: {default}: has no 'floors': no rule is kept from leaving an urgent message unseen" in result.stdout
    )


def test_a_rule_on_trial_that_would_be_refused_once_it_acts_is_a_warning(tests_in: Path) -> None:
    """Told while it does nothing, at its own line; one that keeps to the floors is not mentioned."""
    trial = (
        "  - id: medical\n    description: Illness is not answered.\n    enforce: false\n"
        "    when: {all: [{label: urgent}, {topic: medical}]}\n    then:\n      folder: urgent\n      flag: true\n"
        "      reply: acknowledge-urgent\n      notify: duty\n      respond_within: 4 working hours\n\n"
    )
    broken(tests_in, ("  - id: urgent\n    desc", trial + "  - id: urgent\n    desc"))
    assert "once it acts" not in run("check", "--rules", tests_in).stdout
    broken(
        tests_in,
        (
            "      reply: acknowledge-urgent\n      notify: duty\n      respond_within: 4",
            "      reply: none\n      notify: duty\n      respond_within: 4",
        ),
    )
    result = run("check", "--rules", tests_in)
    assert result.exit_code == 0
    assert "on trial; once it acts, it goes under the floor 'urgent-is-answered'" in result.stdout
    assert " |       reply: none\n" in result.stdout


def test_a_line_of_the_settings_is_never_shown(tmp_path: Path) -> None:
    """It may hold a password by mistake."""
    config = tmp_path / "triage.yaml"
    text = (ROOT / "examples" / "triage.yaml").read_text(encoding="utf-8")
    config.write_text(text.replace("env:DELHI_IMAP_PASSWORD", "hunter2-hunter2"), encoding="utf-8")
    for command in ("check", "test"):
        result = run(command, "--config", config)
        assert result.exit_code == 2
        assert "hunter2" not in result.output
