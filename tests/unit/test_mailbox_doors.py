"""The door of a server: a line, a pace, and so many places."""

import math
import threading
from contextlib import ExitStack

import pytest

from triage.mailbox.account import Account
from triage.mailbox.doors import Door, Doors
from triage.mailbox.idling import Waker


class Clock(Waker):
    """A waker whose waits take no time: they move a clock that all share."""

    now = 0.0

    def wait(self, seconds: float) -> None:
        """Let the time pass."""
        Clock.now += seconds


@pytest.fixture(autouse=True)
def midnight() -> None:
    """The clock stands at nought."""
    Clock.now = 0.0


def test_logins_come_at_a_steady_pace() -> None:
    """Five hundred offices at twenty a second: the last is let in after twenty-five seconds, none before its time."""
    door = Door(most=None, per_second=20, clock=lambda: Clock.now)
    times = []
    with ExitStack() as stack:
        for _ in range(500):
            assert stack.enter_context(door.admitted(Clock()))
            times.append(Clock.now)
    assert times == pytest.approx([number / 20 for number in range(500)])


def test_no_more_are_inside_than_the_server_takes() -> None:
    """Whoever is over the number waits until one has left; then comes who has waited longest."""
    door = Door(most=2, per_second=math.inf)
    order: list[int] = []
    leave = [threading.Event() for _ in range(5)]
    entered = [threading.Event() for _ in range(5)]

    def session(number: int) -> None:
        with door.admitted(wakers[number]) as admitted:
            assert admitted
            order.append(number)
            entered[number].set()
            assert leave[number].wait(10)

    wakers = [Waker() for _ in range(5)]
    threads = [threading.Thread(target=session, args=(number,)) for number in range(5)]
    for number, thread in enumerate(threads):
        thread.start()
        while not (entered[number].is_set() or wakers[number] in door._line):
            pass
    assert order == [0, 1]
    assert door.awaited()
    for number in (1, 0, 2, 3, 4):
        leave[number].set()
        threads[number].join(10)
    assert order == [0, 1, 2, 3, 4]
    assert not door.awaited()


def test_who_is_longest_inside_is_woken_when_another_waits() -> None:
    """Else it would be in IDLE until the renewal, and the other outside."""
    door = Door(most=1, per_second=math.inf)

    class Inside(Waker):
        woken = 0

        def wake(self) -> None:
            self.woken += 1

    class Outside(Waker):
        def wait(self, seconds: float) -> None:
            del seconds
            self.stop()

    inside = Inside()
    with door.admitted(inside), door.admitted(Outside()) as admitted:
        assert not admitted, "stopped in line"
    assert inside.woken == 1


def test_who_is_stopped_in_line_holds_nobody_up() -> None:
    """The next in line is first then."""
    door = Door(most=1, per_second=math.inf)
    stopped = Waker()
    with door.admitted(Waker()):
        stopped.stop()
        with door.admitted(stopped) as admitted:
            assert not admitted
    with door.admitted(Waker()) as admitted:
        assert admitted


def test_each_server_has_a_door_of_its_own() -> None:
    """One that is slow or full delays no other; host names have no case."""
    doors = Doors(most=1, per_second=1)

    def account(host: str, port: int = 993) -> Account:
        return Account(host=host, port=port, tls="implicit", user="delhi", read_secret=str)

    assert doors.of(account("mail.example")) is doors.of(account("MAIL.example"))
    assert doors.of(account("mail.example")) is not doors.of(account("mail.example", 143))
    assert doors.of(account("mail.example")) is not doors.of(account("other.example"))
