"""When to try again: the kind of work and the number of the attempt give a pause, or say that it is time to give up.

Pure: the caller brings the random number, waits, and counts. Jitter is full below half, so that what failed
together does not come back together (Brooker 2015, Exponential Backoff and Jitter).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Pauses that double from `first` to `longest` seconds; `attempts` None: never given up."""

    first: float
    longest: float
    attempts: int | None = None


RECONNECT = Schedule(first=1, longest=300)
# What a person must mend (no such folder, no TLS): asked seldom, so that it is taken up again without a restart.
REFUSED = Schedule(first=60, longest=900)
# Refused credentials: three tries, then one in 15 minutes, or the server bans the address (pitfalls IMAP 9).
LOGIN = Schedule(first=5, longest=20)
LOGIN_TRIES = 3
LOGIN_PAUSE = 900.0
RELAY = Schedule(first=2, longest=300)
# A relay that asks us to slow down counts by the minute (Exchange Online: 30 messages), or by the day.
THROTTLED = Schedule(first=60, longest=900)
# A deferred mail: from 1 minute to 2 hours, for about five days (RFC 5321 §4.5.4.1); jitter takes a quarter on average.
OUTGOING = Schedule(first=60, longest=7200, attempts=88)


def delay(schedule: Schedule, attempt: int, random: float) -> float | None:
    """Give the seconds to wait after failed `attempt` (from 1), or None to give up; `random` is in [0, 1)."""
    if schedule.attempts is not None and attempt >= schedule.attempts:
        return None
    whole = min(schedule.first * 2.0 ** min(attempt - 1, 30), schedule.longest)
    return whole / 2 + whole / 2 * random


def login_delay(attempt: int, random: float) -> float:
    """Give the seconds to wait after the login was refused for the `attempt`-th time in a row."""
    if attempt >= LOGIN_TRIES:
        return LOGIN_PAUSE * (1 + random / 10)
    return delay(LOGIN, attempt, random) or LOGIN_PAUSE
