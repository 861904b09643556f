"""`triage report appeals` on each database: replies that went out, and the answers that came back to them."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from tests.world import ADDRESS, KeywordClassifier, letter
from triage.cli import app
from triage.core.effects import Reply
from triage.core.office import Mode
from triage.core.triaged import Triaged
from triage.ledger import archive, recording
from triage.ledger.database import Database
from triage.ledger.recording import Stamp
from triage.ledger.records import EffectState, NewEntry, Place
from triage.ledger.schema import decisions, effects
from triage.pipeline import Incoming, Setup, content_digest, triage
from triage.rules_folder import read_rules
from triage.settings_file import load_settings

NOW = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)
SALT = b"only for tests"
OPERATING = (Path(__file__).resolve().parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")


class Past:
    """A ledger that letters are decided into, one after the other."""

    def __init__(self, config: Path) -> None:
        """Open the ledger of the settings."""
        settings = load_settings(config)
        self.config = config
        self.setup = Setup(
            office=settings.offices[0].profile(),
            own_addresses=settings.own_addresses(),
            rule_set=read_rules(settings).default,
        )
        self.database = Database(settings.database.url)
        self.database.open()
        self._uid = 0

    def decide(self, raw: bytes, *, after: timedelta = timedelta(0), sent: EffectState = EffectState.DONE) -> Triaged:
        """Decide and record one letter; its reply goes out, unless it is said what became of it."""
        now, self._uid = NOW + after, self._uid + 1
        known = partial(archive.histories, self.database, "delhi", salt=SALT, now=now)
        (result,) = triage([Incoming(raw=raw)], self.setup, KeywordClassifier(), now=now, history_of=known)
        place = Place(uidvalidity=7, uid=self._uid)
        entry = NewEntry(place=place, content_digest=content_digest(result.message), triaged=result)
        recording.record(self.database, Stamp(office="delhi", mode=Mode.LIVE, salt=SALT, now=now), [entry])
        with self.database.transaction() as connection:
            mine = effects.c.state == EffectState.PLANNED
            connection.execute(update(effects).where(mine, effects.c.kind == "reply").values(state=sent))
        return result

    def report(self, *words: str) -> Any:
        """What --json prints."""
        result = CliRunner().invoke(app, ["report", "appeals", "--config", str(self.config), "--json", *words])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)["appeals"]


@pytest.fixture
def past(database_url: str, tmp_path: Path) -> Iterator[Past]:
    """An office with an empty ledger of each kind."""
    config = tmp_path / "triage.yaml"
    office = {
        "id": "delhi",
        "names": {"en": "Delhi", "fr": "Delhi"},
        "address": ADDRESS,
        "timezone": "Asia/Kolkata",
        "webform_url": "https://webform.example/enquiry",
        "contacts": {"duty": "duty@visa-delhi.example"},
        "mode": "live",
        "imap": {"host": "localhost", "user": "delhi", "secret": "env:X"},
    }
    config.write_text(json.dumps({"database": {"url": database_url}, "offices": [office]}))
    made = Past(config)
    with closing(made.database):
        yield made


def reply_id(result: Triaged) -> str:
    """The Message-ID of the reply planned."""
    return next(effect.mail.message_id for effect in result.decision.plan if isinstance(effect, Reply))


def test_an_answer_to_a_redirect_goes_to_a_person_and_is_counted(past: Past) -> None:
    """From the letter to the report: redirected, answered, heard by a person; what nobody answered counts as sent."""
    redirected = past.decide(letter(1, "webform"))
    past.decide(letter(2, "webform"), after=timedelta(minutes=1))
    answer = past.decide(
        letter(3, "webform", In_Reply_To=reply_id(redirected), References=reply_id(redirected)),
        after=timedelta(hours=1),
    )
    assert redirected.decision.rule == "webform"
    assert (answer.decision.rule, answer.decision.answers) == ("answers-our-reply", redirected.decision.reference)
    assert answer.decision.due_at is not None
    by_rule = {one["rule"]: one for one in past.report("--since", "2026-11-01")}
    assert by_rule["webform"] == {
        "rule": "webform",
        "template": "redirect-webform",
        "sent": 2,
        "answered": 1,
        "share": 0.5,
        "became": [{"rule": "answers-our-reply", "sorted_as": "webform", "messages": 1}],
    }
    assert by_rule["answers-our-reply"]["answered"] == 0


def test_who_answers_again_answers_the_last_reply_of_the_exchange(past: Past) -> None:
    """A redirect, an answer that is acknowledged, and an answer to that: each counts for its own rule."""
    last = past.decide(letter(1, "webform"))
    for number in (2, 3):
        answered = letter(number, "webform", In_Reply_To=reply_id(last), References=reply_id(last))
        last = past.decide(answered, after=timedelta(hours=number))
    by_rule = {one["rule"]: (one["sent"], one["answered"]) for one in past.report("--since", "2026-11-01")}
    assert by_rule == {"webform": (1, 1), "answers-our-reply": (2, 1)}


def test_a_follow_up_that_answers_no_reply_of_ours_is_no_appeal(past: Past) -> None:
    """Somebody who answers their own letter has not answered us."""
    past.decide(letter(1, "webform"))
    follow_up = past.decide(letter(2, "webform", In_Reply_To="<1@firm.example>"), after=timedelta(hours=1))
    assert follow_up.decision.rule == "follow-up"
    (found,) = past.report("--since", "2026-11-01")
    assert (found["sent"], found["answered"]) == (1, 0)


def test_what_was_decided_before_schema_0002_counts_as_an_answer(past: Past) -> None:
    """It is not known which mail it answered; none is overlooked."""
    past.decide(letter(1, "webform"))
    past.decide(letter(2, "webform", In_Reply_To="<1@firm.example>"), after=timedelta(hours=1))
    with past.database.transaction() as connection:
        connection.execute(update(decisions).values(circumstances=None))
    (found,) = past.report("--since", "2026-11-01")
    assert found["answered"] == 1


@pytest.mark.parametrize("state", [EffectState.FAILED, EffectState.SHADOW, EffectState.UNDONE, EffectState.PLANNED])
def test_a_reply_that_did_not_go_out_is_not_counted(past: Past, state: EffectState) -> None:
    """Nobody can appeal what they never got."""
    past.decide(letter(1, "webform"), sent=state)
    assert past.report("--since", "2026-11-01") == []


def test_time_and_office_are_heeded(past: Past) -> None:
    """What is older is left out; an unknown office is a mistake, told as one."""
    past.decide(letter(1, "webform"))
    assert past.report("--since", "2026-11-10") == []
    assert len(past.report("--since", "2026-11-09", "--office", "delhi")) == 1
    words = ["report", "appeals", "--config", str(past.config)]
    assert "no automatic reply went out since 2030" in CliRunner().invoke(app, [*words, "--since", "2030-01-01"]).stdout
    assert CliRunner().invoke(app, [*words, "--office", "dehli"]).exit_code == 2


def test_what_the_operators_guide_tells_runs(past: Past) -> None:
    """Each example of it."""
    lines = re.findall(r"^triage (report appeals.*)$", OPERATING, re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        assert CliRunner().invoke(app, [*line.split(), "--config", str(past.config)]).exit_code == 0
