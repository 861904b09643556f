"""Contacts that are webhooks: what they are told, how they know who calls, and what becomes of a call that fails."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.integration.test_outgoing import CONFIG, START, Desk, at
from tests.servers.chat import Answer, Asked, ChatServer, running_chat
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import letter, make_world
from triage.effects.outgoing import Outgoing, Sending
from triage.effects.pacing import Pacer
from triage.effects.webhooks import Webhooks, signed
from triage.errors import ConfigurationError
from triage.ledger import dead_letters, queue
from triage.ledger.database import Database
from triage.ledger.dead_letters import Which
from triage.ownership import SoleOwner
from triage.parts import calls_of
from triage.pipeline import Setup
from triage.rules_folder import read_rules
from triage.settings import Settings
from triage.settings_file import load_settings, settings_schema, unreadable_secrets

SECRET = "only-for-tests"
OK = Answer(status=204)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A real HTTP server, which takes every call."""
    with running_chat() as running:
        running.answer = lambda _: OK
        yield running


def settings_for(folder: Path, webhook: str, more: str = "") -> Settings:
    """An office whose duty is told by a webhook."""
    file = folder / "triage.yaml"
    contact = f'{{duty: {{webhook: "{webhook}", secret: "env:TRIAGE_TEST_HOOK"{more}}}}}'
    file.write_text(CONFIG.replace("{duty: duty@visa-delhi.example}", contact))
    return load_settings(file)


@dataclass
class Caller:
    """A desk with a message that needs a person, and what calls."""

    desk: Desk
    settings: Settings

    def call(self) -> Sending:
        """One pass over the calls."""
        hooks = {("delhi", "duty"): self.settings.offices[0].contacts["duty"]}
        return self.outgoing(hooks).send_due()

    def outgoing(self, hooks: Any) -> Outgoing:
        """What calls, by the desk's clock."""
        desk = self.desk
        held = SoleOwner(desk.database, ["delhi"]).beat(())
        return Outgoing(
            desk.database,
            lambda: Webhooks(hooks, clock=lambda: desk.now),
            kinds=queue.CALLS,
            held=lambda: held,
            pacer=Pacer(None),
            clock=lambda: desk.now,
            rand=lambda: 0.0,
        )

    def stuck(self) -> list[Any]:
        """What a person is shown."""
        return [one for one in dead_letters.stuck(self.desk.database, Which()) if one.kind == "webhook"]


@pytest.fixture
def caller(tmp_path: Path, server: ChatServer, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Iterator[Caller]:
    """One urgent message is decided, and its notice waits."""
    monkeypatch.setenv("TRIAGE_TEST_HOOK", SECRET)
    settings = settings_for(tmp_path, server.url, ", timeout_seconds: 5")
    with closing(Database(f"sqlite:///{tmp_path}/ledger.sqlite3")) as database:
        database.open()
        setup = Setup(
            office=settings.offices[0].profile(),
            own_addresses=settings.own_addresses(),
            rule_set=read_rules(settings).default,
        )
        desk = Desk(database, setup, at(sink.port))
        desk.record(letter(1, "urgent"))
        yield Caller(desk, settings)


def test_a_webhook_is_told_by_reference_and_nothing_of_the_sender(caller: Caller, server: ChatServer) -> None:
    """Which message, how it was sorted, where it is, by when, and by which rule; no name, address or text."""
    assert caller.call() == Sending(sent=1, offices={"delhi"})
    (asked,) = server.asked
    told = asked.json
    assert told["type"] == "message.needs-person"
    assert datetime.fromisoformat(told["timestamp"]) == START
    assert set(told["data"]) == {"reference", "office", "sorted_as", "folder", "due_at", "rule"}
    assert told["data"]["office"] == "delhi"
    assert told["data"]["sorted_as"] == "urgent"
    assert told["data"]["folder"] == "Urgent"
    assert datetime.fromisoformat(told["data"]["due_at"]) > START
    for word in (b"counsel", b"firm.example", b"about a file"):
        assert word not in server.received
    assert caller.call() == Sending()
    assert caller.stuck() == []


def test_a_receiver_can_prove_who_calls(caller: Caller, server: ChatServer) -> None:
    """HMAC-SHA256 over id, time and body (Standard Webhooks); a changed body does not fit."""
    caller.call()
    (asked,) = server.asked
    assert proved(asked)
    assert not proved(Asked(asked.path, asked.headers, asked.body + b" "))
    assert asked.headers["Webhook-Timestamp"] == str(int(START.timestamp()))
    assert SECRET not in str(asked.headers)


def proved(asked: Asked, key: bytes = SECRET.encode()) -> bool:
    """As a receiver does it."""
    text = f"{asked.headers['Webhook-Id']}.{asked.headers['Webhook-Timestamp']}.".encode() + asked.body
    digest = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(asked.headers["Webhook-Signature"], f"v1,{digest}")


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the specification's own libraries."""
    headers = signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        now=datetime.fromtimestamp(1614265330, UTC),
    )
    assert headers["Webhook-Signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


LATER = [Answer(status=500), Answer(status=503), Answer(status=429), Answer(status=408)]
NEVER = {
    "refused": (Answer(status=404), "gave HTTP 404"),
    "forbidden": (Answer(status=403), "gave HTTP 403"),
    "redirected": (Answer(status=302, headers={"Location": "/elsewhere"}), "redirects are not followed"),
    "redirected for good": (Answer(status=308, headers={"Location": "/elsewhere"}), "redirects are not followed"),
}


@pytest.mark.parametrize("answer", LATER, ids=lambda answer: str(answer.status))
def test_a_webhook_in_trouble_is_called_again_with_the_same_key(
    caller: Caller, server: ChatServer, answer: Answer
) -> None:
    """Later, with the same bytes, signed anew."""
    server.answer = lambda _: answer
    assert caller.call().postponed == 1
    (stuck,) = caller.stuck()
    assert (stuck.state, stuck.attempts, stuck.error) == (
        "planned",
        1,
        f"webhook 'duty' of office delhi gave HTTP {answer.status}",
    )
    assert caller.call() == Sending(), "called again before it was due"
    server.answer = lambda _: OK
    caller.desk.now += timedelta(minutes=2)
    assert caller.call().sent == 1
    first, second = server.asked
    assert (first.headers["Webhook-Id"], first.body) == (second.headers["Webhook-Id"], second.body)
    assert first.headers["Webhook-Timestamp"] != second.headers["Webhook-Timestamp"]
    assert proved(second)


@pytest.mark.parametrize(("answer", "said"), NEVER.values(), ids=NEVER.keys())
def test_a_webhook_that_refuses_makes_a_dead_letter(
    caller: Caller, server: ChatServer, answer: Answer, said: str
) -> None:
    """Not called again by itself, nor where it sends us to; a person may have it called again."""
    server.answer = lambda _: answer
    assert caller.call().failed == 1
    (stuck,) = caller.stuck()
    assert (stuck.state, stuck.what, stuck.retriable) == ("failed", "duty", True)
    assert said in stuck.error
    assert server.url not in stuck.error
    assert len(server.asked) == 1
    server.answer = lambda _: OK
    assert dead_letters.retry(caller.desk.database, [stuck], now=caller.desk.now) == 1
    assert caller.call().sent == 1


def test_a_webhook_that_is_silent_or_drips_is_not_waited_for(caller: Caller, server: ChatServer) -> None:
    """The time is for the whole call; what is answered beside the status nobody reads."""
    contact = caller.settings.offices[0].contacts["duty"].model_copy(update={"timeout_seconds": 0.3})
    server.answer = lambda _: None
    sending = caller.outgoing({("delhi", "duty"): contact}).send_due()
    assert sending.postponed == 1
    assert "cannot be reached: TimeoutError" in caller.stuck()[0].error or "Timeout" in caller.stuck()[0].error
    server.answer = lambda _: Answer(drips=True)
    caller.desk.now += timedelta(minutes=2)
    assert caller.call().sent == 1


def test_nobody_listens_and_no_secret(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both may be mended: later. What was not signed is not sent."""
    monkeypatch.delenv("TRIAGE_TEST_HOOK")
    assert caller.call().postponed == 1
    assert "TRIAGE_TEST_HOOK is not set" in caller.stuck()[0].error
    (problem,) = [one for one in unreadable_secrets(caller.settings) if "contacts" in one.key]
    assert problem.key == "office delhi: contacts.duty.secret"
    caller.desk.now += timedelta(minutes=2)
    monkeypatch.setenv("TRIAGE_TEST_HOOK", SECRET)
    nobody = caller.settings.offices[0].contacts["duty"].model_copy(update={"webhook": "http://127.0.0.1:9/"})
    assert caller.outgoing({("delhi", "duty"): nobody}).send_due().postponed == 1
    assert caller.stuck()[0].error == "webhook 'duty' of office delhi cannot be reached: ConnectError"


def test_a_webhook_that_fails_once_is_left_alone_for_the_pass(
    tmp_path: Path, server: ChatServer, sink: Sink, caller: Caller
) -> None:
    """A dead one costs one wait, not one for each call."""
    server.answer = lambda _: Answer(status=500)
    calls = Webhooks({("delhi", "duty"): caller.settings.offices[0].contacts["duty"]}, clock=lambda: caller.desk.now)
    (call,) = queue.mail_to_send(caller.desk.database, ["delhi"], now=caller.desk.now, most=9, kinds=queue.CALLS)
    for _ in range(3):
        with pytest.raises(Exception, match="gave HTTP 500"):
            calls.send(call, still=lambda: None)
    assert len(server.asked) == 1


def test_a_contact_that_is_gone_from_the_settings_makes_a_dead_letter(caller: Caller) -> None:
    """With words that say so."""
    assert caller.outgoing({}).send_due().failed == 1
    assert caller.stuck()[0].error == "the settings name no webhook 'duty' of office delhi any more"


def test_tls_is_checked_against_the_authority_that_is_named(caller: Caller, tmp_path: Path) -> None:
    """Nobody who cannot prove to be the server is told."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with running_chat(authority) as server:
        server.answer = lambda _: OK
        contact = caller.settings.offices[0].contacts["duty"].model_copy(update={"webhook": server.url})
        assert caller.outgoing({("delhi", "duty"): contact}).send_due().postponed == 1
        assert server.asked == []
        caller.desk.now += timedelta(minutes=2)
        trusting = contact.model_copy(update={"ca_file": tmp_path / "ca.pem"})
        assert caller.outgoing({("delhi", "duty"): trusting}).send_due().sent == 1


def test_mail_and_calls_do_not_take_each_others(caller: Caller, server: ChatServer, sink: Sink) -> None:
    """Each sender has its own."""
    assert caller.desk.send().sent == 1
    assert [taken.recipients for taken in sink.taken] == [["counsel@firm.example"]]
    assert server.asked == []
    assert caller.call().sent == 1


@pytest.mark.parametrize(
    ("webhook", "said"),
    [
        ("http://alarm.example/x", "expected an https: address"),
        ("https://user:pw@alarm.example/", "expected an https: address"),
        ("ftp://alarm.example/", "expected an https: address"),
        ("alarm", "expected an https: address"),
        ("https://[broken/", "expected an https: address"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused(tmp_path: Path, webhook: str, said: str) -> None:
    """With its line and key, and without the address, which may hold a password."""
    with pytest.raises(ConfigurationError, match=said) as refused:
        settings_for(tmp_path, webhook)
    assert "offices.0.contacts.duty.webhook" in str(refused.value)
    assert "pw@" not in str(refused.value)


CONTACTS = {
    "{duty: nobody}": "offices.0.contacts.duty: 'nobody' is not a plain e-mail address",
    '{duty: {webhook: "https://a.example/"}}': "offices.0.contacts.duty: a webhook needs a secret",
    "{duty: {address: a@b.example, webhook: 'https://a.example/', secret: 'env:X'}}": "expected an address, or",
    "{duty: {webhok: 'https://a.example/'}}": "unknown key; did you mean 'webhook'?",
    "{duty: {webhook: 'https://a.example/', secret: hunter2}}": "never the secret itself",
}


@pytest.mark.parametrize(("contacts", "said"), CONTACTS.items(), ids=CONTACTS.keys())
def test_a_contact_that_is_neither_is_refused(tmp_path: Path, contacts: str, said: str) -> None:
    """One problem, in words, at its place."""
    file = tmp_path / "triage.yaml"
    file.write_text(CONFIG.replace("{duty: duty@visa-delhi.example}", contacts))
    with pytest.raises(ConfigurationError) as refused:
        load_settings(file)
    assert said in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_the_schema_takes_both_ways(tmp_path: Path) -> None:
    """Editors complete and check an address by itself as well as a webhook."""
    import jsonschema

    schema = settings_schema()
    contacts = {"$defs": schema["$defs"], **schema["$defs"]["OfficeSettings"]["properties"]["contacts"]}
    for good in ("a@b.example", {"webhook": "https://a.example/", "secret": "env:X"}):
        jsonschema.validate({"duty": good}, contacts)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"duty": {"webhok": "x"}}, contacts)


@pytest.mark.dovecot
def test_the_service_calls(
    dovecot: Dovecot, sink: Sink, server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a message in INBOX to a call, once, by the whole of the service."""
    monkeypatch.setenv("TRIAGE_TEST_HOOK", SECRET)
    hook = {"duty": {"webhook": server.url, "secret": "env:TRIAGE_TEST_HOOK"}}
    world = make_world(tmp_path, dovecot, user=f"hook-{tmp_path.name}", smtp_port=sink.port, contacts=hook)
    dovecot.append(world.user, [letter(1, "urgent")])
    assert world.run_once().unfinished == 0
    world.run_once()
    assert len(server.asked) == 1
    (entry,) = world.entries()
    assert server.asked[0].json["data"]["reference"] == entry.reference
    assert {effect["kind"]: effect["state"] for effect in entry.detail["effects"]}["webhook"] == "done"
    with closing(world.parts()) as parts:
        assert calls_of(parts, dict).send_due() == Sending()
