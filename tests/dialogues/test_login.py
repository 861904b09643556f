"""How a session begins: capabilities, namespaces, and every way in which a server can refuse or break."""

import base64

import pytest

from tests.dialogues.server import SECRET, USER, Dialogue, greeted, logged_in, talking
from triage.errors import LoginRefused, MailboxRefused, MailboxUnavailable, TriageError
from triage.mailbox.connection import Mailbox

LOGIN = f'C: LOGIN "{USER}" "{SECRET}"'


def test_capabilities_are_read_again_after_login_in_any_case() -> None:
    """Pitfalls IMAP 20: a server that tells of MOVE only after login, in small letters, is believed."""
    with talking(logged_in("move uidplus Idle")) as mailbox:
        assert (mailbox.can_move, mailbox.can_expunge_by_uid, mailbox.can_idle) == (True, True, True)


def test_capabilities_that_login_does_not_tell_are_asked_for() -> None:
    """A server that tells nothing at login is asked; what it told before counts no more."""
    script = f"""
        {greeted("MOVE")}
        {LOGIN}
        S: $ OK logged in
        C: CAPABILITY
        S: * CAPABILITY IMAP4rev1 IDLE
        S: $ OK done
        C: LIST "" "INBOX"
        S: $ OK done
    """
    with talking(script) as mailbox:
        assert mailbox.capabilities == {"IMAP4REV1", "IDLE"}
        assert not mailbox.can_move


def test_plain_carries_any_character_and_a_failure_does_not_show_the_secret() -> None:
    """AUTH=PLAIN is preferred, since LOGIN has no accents; the failure does not show the secret."""
    secret = 'é"\\ö'
    answer = base64.b64encode(f"\0{USER}\0{secret}".encode()).decode()
    script = f"""
        {greeted("AUTH=PLAIN")}
        C: AUTHENTICATE PLAIN
        S: +
        C: {answer}
        S: $ NO [AUTHENTICATIONFAILED] no
    """
    with Dialogue(script) as dialogue, pytest.raises(LoginRefused) as refused:
        Mailbox.connect(dialogue.account(secret=secret))
    assert secret not in str(refused.value)


def test_login_without_accents_says_so() -> None:
    """A server that offers only LOGIN cannot be given an accent: said before anything is sent."""
    with Dialogue(greeted()) as dialogue, pytest.raises(MailboxRefused, match="outside ASCII") as refused:
        Mailbox.connect(dialogue.account(secret="zażółć"))
    assert "zażółć" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ("$ NO [AUTHENTICATIONFAILED] Authentication failed.", LoginRefused, "check imap.user and imap.secret"),
        ("$ NO LOGIN failed.", LoginRefused, "LOGIN failed."),
        ("$ NO [AUTHENTICATIONFAILED] Try again later.", LoginRefused, "Try again later"),
        ("$ NO [CONTACTADMIN] Account disabled", LoginRefused, "Account disabled"),
        ("$ NO [UNAVAILABLE] Temporary authentication failure.", MailboxUnavailable, "cannot take the login now"),
        ("$ NO [LIMIT] Too many connections", MailboxUnavailable, "Too many connections"),
        ("$ NO [THROTTLED] slow down", MailboxUnavailable, "slow down"),
        ("$ NO [INUSE] locked", MailboxUnavailable, "locked"),
        ("$ NO [ALERT] Too many simultaneous connections. (Failure)", MailboxUnavailable, "simultaneous"),
        ("$ NO [OVERQUOTA] Account exceeded command or bandwidth limits.", MailboxUnavailable, "bandwidth"),
        ("$ BAD User is authenticated but not connected.", MailboxUnavailable, "BAD User is authenticated"),
        ("* BYE Disconnected for inactivity.", MailboxUnavailable, "Disconnected"),
        ("DROP", MailboxUnavailable, "EOF"),
    ],
    ids=lambda value: value.replace(" ", "-")[:32] if isinstance(value, str) else value.__name__,
)
def test_an_answer_to_login_is_told_apart(answer: str, kind: type[TriageError], words: str) -> None:
    """Only a refused secret counts as one (pitfalls IMAP 9, 12, 14); a drop or a busy server is no wrong password."""
    script = f"""
        {greeted()}
        {LOGIN}
        S: {answer}
        {"S: DROP" if answer.startswith("* BYE") else ""}
    """
    with Dialogue(script) as dialogue, pytest.raises(TriageError) as failed:
        Mailbox.connect(dialogue.account())
    assert type(failed.value) is kind
    assert words in str(failed.value)
    assert str(failed.value).startswith(f"{USER} at 127.0.0.1:")
    assert SECRET not in str(failed.value)


@pytest.mark.parametrize(
    ("greeting", "kind", "words"),
    [
        ("* BYE Too many connections, come back later", MailboxUnavailable, "asks to wait"),
        ("DROP", MailboxUnavailable, "connection broke"),
        ("220 smtp.example ESMTP", MailboxUnavailable, "unexpected response"),
    ],
)
def test_a_server_that_does_not_greet_is_unavailable(greeting: str, kind: type[TriageError], words: str) -> None:
    """A greeting that is none is worth trying again."""
    with Dialogue(f"S: {greeting}\nS: DROP") as dialogue, pytest.raises(TriageError, match=words) as failed:
        Mailbox.connect(dialogue.account())
    assert type(failed.value) is kind


def test_a_server_that_takes_no_passwords_here_is_refused_before_one_is_sent() -> None:
    """LOGINDISABLED (RFC 3501 §7.2.1): the password does not go over the wire, and the sentence says what to set."""
    with Dialogue(greeted("LOGINDISABLED")) as dialogue, pytest.raises(MailboxRefused, match=r"set imap\.tls"):
        Mailbox.connect(dialogue.account())
    assert dialogue.heard == ["CAPABILITY"]


def test_a_server_without_starttls_is_refused_before_a_password_is_sent() -> None:
    """STARTTLS that was asked for is never done without, so that nobody in between can strip it."""
    with Dialogue(greeted()) as dialogue, pytest.raises(MailboxRefused, match="STARTTLS"):
        Mailbox.connect(dialogue.account(tls="starttls"))
    assert dialogue.heard == ["CAPABILITY"]


def test_a_server_that_speaks_no_tls_is_refused() -> None:
    """Implicit TLS on a plain port will not mend itself: a person must look at port and TLS."""
    with (
        Dialogue("S: * OK ready\nS: DROP") as dialogue,
        pytest.raises(MailboxRefused, match=r"imap\.port and imap\.tls"),
    ):
        Mailbox.connect(dialogue.account(tls="implicit"))


def test_nobody_listening_is_unavailable_and_says_where() -> None:
    """No connection: the sentence names host, port and settings."""
    with Dialogue() as dialogue:
        account = dialogue.account()
    with pytest.raises(MailboxUnavailable, match=rf"{USER} at 127\.0\.0\.1:{account.port}: connecting: .*imap\.host"):
        Mailbox.connect(account)


def test_a_silent_server_is_given_up() -> None:
    """Timeouts are finite at every step."""
    with Dialogue("") as dialogue, pytest.raises(MailboxUnavailable, match="timed out"):
        Mailbox.connect(dialogue.account(timeout=0.2))


NAMESPACE = """
    S: * OK ready
    C: CAPABILITY
    S: * CAPABILITY IMAP4rev1
    S: $ OK done
    C: LOGIN …
    S: $ OK [CAPABILITY IMAP4rev1 NAMESPACE] in
    C: NAMESPACE
"""


def test_folders_are_named_as_the_personal_namespace_wants() -> None:
    """Pitfalls IMAP 29: a prefix and another delimiter are added on the way out, and taken off on the way in."""
    script = f"""
        {NAMESPACE}
        S: * NAMESPACE (("INBOX." ".")) NIL NIL
        S: $ OK done
        C: LIST "" "*"
        S: * LIST (\\HasChildren) "." INBOX
        S: * LIST () "." INBOX.Urgent
        S: * LIST () "." "INBOX.Suivi.D&AOk-lais"
        S: * LIST (\\NoSelect) "." INBOX.Suivi
        S: $ OK done
    """
    with talking(script) as mailbox:
        assert mailbox.folders() == ["INBOX", "Suivi/Délais", "Urgent"]
        assert mailbox.path("Suivi/Délais") == "INBOX.Suivi.Délais"


def test_a_refused_namespace_costs_nothing_but_itself() -> None:
    """A server that tells of NAMESPACE and then refuses it is asked for its delimiter instead."""
    script = f"""
        {NAMESPACE}
        S: $ NO not today
        C: LIST "" "INBOX"
        S: * LIST () "." INBOX
        S: $ OK done
    """
    with talking(script) as mailbox:
        assert mailbox.path("a/b") == "a.b"
