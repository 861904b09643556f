"""The documents are true: examples are valid, commands run, every key and reason is told of, links lead somewhere."""

import io
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from triage.cli import app
from triage.core.facts.record import Authentication, Topic
from triage.core.message import Language
from triage.core.policy.decision import Reason
from triage.core.policy.layer_schema import LayerFile
from triage.core.policy.loading import RuleSet, load_rules
from triage.core.policy.schema import Condition, RulesFile, Section, Then, When
from triage.core.policy.schema_values import FACT_NAMES, VERDICTS
from triage.core.replies.rendering import FIELDS
from triage.core.screening import MachineKind
from triage.rules_checking import check_rules
from triage.rules_testing import run_tests
from triage.settings_file import load_settings, settings_schema

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RULES = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
KNOWN_ISSUES = (ROOT / "docs" / "known-issues.md").read_text(encoding="utf-8")
TEMPLATES = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "rules" / "templates").glob("*.txt")}
# What a snippet of actions leaves out.
REQUIRED = {"folder": "review", "reply": "none"}


def blocks(page: Path, language: str) -> Iterator[Any]:
    """Each fenced block of a language, as a test's parameter with its place for a name; the fence's indent removed."""
    lines = page.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if (found := re.fullmatch(r"( *)```(\w+)", line)) and found[2] == language:
            end = next(i for i in range(number + 1, len(lines)) if lines[i] == f"{found[1]}```")
            text = "\n".join(inner.removeprefix(found[1]) for inner in lines[number + 1 : end])
            yield pytest.param(text, id=f"{page.name}:{number + 1}")


def as_rules(snippet: Any) -> Mapping[str, Any]:
    """A snippet of docs/rules.md as a whole rules file: it is one, or a list of conditions, or a mapping of actions."""
    if isinstance(snippet, dict) and "rules" in snippet:
        return snippet
    when = {"when": {"any": snippet}} if isinstance(snippet, list) else {}
    then = {**REQUIRED, **snippet} if isinstance(snippet, dict) else REQUIRED
    if then.get("hold"):
        then = {**then, "forward": "biometrics"}
    return {"rules": [{"id": "example", "description": "An example of the documents.", **when, "then": then}]}


def loaded(rules: Mapping[str, Any]) -> Any:
    """What the service makes of the rules, with the shipped templates."""
    text = io.StringIO()
    YAML().dump(rules, text)
    return load_rules(text.getvalue(), TEMPLATES, file="docs/rules.md")


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    level = heading.index(" ")
    found = re.search(rf"^{re.escape(heading)}$\n(.*?)(?=^#{{1,{level}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no heading {heading!r}"
    return found[1]


EXAMPLES = list(blocks(ROOT / "docs" / "rules.md", "yaml"))
TESTS = [example for example in EXAMPLES if re.search("^tests:", str(example.values[0]), re.MULTILINE)]
LAYERS = [example for example in EXAMPLES if re.search("^overrides:", str(example.values[0]), re.MULTILINE)]


@pytest.mark.parametrize("text", TESTS)
def test_every_example_of_tests_passes(text: str, tmp_path: Path) -> None:
    """What docs/rules.md shows of tests is run against the shipped rules."""
    file = tmp_path / "example.yaml"
    file.write_text(text, encoding="utf-8")
    outcomes = run_tests([file], ROOT / "rules").outcomes
    assert outcomes
    assert [one for one in outcomes if not one.passed] == []


@pytest.mark.parametrize("text", [example for example in EXAMPLES if example not in [*TESTS, *LAYERS]])
def test_every_example_of_a_rule_is_taken_by_the_service(text: str) -> None:
    """Whole files, conditions and actions in docs/rules.md are valid, and the templates they name exist."""
    found = loaded(as_rules(YAML(typ="safe").load(text)))
    assert isinstance(found, RuleSet), "\n".join(map(str, found))


@pytest.mark.parametrize("text", LAYERS)
def test_every_example_of_an_office_is_well(text: str, tmp_path: Path) -> None:
    """It fits the shipped rules, at an office that has what it needs, and says whatever an office's file can say."""
    copytree(ROOT / "rules", tmp_path / "rules")
    (tmp_path / "rules" / "offices").mkdir()
    (tmp_path / "rules" / "offices" / "delhi.yaml").write_text(text, encoding="utf-8")
    checked = check_rules(tmp_path / "rules", load_settings(ROOT / "rules" / "tests" / "offices.yaml"))
    assert [one for one in (*checked.problems, *checked.warnings) if "at apia" not in one.message] == []
    assert YAML(typ="safe").load(text).keys() == LayerFile.model_fields.keys()


def test_the_lines_of_effective_rules_are_those_that_are_printed(tmp_path: Path) -> None:
    """What docs/rules.md shows of them is a part of what is printed for the office of its example."""
    copytree(ROOT / "rules", tmp_path / "rules")
    (tmp_path / "rules" / "offices").mkdir()
    (tmp_path / "rules" / "offices" / "delhi.yaml").write_text(str(LAYERS[0].values[0]) + "\n", encoding="utf-8")
    command = ["rules", "effective", "--office", "delhi", "--rules", str(tmp_path / "rules")]
    printed = CliRunner().invoke(app, command).stdout
    (shown,) = blocks(ROOT / "docs" / "rules.md", "text")
    assert str(shown.values[0]) in printed, printed[printed.index("- id: urgent ") :][:900]


def test_an_example_that_is_wrong_is_found() -> None:
    """The test above can fail: an unknown key, value or template is refused."""
    for wrong in ({"floder": "review"}, {"reply": "no-such-template"}, [{"label": "urgnet"}]):
        assert isinstance(loaded(as_rules(wrong)), list)


@pytest.mark.parametrize(
    ("part", "model"), [("## Conditions", Condition), ("## Actions", Then)], ids=["conditions", "actions"]
)
def test_every_key_of_a_rule_has_its_heading_and_example(part: str, model: type[Section]) -> None:
    """Under Conditions and Actions each key has a heading, and below that an example that uses it; and no other has."""
    text = section(RULES, part)
    assert sorted(re.findall(r"^### `(\w+)`$", text, re.MULTILINE)) == sorted(model.model_fields)
    for key in model.model_fields:
        example = re.search(r"```yaml\n(.*?)```", section(text, f"### `{key}`"), re.DOTALL)
        assert example, key
        assert re.search(rf"\b{key}:", example[1]), key


def test_every_other_key_and_value_of_a_rule_is_told_of() -> None:
    """Keys of rules, of `when`, of nested conditions; labels, facts, kinds of machine mail, languages, results."""
    schema = RulesFile.model_json_schema()
    keys = {key for part in schema["$defs"].values() for key in part.get("properties", {})}
    values = {
        *VERDICTS,
        *FACT_NAMES,
        *(kind.value for kind in MachineKind),
        *(topic.value for topic in Topic),
        *(language.value for language in Language),
        *(result.value for result in Authentication),
        *When.model_fields,
    }
    for word in keys | values:
        assert re.search(rf"(?<![\w-]){word}(?![\w-])", RULES), word


def test_every_field_of_templates_is_told_of() -> None:
    """The table under Templates has exactly the fields that templates may use."""
    assert set(re.findall(r"^\| `(\w+)` \|", section(RULES, "## Templates"), re.MULTILINE)) == set(FIELDS)


def test_every_reason_stands_with_its_sentence() -> None:
    """The table under Reasons is the closed list of codes, in order, with the sentences that people are shown."""
    rows = re.findall(r"^\| `([\w-]+)` \| (.*) \|$", section(RULES, "## Reasons"), re.MULTILINE)
    assert rows == [(reason.value, reason.sentence) for reason in Reason]


def test_every_key_of_the_settings_is_told_of() -> None:
    """Each key of triage.yaml's schema has a row in a table of docs/configuration.md."""
    schema = settings_schema()
    keys = {key for part in (schema, *schema["$defs"].values()) for key in part.get("properties", {})}
    assert keys > {"database", "offices", "replies_per_sender_a_day"}
    missing = [key for key in sorted(keys) if not re.search(rf"^\| `{key}` \|", CONFIGURATION, re.MULTILINE)]
    assert missing == []


@pytest.mark.parametrize(("heading", "rows"), [("## IMAP", 36), ("## MIME", 9)], ids=["IMAP", "MIME"])
def test_every_known_issue_has_a_row(heading: str, rows: int) -> None:
    """The tables are complete, numbered as the comments in the code name them, and no cell is empty."""
    table = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", section(KNOWN_ISSUES, heading), re.MULTILINE)
    assert [int(number) for number, *_ in table] == list(range(1, rows + 1))


def test_what_guards_against_known_issues_exists() -> None:
    """Each module and each test that docs/known-issues.md names is there."""
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^\s*def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(re.findall(r"`(test_\w+)`", KNOWN_ISSUES)) - tests == set()
    modules = re.findall(r"`([\w/]+\.py)`", KNOWN_ISSUES)
    assert [module for module in modules if not (ROOT / module).is_file()] == []


def commands(page: Path) -> Iterator[Any]:
    """Each line "$ triage …" of the page's console blocks."""
    for block in blocks(page, "console"):
        for line in str(block.values[0]).splitlines():
            if line.startswith("$ triage "):
                yield pytest.param(line.removeprefix("$ triage "), id=line.removeprefix("$ "))


# The guide's are run one after the other, by test_guide.py.
RUN_ALONE = [command for page in PAGES if page.name != "guide.md" for command in commands(page)]


@pytest.mark.parametrize("command", RUN_ALONE)
def test_every_command_in_the_documents_runs(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run from the repository's folder, as the documents say, it exits 0."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("TRIAGE_CONFIG", raising=False)
    result = CliRunner().invoke(app, shlex.split(command))
    assert result.exit_code == 0, result.output
    assert result.stdout


def test_the_documents_show_commands() -> None:
    """There are examples to run: of explain, classify and settings."""
    shown = {str(command.values[0]).split()[0] for page in PAGES for command in commands(page)}
    assert shown >= {"explain", "classify", "settings"}


def links() -> Iterator[Any]:
    """Each link of each page to a file, as (page, target)."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target):
                yield pytest.param(page, target, id=f"{page.name} → {target}")


@pytest.mark.parametrize(("page", "target"), list(links()))
def test_every_link_leads_somewhere(page: Path, target: str) -> None:
    """The file exists, and has the heading that the link names, if it names one."""
    file, _, fragment = target.partition("#")
    found = page.parent / file if file else page
    assert found.exists()
    if fragment:
        headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
        assert fragment in {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Name and text of each tracked file that is text."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    for name in filter(None, listed.decode().split("\0")):
        raw = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if b"\0" not in raw:
            yield name, raw.decode("utf-8", "replace")


# Put together here, so that this file does not hold what it looks for.
REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.", "crates" + ".io", "conda" + ".anaconda.org")
HOMES = tuple(f"/{top}/" for top in ("home" + "/[a-z]", "Use" + "rs/[A-Za-z]"))


def test_no_file_names_a_registry_or_a_folder_of_this_machine() -> None:
    """Package registries' hosts, people's home folders and this checkout's own place stand in no tracked text."""
    top = "|".join(re.escape(path.name) for path in ROOT.iterdir())
    sought: Mapping[str, Callable[[str], object]] = {
        "a registry": re.compile("|".join(map(re.escape, REGISTRIES))).search,
        "a home folder": re.compile("|".join(HOMES)).search,
        "this checkout": re.compile(rf"{re.escape(str(ROOT))}/(?:{top})\b").search,
    }
    found = [f"{name} names {what}" for name, text in tracked_texts() for what, hit in sought.items() if hit(text)]
    assert found == []
