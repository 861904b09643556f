"""Outgoing mail against a real relay: deferred, refused, unreachable, half taken; and what the ledger keeps of it."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from sqlalchemy import func, select, update

from tests.servers.ports import free_port
from tests.servers.smtp import Sink
from tests.world import ADDRESS, KeywordClassifier, letter
from triage.effects.outgoing import Outgoing, Sending
from triage.effects.pacing import Pacer
from triage.effects.relay import Relay
from triage.ledger import archive, dead_letters, queue, recording
from triage.ledger.database import Database
from triage.ledger.recording import Stamp
from triage.ledger.records import NewEntry, Place
from triage.ledger.schema import effects, outbox
from triage.ownership import SoleOwner
from triage.pipeline import Incoming, Setup, content_digest, triage
from triage.rules_folder import read_rules
from triage.settings import SmtpSettings
from triage.settings_file import load_settings

START = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)
DUTY = "duty@visa-delhi.example"
CONFIG = f"""\
offices:
  - id: delhi
    names: {{en: Delhi, fr: Delhi}}
    address: {ADDRESS}
    timezone: Asia/Kolkata
    webform_url: https://webform.example/enquiry
    contacts: {{duty: {DUTY}}}
    mode: live
    imap: {{host: localhost, user: delhi, secret: "env:X"}}
"""


@dataclass
class Desk:
    """A ledger, a clock that stands still until it is set, and a relay."""

    database: Database
    setup: Setup
    smtp: SmtpSettings
    now: datetime = START

    def record(self, *raw: bytes) -> None:
        """Put messages with their replies into the ledger."""
        results = triage([Incoming(raw=one) for one in raw], self.setup, KeywordClassifier(), now=self.now)
        entries = [
            NewEntry(place=Place(uidvalidity=1, uid=uid), content_digest=content_digest(one.message), triaged=one)
            for uid, one in enumerate(results, 1)
        ]
        stamp = Stamp(office=self.setup.office.id, mode=self.setup.office.mode, salt=b"test", now=self.now)
        recording.record(self.database, stamp, entries)

    def send(self, smtp: SmtpSettings | None = None, *, rand: float = 0.0) -> Sending:
        """One pass over the outbox."""
        return self.outgoing(smtp, rand=rand).send_due()

    def outgoing(self, smtp: SmtpSettings | None = None, *, rand: float = 0.0) -> Outgoing:
        """What sends, by the clock that stands still."""
        smtp = smtp or self.smtp
        pacer = Pacer(smtp.messages_per_minute, clock=lambda: self.now.timestamp())  # noqa: PLW0108 - of the time then
        held = SoleOwner(self.database, ["delhi", "paris"]).beat(())
        return Outgoing(
            self.database,
            partial(Relay, smtp),
            held=lambda: held,
            pacer=pacer,
            clock=lambda: self.now,
            rand=lambda: rand,
        )

    def wait(self) -> timedelta | None:
        """Set the clock to when the next mail is due; how long that was, None where nothing waits."""
        due = queue.next_due(self.database)
        if due is None:
            return None
        waited, self.now = due - self.now, max(due, self.now)
        return waited

    def mails(self) -> list[dict[str, Any]]:
        """State, attempts and outcome of each mail, in the order they were planned."""
        query = select(effects.c.state, effects.c.attempts, effects.c.outcome, effects.c.kind)
        with self.database.transaction() as connection:
            rows = connection.execute(query.where(effects.c.kind.in_(queue.MAIL)).order_by(effects.c.id))
            return [dict(row._mapping) for row in rows]

    def kept(self) -> int:
        """How many composed mails the ledger holds."""
        with self.database.transaction() as connection:
            return connection.scalar(select(func.count()).select_from(outbox)) or 0


@pytest.fixture
def desk(tmp_path: Path, sink: Sink) -> Iterator[Desk]:
    """With an empty ledger, and the sink as its relay."""
    file = tmp_path / "triage.yaml"
    file.write_text(CONFIG)
    settings = load_settings(file)
    with closing(Database(f"sqlite:///{tmp_path}/ledger.sqlite3")) as database:
        database.open()
        setup = Setup(
            office=settings.offices[0].profile(),
            own_addresses=settings.own_addresses(),
            rule_set=read_rules(settings).default,
        )
        yield Desk(database, setup, at(sink.port))


def at(port: int, **more: Any) -> SmtpSettings:
    """The relay on a port of this machine."""
    return SmtpSettings(**{"host": "localhost", "port": port, "timeout": 5, **more})


@contextmanager
def relay(handler: Sink, **options: Any) -> Iterator[SmtpSettings]:
    """Another relay than the fixture's."""
    port = free_port()
    controller = Controller(handler, hostname="localhost", port=port, **options)
    controller.start()
    try:
        yield at(port)
    finally:
        controller.stop()


# --- as it should be


def test_a_mail_goes_out_with_the_null_sender(desk: Desk, sink: Sink) -> None:
    """RFC 3834 §3.3: bounces of an automatic reply go nowhere; what is sent is what was composed."""
    desk.record(letter(1, "webform"))
    (mail,) = queue.mail_to_send(desk.database, ["delhi"], now=desk.now, most=9)
    assert desk.send() == Sending(sent=1, postponed=0, failed=0, offices={"delhi"})
    (taken,) = sink.taken
    assert (taken.envelope_sender, taken.recipients) == ("", ["counsel@firm.example"])
    assert taken.content == mail.content
    assert taken.mail["Message-ID"] == mail.message_id
    assert taken.mail["Auto-Submitted"] == "auto-replied"


def test_a_reply_waits_for_its_copy_and_a_notice_does_not(desk: Desk, sink: Sink) -> None:
    """A reply's text is kept until it stands in Sent; a notice's is deleted as soon as it is out."""
    desk.record(letter(1, "urgent"))
    assert desk.send().sent == 2
    assert {taken.recipients[0] for taken in sink.taken} == {"counsel@firm.example", DUTY}
    assert {mail["kind"]: mail["state"] for mail in desk.mails()} == {"reply": "sent", "notify": "done"}
    assert desk.kept() == 1
    assert desk.send().sent == 0


def test_more_mails_than_one_look_finds_go_out_in_one_pass(desk: Desk, sink: Sink) -> None:
    """Over one session."""
    desk.record(*(letter(n, "webform", sender=f"p{n}@firm.example") for n in range(120)))
    assert desk.send().sent == 120
    assert len({taken.recipients[0] for taken in sink.taken}) == 120


# --- deferred


def test_a_deferred_mail_goes_out_later_under_the_same_message_id(desk: Desk, sink: Sink) -> None:
    """4xx after the dot: due again with growing pauses, and not before; then the very same bytes."""
    desk.record(letter(1, "webform"))
    (mail,) = queue.mail_to_send(desk.database, ["delhi"], now=desk.now, most=9)
    sink.answer = "451 greylisted"
    waited = []
    for attempt in range(1, 9):
        assert desk.send() == Sending(sent=0, postponed=1, failed=0)
        assert desk.mails()[0]["attempts"] == attempt
        assert desk.send().postponed == 0, "tried again before it was due"
        waited.append(desk.wait() or timedelta())
    assert all(earlier < later for earlier, later in pairwise(waited))
    assert "451 greylisted" in desk.mails()[0]["outcome"]["error"]
    sink.answer = ""
    assert desk.send().sent == 1
    assert [(taken.mail["Message-ID"], taken.content) for taken in sink.taken] == [(mail.message_id, mail.content)]
    assert desk.wait() is None


def test_a_mail_that_is_deferred_for_days_has_failed(desk: Desk, sink: Sink) -> None:
    """RFC 5321 §4.5.4.1: four to five days at least, then a person is told, with the relay's last word."""
    desk.record(letter(1, "webform"))
    sink.answer = "452 mailbox full"
    result = desk.send(rand=0.5)
    while desk.wait() is not None:
        result = desk.send(rand=0.5)
    assert (result.failed, result.postponed) == (1, 0)
    assert timedelta(days=4) < desk.now - START < timedelta(days=6)
    (mail,) = desk.mails()
    assert mail["state"] == "failed"
    assert "452 mailbox full" in mail["outcome"]["error"]
    assert desk.kept() == 1, "a person may have it tried again"
    assert dead_letters.counts(desk.database) == (1, 0)


@dataclass(slots=True)
class Picky(Sink):
    """A relay that answers some recipients otherwise."""

    answers: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        """As told, or as a sink does."""
        if address in self.answers:
            return self.answers[address]
        return await Sink.handle_RCPT(self, server, session, envelope, address, options)


def test_one_mail_that_is_turned_away_costs_no_other(desk: Desk) -> None:
    """Refused, deferred and taken, in one session: each has its own fate."""
    desk.record(*(letter(n, "webform", sender=f"p{n}@firm.example") for n in range(4)))
    picky = Picky(answers={"p0@firm.example": "550 unknown", "p2@firm.example": "450 busy"})
    with relay(picky) as smtp:
        sending = desk.send(smtp)
    assert (sending.sent, sending.postponed, sending.failed, sending.trouble) == (2, 1, 1, "")
    assert [taken.recipients for taken in picky.taken] == [["p1@firm.example"], ["p3@firm.example"]]
    assert [mail["state"] for mail in desk.mails()] == ["failed", "sent", "planned", "sent"]


# --- refused


@pytest.mark.parametrize("where", ["answer", "answer_rcpt"], ids=["after the dot", "at the recipient"])
def test_a_refused_mail_has_failed_with_its_reason(desk: Desk, sink: Sink, where: str) -> None:
    """5xx: not tried again; the reason is kept, without the address that relays like to repeat."""
    desk.record(letter(1, "webform"))
    setattr(sink, where, "554 5.7.1 <counsel@firm.example>: policy")
    assert desk.send() == Sending(sent=0, postponed=0, failed=1)
    (entry,) = archive.list_entries(desk.database)
    (shown,) = archive.show_entries(desk.database, entry.reference)
    (reply,) = (effect for effect in shown.detail["effects"] if effect["kind"] == "reply")
    assert reply["state"] == "failed"
    assert "554 5.7.1" in reply["outcome"]["error"]
    assert "policy" in reply["outcome"]["error"]
    assert "counsel" not in reply["outcome"]["error"]
    setattr(sink, where, "")
    assert desk.send().sent == 0
    assert desk.kept() == 1, "a person may have it tried again"


def test_an_address_that_smtp_cannot_carry_has_failed(desk: Desk) -> None:
    """Beyond ASCII, and no SMTPUTF8 at the relay: that mail's own matter, which stops no other."""
    recipient = "zoë@firm.example"
    desk.record(letter(1, "webform"), letter(2, "webform", sender="p2@firm.example"))
    first = select(func.min(outbox.c.effect_id)).scalar_subquery()
    with desk.database.transaction() as connection:
        connection.execute(update(outbox).where(outbox.c.effect_id == first).values(protected_recipients=[recipient]))
    taking = Sink()
    with relay(taking, enable_SMTPUTF8=False) as smtp:
        sending = desk.send(smtp)
    assert (sending.sent, sending.failed, sending.trouble) == (1, 1, "")
    assert [taken.recipients for taken in taking.taken] == [["p2@firm.example"]]
    assert recipient not in str(desk.mails()[0]["outcome"])


# --- the relay's own trouble


@contextmanager
def nobody() -> Iterator[SmtpSettings]:
    """No relay at all."""
    yield at(free_port())


@contextmanager
def without_starttls() -> Iterator[SmtpSettings]:
    """A relay that does not offer what the settings ask for."""
    with relay(Sink()) as smtp:
        yield smtp.model_copy(update={"tls": "starttls"})


@contextmanager
def untrusted() -> Iterator[SmtpSettings]:
    """A relay whose certificate nobody vouches for."""
    with relay(Sink(), tls_context=server_context(trustme.CA())) as smtp:
        yield smtp.model_copy(update={"tls": "starttls"})


@contextmanager
def without_its_authority() -> Iterator[SmtpSettings]:
    """Settings that name a file which is not there."""
    with relay(Sink()) as smtp:
        yield smtp.model_copy(update={"ca_file": Path("/nonexistent/ca.pem")})


@contextmanager
def without_login() -> Iterator[SmtpSettings]:
    """A relay that knows no AUTH."""
    with relay(Sink()) as smtp:
        yield smtp.model_copy(update={"user": "triage", "secret": "env:TRIAGE_TEST_RELAY"})


@contextmanager
def without_secret() -> Iterator[SmtpSettings]:
    """A secret that cannot be read at this moment."""
    with relay(Sink()) as smtp:
        yield smtp.model_copy(update={"user": "triage", "secret": "env:TRIAGE_TEST_UNSET"})


@contextmanager
def with_another_alphabet() -> Iterator[SmtpSettings]:
    """A password that smtplib cannot encode."""
    with relay(Sink(), auth_required=False, auth_require_tls=False, authenticator=_refuse) as smtp:
        yield smtp.model_copy(update={"user": "triage", "secret": "env:TRIAGE_TEST_ACCENTS"})


def _refuse(*_: Any) -> Any:
    from aiosmtpd.smtp import AuthResult

    return AuthResult(success=False, handled=False)


TROUBLES: dict[str, tuple[Callable[[], Any], str]] = {
    "nobody listens": (nobody, "cannot be reached"),
    "no STARTTLS": (without_starttls, "does not offer what is asked of it"),
    "untrusted certificate": (untrusted, "certificate verify failed"),
    "no such ca_file": (without_its_authority, "ca.pem"),
    "no AUTH": (without_login, "does not offer what is asked of it"),
    "secret unset": (without_secret, "TRIAGE_TEST_UNSET is not set"),
    "password not ASCII": (with_another_alphabet, "ASCII"),
}


@pytest.mark.parametrize(("kind", "said"), TROUBLES.values(), ids=TROUBLES.keys())
def test_a_relay_in_trouble_costs_no_mail_a_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: Callable[[], Any], said: str
) -> None:
    """It is told as the relay's trouble; every mail is due as before, and goes out when the relay is well."""
    monkeypatch.setenv("TRIAGE_TEST_RELAY", "secret")
    monkeypatch.setenv("TRIAGE_TEST_ACCENTS", "sécrèt")
    monkeypatch.delenv("TRIAGE_TEST_UNSET", raising=False)
    desk.record(letter(1, "webform"), letter(2, "webform"))
    with kind() as smtp:
        sending = desk.send(smtp)
    assert (sending.sent, sending.postponed, sending.failed) == (0, 0, 0)
    assert said in sending.trouble
    assert "crèt" not in sending.trouble
    assert [(mail["state"], mail["attempts"]) for mail in desk.mails()] == [("planned", 0)] * 2
    assert desk.send().sent == 2


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """What a relay on this machine shows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def test_starttls_with_a_trusted_certificate(desk: Desk, tmp_path: Path) -> None:
    """The extra authority of `ca_file` is trusted, and the mail goes out under TLS only."""
    authority, taking = trustme.CA(), Sink()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    desk.record(letter(1, "webform"))
    with relay(taking, tls_context=server_context(authority), require_starttls=True) as smtp:
        assert desk.send(smtp.model_copy(update={"tls": "starttls", "ca_file": tmp_path / "ca.pem"})).sent == 1
    assert len(taking.taken) == 1
