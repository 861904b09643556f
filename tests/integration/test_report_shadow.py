"""`triage report shadow` against a real Dovecot: what the service would have done beside what people did."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
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
