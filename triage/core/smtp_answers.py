"""What a relay's answer is about: the one mail, the relay itself, or how much it is asked to do at once."""

import re
from dataclasses import dataclass
from enum import StrEnum

from triage.core.retry import REFUSED, RELAY, THROTTLED, Schedule


class Stage(StrEnum):
    """How far a session has come (RFC 5321 §3); the words are for people."""

    GREETING = "connecting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"
    CONTENT = "the mail's text"
    FINAL_DOT = "the whole mail"


BEFORE_MAIL = frozenset({Stage.GREETING, Stage.EHLO, Stage.STARTTLS, Stage.AUTH})


class About(StrEnum):
    """Whose trouble a refusal is."""

    DEFERRED = "deferred"  # this mail's: later, by itself
    REFUSED = "refused"  # this mail's: for good
    INTERRUPTED = "interrupted"  # this mail later, and no other just now
    RELAY = "relay"  # the relay's: every mail would meet it


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows from an answer."""

    about: About
    schedule: Schedule = RELAY  # how long the relay is left alone, where it is


# 432 is Exchange's for too many connections, 4.3.2 its status and that of a system that takes nothing now (RFC 3463
# §3.4); 4.7.x are reputation and rates (Gmail 4.7.28, Exchange 4.7.500), but for 4.7.1, which greylisting answers.
_SLOW_DOWN = re.compile(r"^4\.(?:3\.2|7\.(?!1\b)\d+)\b")
# Quotas of a day or an hour that are answered as if for good: Exchange Online's and Gmail's.
_QUOTA = re.compile(r"^5\.(?:1\.90|4\.5|7\.23[23])\b|SubmissionQuotaExceeded|submission rate for this client", re.I)
_WANTS_LOGIN = frozenset({530, 534, 535, 538})  # RFC 4954 §6, RFC 3207 §4
# At MAIL FROM: too large, an address or a parameter that it cannot take (RFC 5321 §4.2.3, RFC 6531 §3.5).
_ABOUT_THE_MAIL = frozenset({552, 553, 555})


def judge(stage: Stage, code: int, said: str) -> Judgement:  # noqa: PLR0911 - one rule after the other
    """Tell what a refusal with `code` at `stage` is about; `said` is its text.

    The envelope sender is the same for all our mail, so a relay that refuses it for good refuses every mail: nothing is
    given up for that, or one wrong setting at the relay would turn the whole outbox into dead letters.
    """
    slow_down = code == 432 or bool(_SLOW_DOWN.search(said) or _QUOTA.search(said))
    if stage in BEFORE_MAIL:
        if slow_down:
            return Judgement(About.RELAY, THROTTLED)
        # What a person must mend (a password, a permission) is asked for seldom, or the relay bans us.
        return Judgement(About.RELAY, REFUSED if code >= 500 else RELAY)
    if slow_down:
        return Judgement(About.INTERRUPTED, THROTTLED)
    if code == 421:  # it closes the session (RFC 5321 §3.8)
        return Judgement(About.INTERRUPTED)
    if code < 500:
        return Judgement(About.DEFERRED)
    if code in _WANTS_LOGIN or (stage is Stage.MAIL and code not in _ABOUT_THE_MAIL):
        return Judgement(About.RELAY, REFUSED)
    return Judgement(About.REFUSED)
