"""The thread that sends: what it says in health, and how long it leaves alone what is in trouble."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from triage.core.retry import RELAY, THROTTLED
from triage.effects.outgoing import Sending
from triage.effects.pacing import Pacer
from triage.errors import LedgerUnavailable
from triage.health import HealthBoard
from triage.sending import LOOK_EVERY, Sender

NOW = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)


class Passes:
    """Stands in for Outgoing: one result after the other."""

    def __init__(self, *results: Sending | Exception) -> None:
        self.results = list(results)
        self.recorded = 0

    def send_due(self) -> Sending:
        """The next one."""
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    def stop(self) -> None:
        """Nothing is in hand."""

    def record_sent(self) -> None:
        """Count that it was asked for."""
        self.recorded += 1


def sender(passes: Any, told: Callable[[str], None] = lambda _: None) -> tuple[Sender, HealthBoard]:
    """With jitter in the middle."""
    board = HealthBoard({})
    return Sender(passes, board, about="outgoing mail", out=told, rand=lambda: 0.5), board


def trouble(board: HealthBoard) -> tuple[str, ...]:
    """What health says."""
    return board.snapshot(now=NOW).trouble


def test_pauses_grow_while_the_relay_is_down_and_health_says_so() -> None:
    """The sentence, and when it is tried again; gone with the first pass that is well."""
    down = Sending(trouble="relay down")
    made, board = sender(Passes(down, down, down, Sending()))
    pauses = []
    for _ in range(3):
        pauses.append(made._pass())
        assert trouble(board) == (f"outgoing mail: relay down; trying again in {pauses[-1][0]:.0f} s",)
    assert pauses == [(1.5, True), (3.0, True), (6.0, True)]
    assert made._pass() == (LOOK_EVERY, False)
    assert trouble(board) == ()


def test_a_relay_that_asks_to_slow_down_is_left_alone_longer() -> None:
    """By its own schedule; one that takes some mail before it asks again is at the beginning of it again."""
    slow = Sending(trouble="too fast", schedule=THROTTLED)
    made, _ = sender(Passes(slow, slow, Sending(sent=30, trouble="too fast", schedule=THROTTLED)))
    assert [made._pass()[0] for _ in range(3)] == [45.0, 90.0, 45.0]


def test_a_paced_relay_is_waited_for_without_trouble() -> None:
    """So long as the minute lasts."""
    made, board = sender(Passes(Sending(sent=30, wait=42.0)))
    assert made._pass() == (42.0, False)
    assert trouble(board) == ()


def test_offices_whose_replies_are_out_are_told() -> None:
    """In trouble too, for what went out before."""
    told: list[str] = []
    made, _ = sender(Passes(Sending(sent=2, offices={"delhi"}, trouble="gone")), told.append)
    made._pass()
    assert told == ["delhi"]


@pytest.mark.parametrize("error", [LedgerUnavailable("the ledger is locked")])
def test_a_ledger_that_is_gone_is_trouble_too(error: Exception) -> None:
    """The thread outlives it, and says it."""
    made, board = sender(Passes(error, error))
    assert [made._pass() for _ in range(2)] == [(1.5, True), (3.0, True)]
    assert "the ledger is locked" in trouble(board)[0]


def test_what_is_out_is_recorded_before_the_thread_ends() -> None:
    """The last chance: a new process would send it again."""
    passes = Passes()
    made, _ = sender(passes)
    made.stop()
    made.run()
    assert passes.recorded == 1


def test_no_more_than_so_many_in_any_minute() -> None:
    """Not by the clock's minutes: the oldest of the last so many must be a minute old."""
    now = [0.0]
    pacer = Pacer(2, clock=lambda: now[0])
    for at in (0.0, 50.0):
        now[0] = at
        assert pacer.wait() == 0
        pacer.spend()
    now[0] = 55.0
    assert pacer.wait() == 5.0
    now[0] = 60.0
    assert pacer.wait() == 0
    pacer.spend()
    assert pacer.wait() == 50.0


def test_without_a_limit_nothing_waits() -> None:
    """However many."""
    pacer = Pacer(None, clock=lambda: 0.0)
    for _ in range(1000):
        pacer.spend()
    assert pacer.wait() == 0


def test_the_relays_pauses_are_bounded() -> None:
    """A relay that was down for a day is tried within five minutes."""
    made, _ = sender(Passes(*[Sending(trouble="down")] * 40))
    assert max(made._pass()[0] for _ in range(40)) <= RELAY.longest


def test_what_nobody_foresaw_ends_no_sending() -> None:
    """Of it health says kind and place only: its words may be a sender's. The next pass is well."""
    made, board = sender(Passes(ValueError("from a.person@mail.example"), Sending()))
    pause, in_trouble = made._pass()
    assert (pause, in_trouble) == (1.5, True)
    (said,) = trouble(board)
    assert said.startswith("outgoing mail: unexpected ValueError at test_sending.py:")
    assert "a.person" not in said
    assert made._pass() == (LOOK_EVERY, False)
