"""`triage report shadow` against a real Dovecot: what the service would have done beside what people did."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.unit.policy.cases import RULES
from tests.world import World, letter, make_world
from triage.cli import app
from triage.mailbox.connection import Mailbox
from triage.reports.agreement import Harm, Outcome, judge

pytestmark = pytest.mark.dovecot


@pytest.fixture(params=["dovecot", "plain_dovecot"])
def world(request: pytest.FixtureRequest, sink: Sink, tmp_path: Path) -> World:
    """Seven messages decided in shadow, and what people made of them, on both kinds of server."""
    server: Dovecot = request.getfixturevalue(request.param)
    made = make_world(tmp_path, server, user=f"shadow-{tmp_path.name}", smtp_port=sink.port, mode="shadow")
    no_id = letter(7, "webform").replace(b"Message-ID: <7@firm.example>\r\n", b"")
    server.append(made.user, [letter(n, "urgent" if n == 6 else "webform") for n in range(1, 7)] + [no_id])
    made.run_once()
    prefix = "" if request.param == "dovecot" else "INBOX."
    with server.client(made.user) as client:
        client.select_folder("INBOX")
        for folder, uid in (("Web form", 1), ("Urgent", 2), ("My files", 4), ("Urgent", 6), ("Web form", 7)):
            if not client.folder_exists(prefix + folder):
                client.create_folder(prefix + folder)
            client.copy([uid], prefix + folder)
            client.delete_messages([uid])
        client.delete_messages([5])
        client.add_flags([3], ["\\Flagged"])
        client.expunge()
    return made


def report(world: World, *arguments: str) -> Any:
    """What --json prints for the office."""
    result = CliRunner().invoke(app, ["report", "shadow", "--config", str(world.config), "--json", *arguments])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["offices"].get("delhi")


def test_agreement_is_counted_and_the_worst_come_first(world: World) -> None:
    """By label, folder and rule; the one without a Message-ID is found by its bytes."""
    before = world.server.folders(world.user)
    found = report(world)
    assert found["compared"] == 7
    expected = {"agreed": 2, "differed": 2, "waiting": 0, "elsewhere": 1, "gone": 1, "agreement": 0.5}
    assert found["by_label"]["webform"] == expected
    assert found["by_folder"]["Web form"] == expected
    assert found["by_folder"]["Urgent"]["agreed"] == 1
    assert [one["harm"] for one in found["disagreements"]] == ["urgent-sent-away"] * 2
    assert world.server.folders(world.user) == before


def test_nothing_personal_is_told(world: World) -> None:
    """References only: no address, name or subject, as JSON and as tables; what is older is left out."""
    for form in (["--json"], []):
        result = CliRunner().invoke(app, ["report", "shadow", "--config", str(world.config), *form])
        assert result.exit_code == 0
        assert "DEL-" in result.stdout
        assert "firm.example" not in result.stdout
        assert "A Person" not in result.stdout
    assert report(world, "--since", "2030-01-01") is None


def test_searches_are_few(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one for each message, but at most one for each folder and fifty messages."""
    searched: list[object] = []
    real: Callable[..., list[int]] = Mailbox.search

    def counted(self: Mailbox, criteria: Any) -> list[int]:
        searched.append(criteria)
        return real(self, criteria)

    monkeypatch.setattr(Mailbox, "search", counted)
    report(world)
    assert len(searched) <= len(world.server.folders(world.user))


ROLES = {"Urgent": "urgent", "Errors": "serious_error", "Form": "webform", "Auto": "automated", "Review": "review"}


@pytest.mark.parametrize(
    ("would", "stands", "flagged", "answered", "expected"),
    [
        ("Form", "Form", False, True, (Outcome.AGREED, None)),
        ("Form", "Urgent", False, False, (Outcome.DIFFERED, Harm.URGENT_SENT_AWAY)),
        ("Auto", "Errors", False, False, (Outcome.DIFFERED, Harm.SENT_AWAY)),
        ("Form", "INBOX", True, False, (Outcome.DIFFERED, Harm.URGENT_SENT_AWAY)),
        ("Form", "Own", False, True, (Outcome.DIFFERED, Harm.SENT_AWAY)),
        ("Review", "Urgent", False, False, (Outcome.DIFFERED, Harm.URGENT_DELAYED)),
        ("Urgent", "Errors", False, False, (Outcome.DIFFERED, Harm.OTHER_UNIT)),
        ("Urgent", "Form", False, False, (Outcome.DIFFERED, Harm.PERSONS_TIME)),
        ("Urgent", "INBOX", True, True, (Outcome.ELSEWHERE, None)),
        ("Urgent", "Own", False, False, (Outcome.ELSEWHERE, None)),
        ("Urgent", "INBOX", False, False, (Outcome.WAITING, None)),
        ("Urgent", "", False, False, (Outcome.GONE, None)),
    ],
)
def test_what_people_did_is_judged(
    would: str, stands: str, flagged: bool, answered: bool, expected: tuple[Outcome, Harm | None]
) -> None:
    """Each way a message can end, beside each way it would have."""
    assert judge(ROLES, would, stands, flagged=flagged, answered=answered) == expected


@pytest.mark.parametrize(
    ("would", "stands", "answered", "expected"),
    [
        ("Form", "Review", False, (Outcome.WAITING, None)),
        ("Form", "Review", True, (Outcome.DIFFERED, Harm.SENT_AWAY)),
        ("Form", "Form", False, (Outcome.AGREED, None)),
        ("Form", "Urgent", False, (Outcome.DIFFERED, Harm.URGENT_SENT_AWAY)),
        ("Review", "Review", False, (Outcome.AGREED, None)),
    ],
)
def test_where_the_service_filed_it_says_nothing_of_a_rule_on_trial(
    would: str, stands: str, answered: bool, expected: tuple[Outcome, Harm | None]
) -> None:
    """Another rule put it there: only what people did then counts."""
    assert judge(ROLES, would, stands, flagged=False, answered=answered, filed="Review") == expected


def test_a_rule_on_trial_is_compared_at_a_live_office(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    """With what people did after the rules in force had filed the message; the service's own flag is not theirs."""
    copytree(RULES, tmp_path / "rules")
    file = tmp_path / "rules" / "default.yaml"
    tried = """
  - id: tried
    description: Unsure messages would go to the managers of reconsiderations.
    enforce: false
    when: {all: [{label: unsure}]}
    then: {folder: reconsideration, reply: none, respond_within: 1 working day}
"""
    file.write_text(file.read_text().replace("\nrules:\n", f"\nrules:\n{tried}", 1))
    made = make_world(tmp_path, dovecot, user=f"trial-{tmp_path.name}", smtp_port=sink.port)
    settings = json.loads(made.config.read_text())
    made.config.write_text(json.dumps({**settings, "rules": str(tmp_path / "rules")}))
    made = made.again()
    dovecot.append(made.user, [letter(n, "something") for n in range(1, 5)])
    made.run_once()
    assert made.count()["To review"] == 4
    with dovecot.client(made.user) as client:
        client.select_folder("To review")
        client.copy([1], "Reconsideration")
        client.copy([2], "Urgent")
        client.delete_messages([1, 2])
        client.expunge()
        client.add_flags([3], ["\\Answered"])
    found = report(made)
    assert found["compared"] == 0
    assert found["trials"]["by_rule"] == {
        "tried": {"agreed": 1, "differed": 1, "waiting": 1, "elsewhere": 1, "gone": 0, "agreement": 0.5}
    }
    shown = CliRunner().invoke(app, ["report", "shadow", "--config", str(made.config)]).stdout
    assert "4 decisions that a rule on trial would have made" in shown
    assert "decisions in shadow" not in shown
    arguments = ["rules", "simulate", "--rules", str(tmp_path / "rules"), "--config", str(made.config), "--json"]
    same, enforced = (
        json.loads(CliRunner().invoke(app, [*arguments, *more]).stdout) for more in ([], ["--enforce-trials"])
    )
    assert (same["compared"], same["changed"]) == (4, 0)
    assert enforced["changed"] == 4
    assert enforced["changes"][0]["rule"] == ["unsure", "tried"]
