"""Waking a watch from another thread, in a process that has many descriptors open."""

import fcntl
import os
import resource
from collections.abc import Iterator

import pytest

from triage.mailbox.idling import Waker, readable

LONG = 60.0


@pytest.fixture
def waker() -> Iterator[Waker]:
    """A waker of the test's own."""
    waker = Waker()
    yield waker
    waker.close()


def test_a_call_is_heard_by_the_next_wait_and_only_by_that(waker: Waker) -> None:
    """However often it was called in between."""
    waker.wake()
    waker.wake()
    waker.wait(LONG)
    assert readable([waker.fileno()], 0) == set()
    assert not waker.stopping()


def test_stopping_wakes_and_stays(waker: Waker) -> None:
    """Whoever looks later still sees it."""
    waker.stop()
    waker.wait(LONG)
    assert waker.stopping()


def test_a_wait_without_a_call_ends_by_itself(waker: Waker) -> None:
    """Also one for less than nothing."""
    waker.wait(0.001)
    waker.wait(-1)


def test_descriptors_above_a_thousand_can_be_waited_for(waker: Waker) -> None:
    """Hundreds of offices have more than select can take; poll has no such limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in {resource.RLIM_INFINITY} and hard < 2048:
        pytest.skip("this machine allows no process more than 1,024 descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    high = fcntl.fcntl(waker.fileno(), fcntl.F_DUPFD, 1500)
    try:
        waker.wake()
        assert readable([high], LONG) == {high}
    finally:
        os.close(high)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
