"""The SMTP relay: hands composed mail over, and says what kind of failure a failure is."""

import smtplib
import ssl
from contextlib import suppress
from types import TracebackType
from typing import Self

from triage.errors import MailDeferred, MailRefused, RelayUnavailable
from triage.ledger.records import QueuedMail
from triage.secrets import read_secret
from triage.settings import SmtpSettings


class Relay:
    """One SMTP session, opened when first needed and used for as many mails as there are."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Take where the relay is; nothing is opened yet."""
        self._settings = settings
        self._session: smtplib.SMTP | None = None

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

    def send(self, mail: QueuedMail) -> None:
        """Hand one mail over; returns when the relay has taken it for all recipients.

        Raises RelayUnavailable where the relay itself cannot be used (after the final dot the outcome may be
        unknown; the mail is sent again under the same Message-ID), MailDeferred where it answers 4xx to this mail,
        and MailRefused where it answers 5xx.
        """
        session = self._opened()
        try:
            self._hand_over(session, mail)
        except smtplib.SMTPResponseException as error:
            if error.smtp_code == 421:  # the relay is closing the session (RFC 5321 §3.8)
                self._drop()
                raise RelayUnavailable(f"{self._name} closed: {_text(error.smtp_error)}") from error
            with suppress(smtplib.SMTPException, OSError):
                session.rset()
            raise self._judged(error.smtp_code, error.smtp_error) from error
        except UnicodeEncodeError:
            self._drop()
            raise MailRefused(f"{self._name} does not take addresses beyond ASCII (no SMTPUTF8)") from None
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise RelayUnavailable(f"{self._name}: the connection broke while sending: {error}") from error

    @property
    def _name(self) -> str:
        return f"SMTP relay {self._settings.host}:{self._settings.port}"

    def _hand_over(self, session: smtplib.SMTP, mail: QueuedMail) -> None:
        options = []
        if not all(recipient.isascii() for recipient in mail.recipients) and session.has_extn("smtputf8"):
            options = ["SMTPUTF8"]
        _expect(session.mail(mail.envelope_sender, options), 250)
        for recipient in mail.recipients:
            _expect(session.rcpt(recipient), 250, 251)
        _expect(session.data(mail.content), 250)

    def _opened(self) -> smtplib.SMTP:
        if self._session is None:
            self._session = self._open()
        return self._session

    def _open(self) -> smtplib.SMTP:
        try:
            return self._logged_in()
        except smtplib.SMTPNotSupportedError as error:
            raise RelayUnavailable(f"{self._name} does not offer what is asked of it: {error}") from error
        except smtplib.SMTPResponseException as error:
            # A refused greeting or login is the relay's state, not the mail's: nothing is given up for it.
            said = f"{error.smtp_code} {_text(error.smtp_error)}"
            raise RelayUnavailable(f"{self._name} refused the session: {said}") from error
        except UnicodeEncodeError:
            # smtplib's login knows ASCII only. Its error holds the password, so nothing of it is passed on.
            raise RelayUnavailable(f"{self._name}: user and password must be ASCII") from None
        except (smtplib.SMTPException, OSError) as error:
            raise RelayUnavailable(f"{self._name} cannot be reached: {error}") from error

    def _logged_in(self) -> smtplib.SMTP:
        settings = self._settings
        context = self._context()
        session: smtplib.SMTP
        if settings.tls == "implicit":
            session = smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout, context=context)
        else:
            session = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
        try:
            session.ehlo_or_helo_if_needed()
            if settings.tls == "starttls":
                session.starttls(context=context)
                session.ehlo()
            if settings.user and settings.secret:
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

    def _judged(self, code: int, said: bytes | str) -> MailDeferred | MailRefused:
        sentence = f"{self._name} answered {code} {_text(said)}"
        return MailRefused(sentence) if code >= 500 else MailDeferred(sentence)


def _expect(answer: tuple[int, bytes], *codes: int) -> None:
    if answer[0] not in codes:
        raise smtplib.SMTPResponseException(*answer)


def _text(said: bytes | str) -> str:
    """What a relay said, without the addresses that it repeats: it is kept in a clear column and logged."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join("(address)" if "@" in word else word for word in words.split())
