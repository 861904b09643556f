"""Saved rules while the service runs: taken at once and whole, or refused; the ledger keeps what decisions are by."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.integration.test_daemon import running, wait_for
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import World, letter, make_world
from triage.errors import LedgerUnavailable
from triage.health import HealthBoard, OfficeHealth, judge, read_health
from triage.kept_rules import as_written
from triage.ledger import rule_sets
from triage.ledger.database import Database
from triage.parts import open_database
from triage.reloading import RulesInUse
from triage.rules_folder import read_rules
from triage.settings import SHIPPED_RULES, Settings
from triage.settings_file import load_settings

NOW = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)
WEBFORM = "    then:\n      folder: webform\n"
CONFIG = """\
offices:
  - id: delhi
    names: {en: Delhi, fr: Delhi}
    address: manager@visa-delhi.example
    timezone: Asia/Kolkata
    webform_url: https://webform.example/enquiry
    imap: {host: localhost, user: delhi, secret: "env:X"}
"""


def own_rules(folder: Path) -> Path:
    """A copy of the shipped rules that a test may change."""
    return shutil.copytree(SHIPPED_RULES, folder / "rules", ignore=shutil.ignore_patterns("*.py", "__pycache__"))


def change(rules: Path, old: str, new: str) -> None:
    """Save the rules with a change."""
    file = rules / "default.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


class Bench:
    """Rules in use, with the looks taken by hand."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.board = HealthBoard({office.id: OfficeHealth() for office in settings.offices})
        self.database = database
        self.book = read_rules(settings)
        self.first = self.book.default
        rule_sets.keep(database, {self.first.digest: self.first.texts}, now=NOW)
        self.in_use = RulesInUse(settings, self.book, database, self.board, clock=lambda: NOW)

    def look_twice(self) -> None:
        """As time does."""
        self.in_use.look()
        self.in_use.look()

    @property
    def trouble(self) -> str:
        """What health would say."""
        return " ".join(self.board.snapshot(now=NOW).trouble)

    def kept(self) -> list[str]:
        """Digests in the ledger, oldest last."""
        return [one.digest for one in rule_sets.kept(self.database, "")]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Rules of its own."""
    return own_rules(tmp_path)


@pytest.fixture
def bench(tmp_path: Path, rules: Path, database_url: str) -> Iterator[Bench]:
    """Rules in use on each kind of ledger."""
    file = tmp_path / "triage.yaml"
    file.write_text(CONFIG + "rules: rules\n", encoding="utf-8")
    with closing(Database(database_url)) as database:
        database.open()
        yield Bench(load_settings(file), database)


# ---- looking ---------------------------------------------------------------------------------------------------------


def test_what_is_saved_is_taken_once_it_is_still(bench: Bench, rules: Path) -> None:
    """A first look sees that something changed; the second, that nobody is writing any more."""
    change(rules, "[$SuspectSender, $Urgent]", "[$SuspectSender, $Urgent, $New]")
    bench.in_use.look()
    assert bench.in_use.current is bench.book
    bench.in_use.look()
    assert bench.in_use.current.default.digest != bench.first.digest
    assert any("$New" in rule.then.keywords for rule in bench.in_use.current.default.rules)
    assert set(bench.kept()) == {bench.first.digest, bench.in_use.current.default.digest}


def save_layer(rules: Path, text: str, office: str = "delhi") -> None:
    """Save an office's own file."""
    (rules / "offices").mkdir(exist_ok=True)
    (rules / "offices" / f"{office}.yaml").write_text(text, encoding="utf-8")


def test_an_office_s_own_file_is_taken_for_that_office(bench: Bench, rules: Path) -> None:
    """What it makes is kept, with the texts that it needs; the default's rules stay what they were."""
    save_layer(rules, "parameters: {urgent_answer_within: 2 working hours}")
    with capture_logs() as logs:
        bench.look_twice()
    book = bench.in_use.current
    (taken,) = [log for log in logs if log["event"] == "rules-taken"]
    assert (taken["offices"], taken["count"]) == (["delhi"], 1)
    assert book.default.digest == bench.first.digest != book.for_office("delhi").digest
    (kept,) = rule_sets.kept(bench.database, book.for_office("delhi").digest)
    assert kept.texts == {**bench.first.texts, "offices/delhi.yaml": (rules / "offices" / "delhi.yaml").read_text()}
    rule, *values = as_written(kept.texts, "urgent")
    assert (rule["file"], [value["text"] for value in values]) == (
        "default.yaml",
        ["urgent_answer_within: 4 working hours", "parameters: {urgent_answer_within: 2 working hours}"],
    )
    (rules / "offices" / "delhi.yaml").unlink()
    bench.look_twice()
    assert bench.in_use.current.for_office("delhi").digest == bench.first.digest


@pytest.mark.parametrize(
    ("office", "text", "said"),
    [
        ("delhi", "parameters: {urgent_answer_within: 2 working days}", "goes under the floor"),
        ("delhi", "overrides: [{id: urgnt, then: {flag: true}}]", "did you mean 'urgent'?"),
        ("dehli", "parameters: {urgent_answer_within: 2 working hours}", "did you mean 'delhi'?"),
        ("delhi", "parameters: {", "not valid YAML"),
    ],
    ids=["below a floor", "an unknown rule", "an unknown office", "not YAML"],
)
def test_an_office_s_file_that_is_wrong_keeps_all_rules_as_they_were(
    bench: Bench, rules: Path, office: str, text: str, said: str
) -> None:
    """Also what was saved with it and is well: the rules of all offices are swapped together, or not at all."""
    change(rules, "[$SuspectSender, $Urgent]", "[$SuspectSender, $Urgent, $New]")
    save_layer(rules, text, office)
    bench.look_twice()
    assert bench.in_use.current is bench.book
    assert said in bench.trouble
    assert f"{office}.yaml" in bench.trouble


def test_a_template_is_taken_like_a_rule(bench: Bench, rules: Path) -> None:
    """Rules and templates are one set."""
    template = rules / "templates" / "redirect-webform.en.txt"
    template.write_text(template.read_text(encoding="utf-8") + "\nGoodbye.\n", encoding="utf-8")
    bench.look_twice()
    assert bench.in_use.current.default.digest != bench.first.digest


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda rules: change(rules, "label: urgent", "label: urgnet"), "default.yaml:"),
        (lambda rules: change(rules, "folder: urgent", "folder: no-such"), "no folder 'no-such'"),
        (lambda rules: change(rules, "reply: acknowledge-urgent", "reply: none"), "goes under the floor"),
        (lambda rules: change(rules, "- label: urgent", "- language: fr"), "asks about the sender (the language)"),
        (lambda rules: change(rules, "- answers: our-reply", "- has: harm"), "may take an answer to an automatic"),
        (lambda rules: (rules / "default.yaml").write_bytes(b"rules: [\xff"), "cannot be read"),
        (lambda rules: (rules / "default.yaml").unlink(), "cannot be read"),
        (lambda rules: (rules / "default.yaml").write_text("rules: [}"), "not valid YAML"),
        (lambda rules: (rules / "templates" / "redirect-webform.fr.txt").unlink(), "redirect-webform"),
        (shutil.rmtree, "cannot be read"),
    ],
    ids=[
        "unknown label",
        "unknown folder",
        "below a floor",
        "unfair",
        "a promise broken",
        "not UTF-8",
        "gone",
        "not YAML",
        "a template gone",
        "all gone",
    ],
)
def test_what_is_wrong_is_refused_and_the_last_good_set_kept(
    bench: Bench, rules: Path, break_it: Callable[[Path], object], said: str
) -> None:
    """Health names the file and what is wrong, the log has an event; repaired, both say that it is well again."""
    saved = shutil.copytree(rules, rules.with_name("saved"))
    break_it(rules)
    with capture_logs() as logs:
        bench.look_twice()
        bench.look_twice()
    assert bench.in_use.current is bench.book
    assert said in bench.trouble
    assert bench.first.digest[:12] in bench.trouble
    assert [log["event"] for log in logs] == ["rules-refused"], "told once, not at each look"
    assert bench.kept() == [bench.first.digest]

    shutil.rmtree(rules, ignore_errors=True)
    shutil.copytree(saved, rules)
    with capture_logs() as logs:
        bench.look_twice()
    assert bench.trouble == ""
    assert [log["event"] for log in logs] == ["rules-taken"]
    assert bench.in_use.current.default.digest == bench.first.digest


def test_nothing_is_done_where_nothing_was_saved(bench: Bench) -> None:
    """Looks cost no event and no row."""
    with capture_logs() as logs:
        for _ in range(5):
            bench.in_use.look()
    assert logs == []
    assert bench.in_use.current is bench.book


def test_who_asks_is_answered_at_once_and_every_time(bench: Bench, rules: Path) -> None:
    """SIGHUP takes what is there without a second look, and tells again what is wrong."""
    change(rules, "label: urgent", "label: urgnet")
    for _ in range(2):
        with capture_logs() as logs:
            bench.in_use.look(at_once=True)
        assert [log["event"] for log in logs] == ["rules-refused"]
    change(rules, "label: urgnet", "label: urgent")
    bench.in_use.look(at_once=True)
    assert bench.trouble == ""


def test_rules_that_cannot_be_kept_are_not_used_until_they_can(
    bench: Bench, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No decision may be by a set that the ledger does not have; the next looks try again."""

    def away(*_arguments: object, **_more: object) -> None:
        raise LedgerUnavailable("the ledger cannot be used: no route")

    change(rules, "keywords: $Appeal", "keywords: [$Appeal, $New]")
    with monkeypatch.context() as patch:
        patch.setattr(rule_sets, "keep", away)
        bench.look_twice()
        assert bench.in_use.current is bench.book
        assert "not yet in use: the ledger cannot be used" in bench.trouble
    bench.in_use.look()
    assert bench.in_use.current.default.digest != bench.first.digest
    assert bench.trouble == ""


def test_a_set_is_kept_once_and_found_by_its_beginning(bench: Bench) -> None:
    """Back and forth between two sets keeps two; the texts come back to the letter."""
    for _ in range(3):
        rule_sets.keep(bench.database, {bench.first.digest: bench.first.texts}, now=datetime.now(UTC))
    assert bench.kept() == [bench.first.digest]
    (found,) = rule_sets.kept(bench.database, bench.first.digest[:8].upper())
    assert (found.texts, found.kept_at) == (bench.first.texts, NOW)
    assert rule_sets.kept(bench.database, "%") == []


# ---- in the service --------------------------------------------------------------------------------------------------


@pytest.fixture
def world(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> World:
    """A live office whose rules a test may change."""
    world = make_world(tmp_path, dovecot, user=f"reload-{tmp_path.name}", smtp_port=sink.port, renew=600)
    return replace(world, settings=world.settings.model_copy(update={"rules": own_rules(tmp_path)}))


@pytest.mark.dovecot
def test_mail_is_filed_by_saved_rules_without_a_restart(world: World) -> None:
    """Before, to one folder; after, to another; broken, as before; and each decision names a set that is kept."""
    rules = world.settings.rules
    with running(world) as service:
        world.server.deliver(world.user, letter(1, "webform"))
        wait_for(lambda: world.count().get("Web form") == 1)
        change(rules, WEBFORM, WEBFORM.replace("webform", "review"))
        wait_for(lambda: service.rules.current.default.digest != read_digest(world, 1))
        world.server.deliver(world.user, letter(2, "webform"))
        wait_for(lambda: world.count().get("To review") == 1)
        change(rules, "label: webform", "label: wbeform")
        wait_for(lambda: bool(service.board.snapshot(now=NOW).trouble))
        world.server.deliver(world.user, letter(3, "webform"))
        wait_for(lambda: world.count().get("To review") == 2)
    digests = [entry.detail["rule_set"] for entry in world.entries()]
    assert len(set(digests)) == 2
    with closing(open_database(world.settings)) as database:
        assert {one.digest for one in rule_sets.kept(database, "")} == set(digests)


def read_digest(world: World, entries: int) -> str:
    """The digest that the first decision names."""
    found = world.entries()
    assert len(found) == entries
    return str(found[0].detail["rule_set"])


@pytest.mark.dovecot
def test_sighup_has_the_rules_judged_and_never_ends_the_service(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    """`triage run` as a process: a good set is taken, a broken one refused and told by health, mended it is well."""
    world = make_world(tmp_path, dovecot, user=f"hup-{tmp_path.name}", smtp_port=sink.port, renew=600)
    rules = own_rules(tmp_path)
    world.config.write_text(world.config.read_text().replace("{", '{"rules": "rules", ', 1))
    world = world.again()
    process = subprocess.Popen(
        [sys.executable, "-m", "triage", "run", "--config", str(world.config)], stderr=subprocess.PIPE
    )

    def says(what: str) -> bool:
        health = read_health(world.settings.health.file)
        if health is None or health.offices["delhi"].state != "idle":
            return False
        troubles = judge(health, world.settings.health, now=datetime.now(UTC))[""]
        return what in " ".join(troubles) if what else not troubles

    try:
        wait_for(lambda: says(""))
        change(rules, "label: urgent", "label: urgnet")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: says("'urgnet' is not a label"))
        change(rules, "label: urgnet", "label: urgent")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: says(""))
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said.decode()
    events = said.decode()
    assert "rules-refused" in events
    assert "rules-taken" in events
