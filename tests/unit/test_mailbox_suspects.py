"""What a connection broke on is remembered, tried alone, and left for a while, never for good."""

from triage.mailbox.suspects import ALONE_AT_MOST, REST_SECONDS, Suspects


def _after(*breaks: list[int]) -> tuple[Suspects, list[float]]:
    now = [1000.0]
    suspects = Suspects(lambda: now[0])
    for uids in breaks:
        suspects.broke_on(uids)
    return suspects, now


def test_a_broken_batch_makes_all_of_it_suspect_and_none_rest() -> None:
    """Who of them it was is not known yet."""
    suspects, _ = _after(*[[1, 2]] * 10)
    assert suspects.suspected(1)
    assert suspects.suspected(2)
    assert not suspects.resting(1)


def test_a_message_that_breaks_it_alone_rests_and_is_tried_again() -> None:
    """After so many times; then it gets as many tries as before."""
    suspects, now = _after(*[[1]] * (ALONE_AT_MOST - 1))
    assert not suspects.resting(1)
    suspects.broke_on([1])
    assert suspects.resting(1)
    now[0] += REST_SECONDS
    assert not suspects.resting(1)
    assert suspects.suspected(1)
    suspects.broke_on([1])
    assert not suspects.resting(1)


def test_a_message_that_came_is_cleared() -> None:
    """A network that failed once at the wrong moment leaves no mark."""
    suspects, _ = _after(*[[1]] * ALONE_AT_MOST)
    suspects.came([1])
    assert not suspects.suspected(1)
    assert not suspects.resting(1)
