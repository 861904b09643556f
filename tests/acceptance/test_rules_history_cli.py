"""`triage rules simulate` and `triage rules show`, and the rule in `triage messages show`, as people use them."""

import json
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.servers.dovecot import Dovecot
from tests.world import KeywordClassifier, letter, make_world
from triage.cli import app
from triage.ledger import recording, rule_sets
from triage.ledger.recording import Stamp
from triage.ledger.records import NewEntry, Place
from triage.parts import open_database
from triage.pipeline import Incoming, Setup, content_digest
from triage.pipeline import triage as decided
from triage.rules_folder import read_rules, read_rules_in
from triage.settings import SHIPPED_RULES
from triage.settings_file import load_settings

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LETTERS = {"urgent": 2, "serious_error": 1, "reconsideration": 1, "webform": 4, "nothing of the kind": 1}
OFFICE = {
    "names": {"en": "Delhi", "fr": "Delhi"},
    "timezone": "Asia/Kolkata",
    "webform_url": "https://webform.example/enquiry",
    "imap": {"host": "localhost", "user": "delhi", "secret": "env:A_SECRET"},
}
BY_SUBJECT = """\
  - id: refunds
    description: A rule that hangs on what the ledger does not keep.
    when:
      all: [{header: {name: Subject, matches: refund}}, {label: webform}]
    then: {folder: review, reply: none}

  - id: webform
"""
# Whatever the message: no floor asks for more.
ENOUGH_FOR_ALL = (
    "{folder: review, flag: true, reply: acknowledge-urgent, notify: duty, respond_within: 4 working hours}"
)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRIAGE_CONFIG", raising=False)


def triage(*arguments: str | Path) -> Result:
    """Run the command in this process; whatever happens, it ends without an exception."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def simulated(new: Path, *arguments: str) -> dict[str, Any]:
    """What a simulation found, as JSON."""
    result = triage("rules", "simulate", "--rules", new, "--json", *arguments)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def copy(name: str, *changes: tuple[str, str]) -> Path:
    """A copy of the shipped rules, changed."""
    folder = shutil.copytree(SHIPPED_RULES, Path(name), ignore=shutil.ignore_patterns("*.py", "__pycache__", "tests"))
    text = (folder / "default.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "default.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def ledger(tmp_path: Path) -> list[str]:
    """Nine messages decided at each of two offices, a day apart, by rules in a folder; the references of the first."""
    copy("rules")
    offices = [{"id": one, "address": f"manager@{one}.example", **OFFICE} for one in ("delhi", "paris")]
    (tmp_path / "triage.yaml").write_text(json.dumps({"rules": "rules", "offices": offices}))
    settings = load_settings(tmp_path / "triage.yaml")
    rules = read_rules(settings).default
    raws = [
        letter(f"{w}{n}", w, sender=f"{w[:3]}{n}@firm.example") for w, count in LETTERS.items() for n in range(count)
    ]
    references = []
    with closing(open_database(settings)) as database:
        rule_sets.keep(database, {rules.digest: rules.texts}, now=NOW)
        for days, office in enumerate(settings.offices):
            setup = Setup(office=office.profile(), own_addresses=settings.own_addresses(), rule_set=rules)
            now = NOW + timedelta(days=days)
            results = decided([Incoming(raw=raw) for raw in raws], setup, KeywordClassifier(), now=now)
            entries = [
                NewEntry(place=Place(uidvalidity=7, uid=uid), content_digest=content_digest(one.message), triaged=one)
                for uid, one in enumerate(results, 1)
            ]
            recording.record(database, Stamp(office=office.id, mode=office.mode, salt=b"", now=now), entries)
            references += [one.decision.reference for one in results]
    return references


# ---- simulate --------------------------------------------------------------------------------------------------------


def test_the_same_rules_change_nothing(ledger: list[str]) -> None:
    """All recorded messages are decided as before."""
    found = simulated(Path("rules"))
    assert (found["compared"], found["changed"], found["cannot_tell"]) == (2 * sum(LETTERS.values()), 0, 0)
    assert "18 messages: 0 would be treated otherwise" in triage("rules", "simulate", "--rules", "rules").stdout


def test_what_changes_is_grouped_counted_and_worst_first(ledger: list[str]) -> None:
    """Urgent mail sent elsewhere stands before the more frequent change, whatever the order of the rules."""
    new = copy(
        "new",
        ("      folder: urgent\n", "      folder: review\n"),
        ("      folder: webform\n", "      folder: automated\n"),
    )
    found = simulated(new)
    assert (found["compared"], found["changed"]) == (18, 12)
    urgent, webform = found["changes"]
    assert (urgent["severity"], urgent["label"], urgent["count"]) == ("urgent", "urgent", 4)
    assert urgent["differences"] == {"folder": ["urgent", "review"]}
    assert urgent["offices"] == {"delhi": 2, "paris": 2}
    assert set(urgent["examples"]) <= set(ledger)
    assert (webform["label"], webform["count"], webform["rule"]) == ("webform", 8, ["webform", "webform"])

    told = triage("rules", "simulate", "--rules", new).stdout
    assert "18 messages: 12 would be treated otherwise" in told
    assert told.index("urgent, rule urgent") < told.index("webform, rule webform")
    assert "folder: urgent → review" in told


def test_what_one_office_is_to_do_otherwise_changes_only_there(ledger: list[str]) -> None:
    """Each office's messages are decided by its own rules, of both versions."""
    new = copy("new")
    (new / "offices").mkdir()
    (new / "offices" / "delhi.yaml").write_text(
        "parameters: {urgent_answer_within: 2 working hours}\n", encoding="utf-8"
    )
    (change,) = simulated(new)["changes"]
    assert change["offices"] == {"delhi": 2}
    assert change["differences"] == {"respond_within": ["4 working hours", "2 working hours"]}


def test_an_office_and_a_time_may_be_chosen(ledger: list[str]) -> None:
    """Paris decided a day later."""
    new = copy("new", ("      folder: urgent\n", "      folder: review\n"))
    assert simulated(new, "--office", "paris")["changes"][0]["offices"] == {"paris": 2}
    assert simulated(new, "--since", "2026-11-21")["compared"] == 9
    assert simulated(new, "--since", "2026-11-22")["compared"] == 0


def test_what_the_ledger_does_not_tell_is_counted_apart(ledger: list[str]) -> None:
    """A rule about a subject: of each message that it might concern, and of no other, nothing is said."""
    new = copy("new", ("  - id: webform\n", BY_SUBJECT))
    found = simulated(new)
    assert (found["compared"], found["changed"], found["cannot_tell"]) == (10, 0, 8)
    assert found["untold"][0]["hangs_on"] == ["header: name Subject, matches refund"]
    assert "8 hang on header: name Subject, matches refund" in triage("rules", "simulate", "--rules", new).stdout


def test_templates_in_other_words_are_named(ledger: list[str]) -> None:
    """The treatment is the same; what people read is not."""
    new = copy("new")
    file = new / "templates" / "redirect-webform.en.txt"
    file.write_text(file.read_text(encoding="utf-8") + "\nGoodbye.\n", encoding="utf-8")
    found = simulated(new)
    assert (found["changed"], found["reworded"]) == (0, ["templates/redirect-webform.en.txt"])
    assert "redirect-webform.en.txt" in triage("rules", "simulate", "--rules", new).stdout


def test_new_rules_that_are_wrong_are_refused_with_their_line(ledger: list[str]) -> None:
    """Nothing is simulated by rules that could not be used."""
    result = triage("rules", "simulate", "--rules", copy("new", ("- label: urgent", "- label: urgnet")))
    assert result.exit_code == 2
    assert "new/default.yaml:" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--office", "nowhere"], "no office 'nowhere'"),
        (["--since", "yesterday"], "is not a time"),
        (["--since", "7d", "--live", "INBOX"], "--live looks at the whole folder"),
    ],
)
def test_what_was_asked_for_wrongly_is_told(ledger: list[str], words: list[str], said: str) -> None:
    """In a sentence, with exit code 2."""
    result = triage("rules", "simulate", "--rules", "rules", *words)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


@pytest.mark.dovecot
def test_a_folder_is_read_without_a_trace(dovecot: Dovecot, tmp_path: Path) -> None:
    """With the model, and headers at hand; no flag, no move, no row in the ledger."""
    world = make_world(tmp_path, dovecot, user=f"look-{tmp_path.name}", smtp_port=1)
    world.server.append(world.user, [letter(1, "My refund"), letter(2, "Another matter")])
    before = world.server.folders(world.user)
    refunds = BY_SUBJECT.replace(", {label: webform}", "").replace("  - id: webform\n", "")
    refunds = refunds.replace("{folder: review, reply: none}", ENOUGH_FOR_ALL)
    new = copy("new", ("rules:\n", "rules:\n" + refunds))
    found = simulated(new, "--live", "INBOX")
    assert (found["compared"], found["changed"], found["cannot_tell"]) == (2, 1, 0)
    assert found["changes"][0]["rule"][1] == "refunds"
    assert world.server.folders(world.user) == before
    assert world.entries() == []


def test_the_examples_of_the_documents_run(ledger: list[str]) -> None:
    """Each line of docs/operating.md that calls these commands exits 0; a folder of a mailbox is read above."""
    copy("new-rules")
    digest = read_rules_in(Path("rules")).default.digest
    page = (Path(__file__).resolve().parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
    lines = [line.replace("DIGEST", digest) for line in page.splitlines() if line.startswith("triage rules s")]
    assert len(lines) == 5
    for line in lines:
        if "--live" not in line:
            assert triage(*line.split()[1:]).exit_code == 0, line


# ---- rules that were -------------------------------------------------------------------------------------------------


def test_a_decision_is_shown_with_the_rule_as_it_was(ledger: list[str]) -> None:
    """Whatever the folder says today."""
    (Path("rules") / "default.yaml").unlink()
    told = triage("messages", "show", ledger[0]).stdout
    assert "the rule as it was then, default.yaml:" in told
    assert "A named harm falls on a near date. The person on duty is told at once." in told
    assert "reply: acknowledge-urgent" in told
    assert "Somebody answers an automatic reply" not in told, "the next rule is another"
    (found,) = json.loads(triage("messages", "show", ledger[0], "--json").stdout)
    rule, value = found["rule_as_written"]
    assert rule["text"].startswith("- id: urgent\n")
    assert rule["text"].splitlines()[-1].strip() == "respond_within: ${urgent_answer_within}"
    assert value["text"] == "urgent_answer_within: 4 working hours"


def test_a_whole_set_is_shown_or_written_to_a_folder(ledger: list[str]) -> None:
    """By the first letters of its digest; the folder makes the same set, so that it can be simulated or explained."""
    digest = read_rules_in(Path("rules")).default.digest
    shutil.rmtree("rules")
    told = triage("rules", "show", digest[:10]).stdout
    assert digest in told.replace("\n", "")
    assert "── default.yaml" in told
    assert "── templates/redirect-webform.fr.txt" in told
    texts = json.loads(triage("rules", "show", digest, "--json").stdout)["texts"]
    assert texts["default.yaml"] == (SHIPPED_RULES / "default.yaml").read_text(encoding="utf-8")
    assert triage("rules", "show", digest, "--into", "back").exit_code == 0
    assert read_rules_in(Path("back")).default.digest == digest
    again = triage("rules", "show", digest, "--into", "back")
    assert again.exit_code == 1
    assert "cannot be written" in again.stderr


def test_a_set_that_never_was_is_told_in_a_sentence(ledger: list[str]) -> None:
    """Exit code 1."""
    result = triage("rules", "show", "0123")
    assert result.exit_code == 1
    assert "no such rule set was in use" in result.stderr
