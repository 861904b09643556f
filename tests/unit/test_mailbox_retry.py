"""When to try again, by kind of failure and number of the attempt."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.retry import (
    LOGIN_PAUSE,
    LOGIN_TRIES,
    OUTGOING,
    RECONNECT,
    REFUSED,
    RELAY,
    Schedule,
    delay,
    login_delay,
)

UNLIMITED = [RECONNECT, REFUSED, RELAY]


@given(st.sampled_from(UNLIMITED), st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_pause_stays_between_half_of_it_and_the_longest(schedule: Schedule, attempt: int, random: float) -> None:
    """Jitter spreads what failed together, never below half; nothing is given up, and nothing overflows."""
    pause = delay(schedule, attempt, random)
    assert pause is not None
    assert min(schedule.first * 2.0 ** min(attempt - 1, 30), schedule.longest) / 2 <= pause <= schedule.longest


@pytest.mark.parametrize("schedule", UNLIMITED)
def test_pauses_double_up_to_the_longest(schedule: Schedule) -> None:
    """Without jitter each is twice the one before, until they are as long as they get."""
    pauses = [delay(schedule, attempt, 0.0) or 0.0 for attempt in range(1, 40)]
    assert all(later == min(2 * earlier, schedule.longest / 2) for earlier, later in pairwise(pauses))
    assert pauses[-1] == schedule.longest / 2


def test_what_a_person_must_mend_is_asked_for_seldom() -> None:
    """A refusal waits longer from the first than a dropped connection."""
    assert (delay(REFUSED, 1, 0.0) or 0) >= 10 * (delay(RECONNECT, 1, 0.999) or 0)


def test_outgoing_mail_is_given_up_after_about_five_days() -> None:
    """RFC 5321 §4.5.4.1: at least four to five days; then None."""
    assert OUTGOING.attempts is not None
    pauses = [delay(OUTGOING, attempt, 0.5) for attempt in range(1, OUTGOING.attempts)]
    assert None not in pauses
    assert 3.5 * 86_400 <= sum(pause or 0 for pause in pauses) <= 6 * 86_400
    assert delay(OUTGOING, OUTGOING.attempts, 0.5) is None


def test_a_refused_login_is_tried_three_times_and_then_once_in_a_quarter_of_an_hour() -> None:
    """Pitfalls IMAP 9: mailcow bans for ten failures in ten minutes."""
    pauses = [login_delay(attempt, 0.0) for attempt in range(1, 10)]
    assert max(pauses[: LOGIN_TRIES - 1]) <= 20
    assert set(pauses[LOGIN_TRIES - 1 :]) == {LOGIN_PAUSE}
    assert LOGIN_PAUSE == 900
    assert login_delay(50, 0.999) > LOGIN_PAUSE
