"""A relay that fails at each stage of SMTP, in each way: what becomes of the mail in hand, and of those behind it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from sqlalchemy import update

from tests.integration.test_outgoing import Desk, at, desk, server_context  # noqa: F401 - a fixture
from tests.servers.faulty_relay import DROP, HANG, SLOW, FaultyRelay, running
from tests.servers.smtp import Sink
from tests.world import letter
from triage.core.retry import REFUSED, RELAY, THROTTLED, Schedule, delay
from triage.core.smtp_answers import BEFORE_MAIL, About, Judgement, Stage, judge
from triage.effects.outgoing import Sending
from triage.ledger import queue
from triage.ledger.schema import outbox
from triage.settings import SmtpSettings

IN_MAIL = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.FINAL_DOT)


@pytest.fixture
def two(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:  # noqa: F811
    """Two replies wait."""
    monkeypatch.setenv("TRIAGE_TEST_RELAY", "secret")
    desk.record(letter(1, "webform", sender="a@firm.example"), letter(2, "webform", sender="b@firm.example"))
    return desk


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    """Whom the settings trust."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    return made


@pytest.fixture
def whole(authority: trustme.CA, tmp_path: Path) -> tuple[FaultyRelay, SmtpSettings]:
    """A relay with STARTTLS and login, and the settings that ask for both."""
    settings = at(1, tls="starttls", ca_file=tmp_path / "ca.pem", user="triage", secret="env:TRIAGE_TEST_RELAY")
    return FaultyRelay(tls=server_context(authority)), settings.model_copy(
        update={"timeout": 1.5, "final_timeout": 1.5}
    )


def waiting(settings: SmtpSettings, fault: str) -> SmtpSettings:
    """Not for long where the relay is going to be silent."""
    return settings.model_copy(update={"timeout": 1.0, "final_timeout": 1.0}) if fault == HANG else settings


def passed(desk: Desk, relay: FaultyRelay, settings: SmtpSettings) -> Sending:  # noqa: F811
    """One pass over the outbox with that relay."""
    with running(relay):
        return desk.send(settings.model_copy(update={"port": relay.port}))


def fates(desk: Desk) -> list[tuple[str, int]]:  # noqa: F811
    """State and tries of each mail."""
    return [(mail["state"], mail["attempts"]) for mail in desk.mails()]


WAITS, TRIED, OUT, DEAD = ("planned", 0), ("planned", 1), ("sent", 1), ("failed", 1)


def recovered(desk: Desk, sink: Sink) -> None:  # noqa: F811
    """A relay that is well takes all that waits, each under the Message-ID and with the bytes it had from the first."""
    planned = {
        mail.effect: mail.content
        for mail in queue.mail_to_send(desk.database, ["delhi"], now=desk.now + timedelta(days=1), most=99)
    }
    desk.now += timedelta(hours=3)
    assert desk.send().sent == len(planned)
    assert sorted(taken.content for taken in sink.taken) == sorted(planned.values())


# --- before any mail: the relay's trouble, which costs no mail a try


@pytest.mark.parametrize("fault", ["421 4.4.5 busy", "554 5.7.1 no", DROP, HANG])
@pytest.mark.parametrize("stage", sorted(BEFORE_MAIL))
def test_a_session_that_cannot_be_opened_costs_no_mail_a_try(
    two: Desk, sink: Sink, whole: tuple[FaultyRelay, SmtpSettings], stage: Stage, fault: str
) -> None:
    """4xx, 5xx, hung up, silent: told with the stage; tried again after longer pauses where a person must act."""
    relay, settings = whole
    # A relay that refuses EHLO is asked HELO (RFC 5321 §3.2).
    sending = passed(two, replace(relay, faults={stage: [fault] * 2}), waiting(settings, fault))
    assert (sending.sent, sending.postponed, sending.failed) == (0, 0, 0)
    assert sending.schedule is (REFUSED if fault.startswith("5") else RELAY)
    assert "SMTP relay" in sending.trouble
    if fault[0].isdigit():
        assert f"refused the session at {stage.value}: {fault}" in sending.trouble
    elif stage is not Stage.GREETING:
        assert f"at {stage.value}: " in sending.trouble
    assert fates(two) == [WAITS, WAITS]
    recovered(two, sink)


def test_no_password_is_sent_where_starttls_is_not_offered(two: Desk, whole: tuple[FaultyRelay, SmtpSettings]) -> None:
    """Somebody in between may have taken the offer away: nothing goes out in the clear."""
    relay, settings = whole
    relay = replace(relay, tls=None)
    sending = passed(two, relay, settings)
    assert "does not offer what is asked of it" in sending.trouble
    assert Stage.AUTH not in relay._seen
    assert Stage.MAIL not in relay._seen


# --- with a mail in hand


@pytest.mark.parametrize("stage", IN_MAIL)
def test_a_mail_that_is_put_off_at_any_stage_is_due_again(
    two: Desk, sink: Sink, whole: tuple[FaultyRelay, SmtpSettings], stage: Stage
) -> None:
    """It is its own matter: no trouble of the relay's, and the next goes out."""
    relay, settings = whole
    sending = passed(two, replace(relay, faults={stage: ["451 4.3.0 later"]}), settings)
    assert (sending.sent, sending.postponed, sending.failed, sending.trouble) == (1, 1, 0, "")
    assert fates(two) == [TRIED, OUT]
    assert "answered 451 4.3.0 later" in two.mails()[0]["outcome"]["error"]
    recovered(two, sink)


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.FINAL_DOT])
def test_a_mail_that_is_refused_keeps_back_no_other(
    two: Desk, whole: tuple[FaultyRelay, SmtpSettings], stage: Stage
) -> None:
    """5xx: a dead letter with the relay's words; the next goes out in the same session."""
    relay, settings = whole
    relay = replace(relay, faults={stage: ["550 5.1.1 <a@firm.example> unknown"]})
    sending = passed(two, relay, settings)
    assert (sending.sent, sending.failed, sending.trouble, relay.sessions) == (1, 1, "", 1)
    assert fates(two) == [DEAD, OUT]
    assert "answered 550 5.1.1 (address) unknown" in two.mails()[0]["outcome"]["error"]


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (Stage.MAIL, "550 5.7.60 not permitted to send as this sender"),
        (Stage.MAIL, "530 5.7.57 client not authenticated"),
        (Stage.RCPT, "530 5.7.0 must issue STARTTLS first"),
        (Stage.MAIL, "503 bad sequence"),
    ],
)
def test_a_relay_that_takes_nothing_of_ours_makes_no_dead_letters(
    two: Desk, sink: Sink, whole: tuple[FaultyRelay, SmtpSettings], stage: Stage, said: str
) -> None:
    """One wrong setting at the relay must not turn the outbox into dead letters."""
    relay, settings = whole
    sending = passed(two, replace(relay, faults={stage: [said] * 9}), settings)
    assert f"takes no mail of ours at {stage.value}: {said}" in sending.trouble
    assert (sending.failed, sending.schedule) == (0, REFUSED)
    assert fates(two) == [WAITS, WAITS]
    recovered(two, sink)


@pytest.mark.parametrize("fault", [DROP, HANG, "421 4.3.0 closing"])
@pytest.mark.parametrize("stage", [*IN_MAIL[:3], Stage.CONTENT])
def test_a_session_that_breaks_with_a_mail_in_hand_lets_another_be_first(
    two: Desk, sink: Sink, whole: tuple[FaultyRelay, SmtpSettings], stage: Stage, fault: str
) -> None:
    """The relay is left alone; then the next mail goes first, so that one which it chokes on keeps back no other."""
    relay, settings = whole
    if stage is Stage.CONTENT and fault != DROP:
        pytest.skip("a relay says nothing before it has the whole text")
    if stage is Stage.CONTENT:
        # Larger than the buffers on the way, so that it is noticed before the final dot.
        with two.database.transaction() as connection:
            connection.execute(
                update(outbox).values(protected_content=b"Subject: large\r\n\r\n" + (b"x" * 900 + b"\r\n") * 9000)
            )
    relay = replace(relay, faults={stage: [fault]})
    with running(relay):
        settings = waiting(settings, fault).model_copy(update={"port": relay.port})
        sending = two.send(settings)
        assert (sending.sent, sending.postponed, sending.schedule) == (0, 1, RELAY)
        assert sending.trouble
        assert fates(two)[:2] == [TRIED, WAITS]
        assert two.send(settings).sent == 1
    assert fates(two)[:2] == [TRIED, OUT]
    recovered(two, sink)


@pytest.mark.parametrize("fault", [DROP, HANG])
def test_what_may_be_out_is_sent_again_under_the_same_message_id(
    two: Desk, sink: Sink, whole: tuple[FaultyRelay, SmtpSettings], fault: str
) -> None:
    """The answer to the final dot is lost: the one case of two, the same to the byte; the next keeps its place."""
    relay, settings = whole
    relay = replace(relay, faults={Stage.FINAL_DOT: [fault]})
    with running(relay):
        settings = waiting(settings, fault).model_copy(update={"port": relay.port})
        sending = two.send(settings)
        assert (sending.sent, sending.postponed) == (0, 1)
        assert "had the whole mail and did not answer, so that it may be out" in sending.trouble
        assert two.send(settings).sent == 1
        first, second = relay.taken
        assert two.wait()
        assert two.send(settings).sent == 1
    assert relay.taken == [first, second, first]
    assert fates(two) == [("sent", 2), OUT]


def test_a_slow_answer_to_the_whole_mail_is_waited_for(two: Desk, whole: tuple[FaultyRelay, SmtpSettings]) -> None:
    """RFC 5321 §4.5.3.2.6: longer than for any other answer, ten minutes where nothing else is set."""
    relay, settings = whole
    relay = replace(relay, faults={Stage.FINAL_DOT: [SLOW]})
    assert passed(two, relay, settings.model_copy(update={"timeout": 1.0, "final_timeout": 15})).sent == 2
    assert len(relay.taken) == 2
    assert SmtpSettings().final_timeout == 600


# --- asked to slow down


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (Stage.MAIL, "432 4.3.2 Concurrent connections limit exceeded."),
        (Stage.FINAL_DOT, "421 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded."),
        (Stage.FINAL_DOT, "451 4.7.500 Server busy"),
        (Stage.RCPT, "421 4.7.28 unusual rate of mail"),
        (Stage.FINAL_DOT, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException"),
        (Stage.RCPT, "550 5.4.5 Daily sending quota exceeded"),
    ],
)
def test_a_relay_that_asks_to_slow_down_is_left_alone(
    two: Desk, sink: Sink, whole: tuple[FaultyRelay, SmtpSettings], stage: Stage, said: str
) -> None:
    """A minute at first; nothing is given up, even where a quota of a day is answered as if for good."""
    relay, settings = whole
    sending = passed(two, replace(relay, faults={stage: [said] * 9}), settings)
    assert (sending.sent, sending.postponed, sending.failed, sending.schedule) == (0, 1, 0, THROTTLED)
    assert said in sending.trouble
    assert fates(two) == [TRIED, WAITS]
    recovered(two, sink)


def test_too_many_connections_are_waited_out(two: Desk, sink: Sink, whole: tuple[FaultyRelay, SmtpSettings]) -> None:
    """At the greeting no mail is in hand, so none is tried."""
    relay, settings = whole
    sending = passed(two, replace(relay, faults={Stage.GREETING: ["421 4.3.2 too many connections"]}), settings)
    assert (sending.schedule, fates(two)) == (THROTTLED, [WAITS, WAITS])
    recovered(two, sink)


def test_a_relay_that_puts_off_everything_is_not_shown_everything(desk: Desk, sink: Sink) -> None:  # noqa: F811
    """Ten in a row, and the rest keeps its tries."""
    desk.record(*(letter(n, "webform", sender=f"p{n}@firm.example") for n in range(30)))
    sink.answer = "451 4.3.0 out of sorts"
    sending = desk.send()
    assert (sending.postponed, sending.trouble) == (10, "everything is put off; triage effects list says why")
    assert fates(desk).count(WAITS) == 20


def test_no_more_is_given_in_a_minute_than_the_relay_takes(desk: Desk, sink: Sink) -> None:  # noqa: F811
    """`messages_per_minute`: the rest waits for the minute to pass; it is no trouble."""
    desk.record(*(letter(n, "webform", sender=f"p{n}@firm.example") for n in range(8)))
    outgoing = desk.outgoing(desk.smtp.model_copy(update={"messages_per_minute": 3}))
    given = []
    while (sending := outgoing.send_due()).wait:
        given.append((sending.sent, sending.wait, sending.trouble))
        desk.now += timedelta(seconds=sending.wait)
    assert given == [(3, 60.0, ""), (3, 60.0, "")]
    assert (sending.sent, len(sink.taken)) == (2, 8)


# --- the judgement itself

JUDGED: dict[tuple[Stage, int, str], Judgement] = {
    (Stage.AUTH, 535, "5.7.8 no"): Judgement(About.RELAY, REFUSED),
    (Stage.AUTH, 454, "4.7.0 too many login attempts"): Judgement(About.RELAY, THROTTLED),
    (Stage.EHLO, 421, "4.4.5 busy"): Judgement(About.RELAY, RELAY),
    (Stage.MAIL, 552, "5.3.4 too large"): Judgement(About.REFUSED),
    (Stage.MAIL, 553, "5.6.7 no SMTPUTF8"): Judgement(About.REFUSED),
    (Stage.MAIL, 550, "5.7.1 no"): Judgement(About.RELAY, REFUSED),
    (Stage.RCPT, 451, "4.7.1 greylisted"): Judgement(About.DEFERRED),
    (Stage.RCPT, 450, "4.2.0 greylisted, see 4.7.28"): Judgement(About.DEFERRED),
    (Stage.RCPT, 550, "5.7.1 relay access denied"): Judgement(About.REFUSED),
    (Stage.RCPT, 550, "5.1.90 daily limit"): Judgement(About.INTERRUPTED, THROTTLED),
    (Stage.FINAL_DOT, 421, "4.4.2 Message submission rate for this client has exceeded the limit"): Judgement(
        About.INTERRUPTED, THROTTLED
    ),
    (Stage.FINAL_DOT, 421, "shutting down"): Judgement(About.INTERRUPTED, RELAY),
    (Stage.FINAL_DOT, -1, ""): Judgement(About.DEFERRED),
}


@pytest.mark.parametrize(("answer", "found"), JUDGED.items(), ids=[str(answer) for answer in JUDGED])
def test_an_answer_is_judged_by_stage_code_and_status(answer: tuple[Stage, int, str], found: Judgement) -> None:
    """Whose trouble it is, and how long the relay is left alone."""
    assert judge(*answer) == found


@pytest.mark.parametrize("schedule", [RELAY, REFUSED, THROTTLED])
def test_pauses_grow_and_differ(schedule: Schedule) -> None:
    """With jitter, so that what failed together does not come back together; never given up."""
    pauses = [delay(schedule, attempt, 0.5) or 0 for attempt in range(1, 20)]
    assert pauses == sorted(pauses)
    assert delay(schedule, 3, 0.1) != delay(schedule, 3, 0.9)
