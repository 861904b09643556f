"""The model commands as people use them: measure, compare, put into service and back; what is wrong, in a sentence."""

import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from classifiers import artifact, registry
from classifiers.budget import LABELS
from classifiers.corpus_files import CORPUS
from classifiers.linear import LinearClassifier
from classifiers.weights import Weights
from triage.cli import app
from triage.core.labels import Label
from triage.settings import SHIPPED_MODEL

HELD = sorted(CORPUS.glob("*.jsonl"))[0].read_text(encoding="utf-8").splitlines()[:40]
COMMANDS = ("train", "evaluate", "compare", "promote", "list", "card")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In an empty folder, without settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("TRIAGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")


def triage(*arguments: str | Path) -> Result:
    """Run the command in this process. Whatever happens, it ends with an exit code and never with an exception."""
    result = CliRunner().invoke(app, ["model", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def shipped() -> LinearClassifier:
    """The model in service here."""
    return artifact.load(SHIPPED_MODEL)


@pytest.fixture(scope="module")
def models(shipped: LinearClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with the shipped model in service, one that calls all things urgent, and one that calls none so."""
    root = tmp_path_factory.mktemp("models")
    shutil.copytree(registry.resolve(SHIPPED_MODEL), root / shipped.version)
    card = registry.read_card(root / shipped.version)
    for version, label in (("linear-urgent", Label.URGENT), ("linear-webform", Label.WEBFORM)):
        weights = _always(shipped, label)
        artifact.save(replace(shipped, version=version, weights=weights), root / version, _told(card))
    registry.promote(root, shipped.version)
    return root


def _always(shipped: LinearClassifier, label: Label) -> Weights:
    intercepts = 20.0 * (np.arange(len(LABELS)) == LABELS.index(label))
    return replace(shipped.weights, coefficients=np.zeros_like(shipped.weights.coefficients), intercepts=intercepts)


def _told(card: Any) -> dict[str, Any]:
    return {key: card[key] for key in ("made_from", "held_back")}


@pytest.fixture
def root(models: Path, tmp_path: Path) -> Path:
    """A copy of `models` to change."""
    shutil.copytree(models, tmp_path / "models")
    return tmp_path / "models"


@pytest.fixture(scope="module")
def kept(shipped: LinearClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Messages on which the shipped model keeps its promises: those that it decides rightly, or leaves unsure."""
    file = tmp_path_factory.mktemp("messages") / "kept.jsonl"
    file.write_text("\n".join(HELD))
    ids = {one["id"] for one in _breaches(_json("evaluate", file))}
    file.write_text("\n".join(line for line in HELD if json.loads(line)["id"] not in ids))
    return file


def _json(*arguments: str | Path) -> Any:
    return json.loads(triage(*arguments, "--json").stdout)


def _breaches(found: Any) -> list[dict[str, str]]:
    return [{"id": one} for ids in found["measures"]["breaches"].values() for one in ids]


def lines_of(file: Path) -> Iterator[dict[str, Any]]:
    """The file's records."""
    for line in file.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def written(file: Path, records: Sequence[object]) -> Path:
    """Write records, one a line."""
    file.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return file


def test_evaluate_prints_what_a_manager_asks_for(kept: Path, models: Path) -> None:
    """Tables for labels, decisions, language, hard or not, calibration and the price of a budget; kept: exit code 0."""
    result = triage("evaluate", kept, "--model", models)
    assert result.exit_code == 0, result.output
    for sought in (
        "precision",
        "serious_error",
        "unsure",
        "language",
        "not hard",
        "calibration error",
        "0.2%",
        "10.0%",
    ):
        assert sought in result.stdout
    assert "the error budget is kept" in result.stdout


def test_a_broken_budget_is_told_by_id_with_exit_code_1(kept: Path, models: Path, tmp_path: Path) -> None:
    """A model that decides web form for all: each that needs a person is named."""
    result = triage("evaluate", kept, "--model", models / "linear-webform")
    assert result.exit_code == 1
    needy = [record["id"] for record in lines_of(kept) if record["label"] != "webform"]
    assert all(one in result.stdout for one in needy)
    assert "over the error budget" in result.stdout
    found = _json("evaluate", kept, "--model", models / "linear-webform")
    assert found["measures"]["breaches"]["need_a_person_decided_webform"] == needy
    assert len(found["over_budget"]) == 2


def test_the_settings_say_which_budget_holds(kept: Path, models: Path, tmp_path: Path) -> None:
    """And which models: --config takes both."""
    settings = (Path(__file__).parents[2] / "examples" / "triage.yaml").read_text(encoding="utf-8")
    (tmp_path / "triage.yaml").write_text(f"{settings}\nmodel: {models}\nerror_budget: {{as_webform: 0.003}}\n")
    found = _json("evaluate", kept, "--config", tmp_path / "triage.yaml")
    assert found["budget"] == {"as_webform": 0.003, "urgent_as_other": 0.02}


def test_only_id_label_subject_and_body_are_needed(kept: Path, models: Path, tmp_path: Path) -> None:
    """What else is missing is said, with in how many; it has groups of its own."""
    needed = ("id", "label", "subject", "body")
    file = written(tmp_path / "bare.jsonl", [{key: record[key] for key in needed} for record in lines_of(kept)])
    result = triage("evaluate", file, "--model", models)
    assert result.exit_code in {0, 1}
    count = len(list(lines_of(kept)))
    assert f"date in {count}" in result.stdout
    assert "not said" in result.stdout


GOOD = {"id": "x", "label": "webform", "subject": "s", "body": "b"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("{", "not a labelled message", id="no JSON"),
        pytest.param("[1]", "expected a JSON object", id="a list"),
        pytest.param('{"id": "x"}', "label, subject, body missing", id="lacking"),
        pytest.param(json.dumps(GOOD | {"label": "spam"}), "none of urgent, serious_error", id="another label"),
        pytest.param(json.dumps(GOOD | {"label": ["urgent"]}), "none of urgent", id="a list of labels"),
        pytest.param(json.dumps(GOOD | {"body": 7}), "body must be text", id="a number for text"),
        pytest.param(json.dumps(GOOD | {"date": "soon"}), "not a labelled message", id="no date"),
        pytest.param(json.dumps(GOOD | {"hard": "yes"}), "'hard' must be true or false", id="no truth value"),
        pytest.param("[" * 200_000, "not a labelled message", id="nested without end"),
    ],
)
def test_a_bad_line_is_named_by_file_and_line(line: str, said: str, tmp_path: Path) -> None:
    """Together with all other bad lines of the files; exit code 2."""
    file = tmp_path / "bad.jsonl"
    file.write_text(f"{json.dumps(GOOD)}\n\n{line}\n{json.dumps(GOOD)}\n{{}}\n")
    result = triage("evaluate", file)
    assert result.exit_code == 2
    assert re.search(rf"bad\.jsonl:3: .*{re.escape(said)}", result.stderr)
    assert "bad.jsonl:5: " in result.stderr
    assert len(result.stderr) < 2000


def test_what_senders_left_in_a_record_is_no_error(models: Path, tmp_path: Path) -> None:
    """Half surrogate pairs, control characters, markup and no text at all: measured, and nothing reaches a terminal."""
    ids = ["\ud800", "\x1b[31mred", "[bold]b", "a\nb"]
    records = [
        GOOD | {"id": one, "author": "[i]hand", "label": "urgent", "body": "How do I change my address?\ud800\0"}
        for one in ids
    ]
    file = written(tmp_path / "odd.jsonl", [*records, GOOD | {"subject": "", "body": ""}])
    result = triage("evaluate", file, "--model", models / "linear-webform")
    assert result.exit_code == 1
    assert "\x1b[31m" not in result.stdout
    assert "[bold]b" in result.stdout
    assert "[i]hand" in result.stdout
    assert _json("evaluate", file, "--model", models / "linear-webform")["measures"]["messages"] == 5


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00"], ids=["empty", "blank", "no text"])
def test_a_file_without_messages_is_a_sentence(content: bytes, tmp_path: Path) -> None:
    """No division by nothing."""
    (tmp_path / "none.jsonl").write_bytes(content)
    result = triage("evaluate", tmp_path / "none.jsonl")
    assert result.exit_code == 2
    assert "none.jsonl" in result.stderr


def test_figures_are_written_where_asked(kept: Path, models: Path, tmp_path: Path) -> None:
    """Three SVG files, in a folder that is made; where it cannot be, a sentence."""
    assert triage("evaluate", kept, "--model", models, "--figures", tmp_path / "a" / "b").exit_code == 0
    found = {file.name: file.read_bytes() for file in (tmp_path / "a" / "b").iterdir()}
    assert sorted(found) == ["confusion.svg", "reliability.svg", "risk-coverage.svg"]
    assert all(b"<svg" in svg for svg in found.values())
    (tmp_path / "file").write_text("")
    result = triage("evaluate", kept, "--model", models, "--figures", tmp_path / "file")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_messages_by_a_hand_that_the_model_knows_are_pointed_out(kept: Path, models: Path) -> None:
    """Its figures on them are too good."""
    author = next(lines_of(kept))["author"]
    assert re.search(f"was made from messages by .*{author}", triage("evaluate", kept, "--model", models).stdout)


def test_list_tells_the_versions_and_which_is_in_service(models: Path, shipped: LinearClassifier) -> None:
    """With what each was made from and its figures; the JSON says the same."""
    result = triage("list", "--model", models)
    assert result.exit_code == 0
    assert re.search(rf"{shipped.version} +in service +\d+ messages, \d+ authors +0\.\d\d\d", result.stdout)
    found = _json("list", "--model", models)
    assert {one["version"]: one["in_service"] for one in found} == {
        shipped.version: True,
        "linear-urgent": False,
        "linear-webform": False,
    }


def test_list_shows_a_broken_card_with_its_trouble(root: Path) -> None:
    """And goes on."""
    (root / "linear-urgent" / "card.json").write_text('{"made_from": 7, "held_back": {"macro_f1": "high"}}')
    (root / "linear-webform" / "card.json").write_text("{")
    result = triage("list", "--model", root)
    assert result.exit_code == 0
    assert "no readable card.json" in result.stdout
    assert "not said" in result.stdout


def test_list_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    """There is no model yet."""
    result = triage("list", "--model", tmp_path)
    assert result.exit_code == 1
    assert "triage model train" in result.stderr


def test_a_model_that_breaks_the_budget_is_not_put_into_service(
    root: Path, kept: Path, shipped: LinearClassifier
) -> None:
    """It says why; --force does it all the same, and tells the way back, which works."""
    refused = triage("promote", "linear-webform", "--evaluate", kept, "--model", root)
    assert refused.exit_code == 1
    assert "decided web form" in refused.stderr
    assert registry.in_service(root) == shipped.version
    forced = triage("promote", "linear-webform", "--evaluate", kept, "--model", root, "--force")
    assert forced.exit_code == 0
    assert "at its next start" in forced.stdout
    assert artifact.load(root).version == "linear-webform"
    back = re.search(r"to go back: triage model (.+)", forced.stdout)
    assert back
    assert triage(*back[1].split(), "--evaluate", kept).exit_code == 0
    assert artifact.load(root).version == shipped.version


def test_a_model_that_is_worse_is_not_put_into_service(root: Path, kept: Path, shipped: LinearClassifier) -> None:
    """Even where it keeps every promise, by calling all things urgent."""
    refused = triage("promote", "linear-urgent", "--evaluate", kept, "--model", root)
    assert refused.exit_code == 1
    assert re.search(rf"macro-F1 falls from \S+ \({shipped.version}\) to", refused.stderr)
    assert "decided web form" not in refused.stderr
    assert registry.in_service(root) == shipped.version


def test_a_better_model_is_put_into_service(root: Path, kept: Path, shipped: LinearClassifier) -> None:
    """Over a worse one; and over one that cannot be used, or none."""
    for current in ("linear-urgent\n", "gone\n", None):
        (root / "current").unlink()
        if current:
            (root / "current").write_text(current)
        result = triage("promote", shipped.version, "--evaluate", kept, "--model", root)
        assert result.exit_code == 0, result.output
        assert registry.in_service(root) == shipped.version


def test_a_broken_model_is_never_put_into_service(root: Path, kept: Path, shipped: LinearClassifier) -> None:
    """Not even by force; nor is one that is not there, nor a path."""
    (root / "linear-urgent" / "model.npz").write_bytes(b"junk")
    for version, said in (("linear-urgent", "cannot be read"), ("gone", "no version"), ("../models", "no version")):
        result = triage("promote", version, "--evaluate", kept, "--model", root, "--force")
        assert result.exit_code == 1
        assert said in result.stderr
        assert registry.in_service(root) == shipped.version


def test_a_folder_with_one_model_has_nothing_to_choose_from(root: Path, kept: Path) -> None:
    """A sentence, and no file `current` in a model."""
    result = triage("promote", "linear-urgent", "--evaluate", kept, "--model", root / "linear-urgent")
    assert result.exit_code == 1
    assert "one model" in result.stderr
    assert not (root / "linear-urgent" / "current").exists()


def test_compare_puts_two_models_side_by_side(models: Path, kept: Path, shipped: LinearClassifier) -> None:
    """Differences, McNemar's p, and what changed, the lost urgent ones first."""
    result = triage("compare", shipped.version, "linear-webform", kept, "--model", models)
    assert result.exit_code == 0, result.output
    for sought in ("difference", "McNemar", "worst first", "urgent precision"):
        assert sought in result.stdout
    found = _json("compare", shipped.version, models / "linear-webform", kept, "--model", models)
    labels = [one["label"] for one in found["changes"]]
    urgent = sum(record["label"] == "urgent" for record in lines_of(kept))
    assert labels[:urgent] == ["urgent"] * urgent
    assert "urgent" not in labels[urgent:]
    assert found["only_before"] > found["only_after"]
    assert found["p"] < 0.05


def test_a_model_compared_with_itself_differs_in_nothing(models: Path, kept: Path, shipped: LinearClassifier) -> None:
    """No change, and p is one."""
    found = _json("compare", shipped.version, shipped.version, kept, "--model", models)
    assert (found["changes"], found["only_before"], found["only_after"], found["p"]) == ([], 0, 0, 1.0)


def test_compare_with_what_is_not_there_names_what_is(models: Path, kept: Path, shipped: LinearClassifier) -> None:
    """Neither a version nor a folder."""
    result = triage("compare", "linear-urgent", "gone", kept, "--model", models)
    assert result.exit_code == 1
    assert shipped.version in result.stderr


def test_card_can_be_read_by_people_and_by_programs(models: Path, shipped: LinearClassifier) -> None:
    """What it was made from, with which libraries, and its figures; of the one in service, or of any version."""
    result = triage("card", "--model", models)
    assert result.exit_code == 0, result.output
    for sought in (shipped.version, "made from", "scikit-learn", "precision", "needed a person"):
        assert sought in result.stdout
    assert _json("card", "linear-urgent", "--model", models)["version"] == "linear-urgent"


def test_a_card_of_another_version_is_a_sentence(root: Path) -> None:
    """And --json prints it as it is."""
    (root / "linear-urgent" / "card.json").write_text('{"version": "linear-urgent"}')
    result = triage("card", "linear-urgent", "--model", root)
    assert result.exit_code == 1
    assert "another version" in result.stderr
    assert _json("card", "linear-urgent", "--model", root) == {"version": "linear-urgent"}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus of two hands, eight messages of each label by each."""
    chosen = []
    for file in sorted(CORPUS.glob("*.jsonl"))[:2]:
        own = list(lines_of(file))
        chosen += [one for label in Label for one in [record for record in own if record["label"] == label][:8]]
    (tmp_path / "corpus").mkdir()
    written(tmp_path / "corpus" / "a.jsonl", chosen)
    return tmp_path / "corpus"


def test_a_first_model_is_put_into_service_and_a_second_waits(corpus: Path, tmp_path: Path) -> None:
    """Training again on other messages leaves the first in service, and says how to change that."""
    out = tmp_path / "out"
    first = triage("train", "--corpus", corpus, "--out", out)
    assert first.exit_code == 0, first.output
    assert "put into service" in first.stdout
    version = registry.in_service(out)
    assert "it is the one in service" in triage("train", "--corpus", corpus, "--out", out).stdout
    written(corpus / "a.jsonl", list(lines_of(corpus / "a.jsonl"))[:-1])
    second = triage("train", "--corpus", corpus, "--out", out)
    assert re.search(r"triage model promote linear-\w+", second.stdout)
    assert registry.in_service(out) == version
    assert len(registry.versions(out)) == 2


def test_a_folder_that_cannot_be_written_is_a_sentence(corpus: Path, tmp_path: Path) -> None:
    """After the minutes of training, at least that."""
    (tmp_path / "file").write_text("")
    result = triage("train", "--corpus", corpus, "--out", tmp_path / "file")
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


def test_a_corpus_that_has_a_label_by_one_hand_only_is_refused(corpus: Path, tmp_path: Path) -> None:
    """Held back, that hand would leave nothing to learn the label from."""
    records = list(lines_of(corpus / "a.jsonl"))
    hand = records[0]["author"]
    rest = [one for one in records if one["label"] != "urgent" or one["author"] == hand]
    written(corpus / "a.jsonl", rest)
    result = triage("train", "--corpus", corpus, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert f"urgent only by {hand}" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_each_option(command: str) -> None:
    """The command, and every option and argument of it, has its words."""
    group: Any = typer.main.get_command(app)
    told = group.commands["model"].commands[command]
    assert told.help
    assert [one.name for one in told.params if not one.help] == []
    assert triage(command, "--help").exit_code == 0
