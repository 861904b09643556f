"""The SMTP relay: hands composed mail over, and says what kind of failure a failure is."""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from triage.core.smtp_answers import BEFORE_MAIL, About, Stage, judge
from triage.errors import LeaseLost, MailDeferred, MailInterrupted, MailRefused, RelayUnavailable, TriageError
from triage.ledger.records import QueuedMail
from triage.secrets import read_secret
from triage.settings import SmtpSettings

_PART = 64 * 1024
_MOST_SAID = 500


class Relay:
    """One SMTP session, opened when first needed and used for as many mails as there are."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Take where the relay is; nothing is opened yet."""
        self._settings = settings
        self._session: smtplib.SMTP | None = None
        self._stage = Stage.GREETING
        self._severed = False

    def __enter__(self) -> Self:
        """Nothing to do: the session opens with the first mail."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session, politely where it still listens."""
        if self._session is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._session.quit()
            self._session = None

    def send(self, mail: QueuedMail, *, still: Callable[[], None]) -> None:
        """Hand one mail over; returns when the relay has taken it for all recipients.

        `still` is asked before each part of it: without the final dot the relay has nothing.

        Raises RelayUnavailable where the relay itself cannot be used, MailInterrupted where it breaks off with the mail
        in hand or asks to slow down (after the final dot the outcome may be unknown; the mail is sent again under the
        same Message-ID), MailDeferred where it answers 4xx to this mail, and MailRefused where it answers 5xx.
        """
        if self._session is None:
            self._open()
        if self._severed:
            raise RelayUnavailable(f"{self._name} was not waited for, since the service stops")
        try:
            self._hand_over(mail, still)
        except LeaseLost:
            self._drop()
            raise
        except smtplib.SMTPResponseException as error:
            raise self._judged(error) from error
        except UnicodeEncodeError:
            self._drop()
            raise MailRefused(f"{self._name} does not take addresses beyond ASCII (no SMTPUTF8)") from None
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise MailInterrupted(self._broken(error)) from error

    def sever(self) -> None:
        """Cut the session, from another thread: whoever waits for an answer finds the connection broken."""
        self._severed = True
        session = self._session
        if session is not None and session.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(session.sock, socket.SHUT_RDWR)

    @property
    def _name(self) -> str:
        return f"SMTP relay {self._settings.host}:{self._settings.port}"

    def _hand_over(self, mail: QueuedMail, still: Callable[[], None]) -> None:
        session = self._session
        assert session is not None
        assert session.sock is not None
        options = []
        self._stage = Stage.MAIL
        if not all(recipient.isascii() for recipient in mail.recipients) and session.has_extn("smtputf8"):
            options = ["SMTPUTF8"]
        _expect(session.mail(mail.envelope_sender, options), 250)
        self._stage = Stage.RCPT
        for recipient in mail.recipients:
            _expect(session.rcpt(recipient), 250, 251)
        self._stage = Stage.DATA
        _expect(session.docmd("DATA"), 354)
        self._stage = Stage.CONTENT
        content = _dotted(mail.content)
        # In parts, since the socket's timeout is for all that it is given at once.
        for start in range(0, len(content), _PART):
            still()
            session.send(content[start : start + _PART])
        self._stage = Stage.FINAL_DOT
        # A relay that has the whole mail may look at it for minutes. RFC 5321 §4.5.3.2.6 gives it ten: who hangs up
        # sooner sends twice what was taken (RFC 1047).
        session.sock.settimeout(self._settings.final_timeout)
        answer = session.getreply()
        session.sock.settimeout(self._settings.timeout)
        _expect(answer, 250)

    def _open(self) -> None:
        self._stage = Stage.GREETING
        try:
            self._session = self._logged_in()
        except smtplib.SMTPNotSupportedError as error:
            raise RelayUnavailable(f"{self._name} does not offer what is asked of it: {error}") from error
        except smtplib.SMTPResponseException as error:
            raise self._judged(error) from error
        except UnicodeEncodeError:
            # smtplib's login knows ASCII only. Its error holds the password, so nothing of it is passed on.
            raise RelayUnavailable(f"{self._name}: user and password must be ASCII") from None
        except (smtplib.SMTPException, OSError) as error:
            raise RelayUnavailable(self._broken(error)) from error

    def _logged_in(self) -> smtplib.SMTP:
        settings = self._settings
        context = self._context()
        session: smtplib.SMTP
        if settings.tls == "implicit":
            session = smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout, context=context)
        else:
            session = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
        try:
            self._stage = Stage.EHLO
            session.ehlo_or_helo_if_needed()
            if settings.tls == "starttls":
                self._stage = Stage.STARTTLS
                session.starttls(context=context)
                self._stage = Stage.EHLO
                session.ehlo_or_helo_if_needed()
            if settings.user and settings.secret:
                self._stage = Stage.AUTH
                session.login(settings.user, read_secret(settings.secret))
        except BaseException:
            session.close()
            raise
        return session

    def _context(self) -> ssl.SSLContext:
        ca_file = self._settings.ca_file
        try:
            return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        except OSError as error:
            raise RelayUnavailable(f"{self._name}: ca_file {ca_file} cannot be used: {error}") from error

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _broken(self, error: Exception) -> str:
        if self._stage is Stage.GREETING:
            return f"{self._name} cannot be reached: {error}"
        if self._stage is Stage.FINAL_DOT:
            return f"{self._name} had the whole mail and did not answer, so that it may be out: {error}"
        return f"{self._name}: the connection broke while sending, at {self._stage.value}: {error}"

    def _judged(self, answer: smtplib.SMTPResponseException) -> TriageError:
        """What the answer means; the session is ready for the next mail, or gone."""
        code, said = answer.smtp_code, _text(answer.smtp_error)
        found = judge(self._stage, code, said)
        if found.about in {About.DEFERRED, About.REFUSED} and self._session is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._session.rset()
        else:
            self._drop()
        sentence = f"{self._name} answered {code} {said}"
        match found.about:
            case About.DEFERRED:
                return MailDeferred(sentence)
            case About.REFUSED:
                return MailRefused(sentence)
            case About.INTERRUPTED:
                return MailInterrupted(sentence, schedule=found.schedule)
            case About.RELAY:
                what = "refused the session" if self._stage in BEFORE_MAIL else "takes no mail of ours"
                sentence = f"{self._name} {what} at {self._stage.value}: {code} {said}"
                return RelayUnavailable(sentence, schedule=found.schedule)


def _expect(answer: tuple[int, bytes], *codes: int) -> None:
    if answer[0] not in codes:
        raise smtplib.SMTPResponseException(*answer)


def _dotted(content: bytes) -> bytes:
    """The content with its end, no line of it being the end before (RFC 5321 §4.5.2), a bare LF's neither."""
    doubled = re.sub(rb"(?m)^\.", b"..", content)
    return doubled + (b".\r\n" if doubled.endswith(b"\r\n") else b"\r\n.\r\n")


def _text(said: bytes | str) -> str:
    """What a relay said, without the addresses that it repeats: it is kept in a clear column and logged."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join("(address)" if "@" in word else word for word in words.split())[:_MOST_SAID]
