"""The error tree. Foreign exceptions are mapped onto it at the edge that meets them, and nowhere else.

TriageError                     anything that this service says went wrong; str() is a sentence for people
├── ConfigurationError          settings, rules, templates, secrets: carries every problem, each with its place
├── TemporaryFailure            worth trying again later
│   ├── MailboxUnavailable      IMAP: no connection, dropped, BYE, [UNAVAILABLE], throttled
│   ├── RelayUnavailable        SMTP: no connection, no TLS, no login
│   ├── MailDeferred            SMTP: 4xx to one mail
│   │   └── MailInterrupted     SMTP: broken off with the mail in hand, or asked to slow down: no other mail just now
│   ├── LeaseLost               another process works for the office now, or may
│   └── LedgerUnavailable       the database cannot be reached, is locked, or its disk is full
└── PermanentFailure            trying again changes nothing; a person must act
    ├── LoginRefused            IMAP: the server refuses the user or the secret
    ├── MailboxRefused          IMAP: the server refuses a command: no such folder, no permission, no TLS
    ├── MailRefused             SMTP: 5xx to one mail
    ├── LedgerInUse             another daemon owns the ledger
    ├── LedgerNotMigrated       the database's schema is not the one this version expects
    └── ModelUnusable           the classifier's model is missing, corrupt or made by other versions
"""

import traceback
from collections.abc import Sequence
from pathlib import Path

from triage.core.located_yaml import Problem
from triage.core.retry import RELAY, Schedule


class TriageError(Exception):
    """Anything that this service says went wrong; its text is a sentence for people."""


class ConfigurationError(TriageError):
    """Settings, rules, templates or secrets are wrong; `problems` lists all of them, not the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Take every problem found, in the order of their places."""
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class TemporaryFailure(TriageError):
    """Worth trying again later."""


class MailboxUnavailable(TemporaryFailure):
    """The IMAP server cannot be reached, dropped the connection, or asks to wait."""


class RelayUnavailable(TemporaryFailure):
    """The SMTP relay cannot be reached or used; `schedule` says how long it is left alone."""

    def __init__(self, sentence: str, *, schedule: Schedule = RELAY) -> None:
        """Take the sentence, and the pauses before it is tried again."""
        super().__init__(sentence)
        self.schedule = schedule


class MailDeferred(TemporaryFailure):
    """The SMTP relay answered 4xx to one mail."""


class MailInterrupted(MailDeferred):
    """The relay broke off with the mail in hand, or asks us to slow down: this mail later, and no other just now."""

    def __init__(self, sentence: str, *, schedule: Schedule = RELAY) -> None:
        """Take the sentence, and the pauses before the relay is tried again."""
        super().__init__(sentence)
        self.schedule = schedule


class LedgerUnavailable(TemporaryFailure):
    """The database cannot be reached, is locked, or its disk is full."""


class LeaseLost(TemporaryFailure):
    """Another process works for the office now, or may: nothing more is done for it here."""


class PermanentFailure(TriageError):
    """Trying again changes nothing; a person must act."""


class LoginRefused(PermanentFailure):
    """The IMAP server refuses the user or the secret."""


class MailboxRefused(PermanentFailure):
    """The IMAP server refuses a command: no such folder, no permission, no TLS."""


class MailRefused(PermanentFailure):
    """The SMTP relay answered 5xx to one mail."""


class LedgerInUse(PermanentFailure):
    """Another daemon owns the ledger."""


class LedgerNotMigrated(PermanentFailure):
    """The database's schema is not the one this version expects."""


class ModelUnusable(PermanentFailure):
    """The classifier's model is missing, corrupt, or was made by other library versions."""


def sentence_of(error: Exception) -> str:
    """What went wrong. Of what nobody foresaw only kind and place, since its text may hold what a sender wrote."""
    if isinstance(error, TriageError):
        return str(error)
    places = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    return f"unexpected {type(error).__name__}{where}"
