"""Taking turns: what one has brought delays nobody else's first piece."""

import threading
import time

import pytest

from triage.turns import Places, Turns


def test_one_piece_of_each_is_taken_in_turn() -> None:
    """However much one has brought, who comes later is next but one."""
    turns: Turns[str] = Turns()
    for piece in ("a1", "a2", "a3", "a4"):
        turns.put("a", piece, first=False)
    taken = [turns.take()]
    turns.put("b", "b1", first=False)
    turns.put("c", "c1", first=False)
    taken += [turns.take() for _ in range(5)]
    assert taken == ["a1", "a2", "b1", "c1", "a3", "a4"]


def test_who_has_nothing_left_and_comes_again_is_last() -> None:
    """Nobody keeps a place by bringing little at a time."""
    turns: Turns[str] = Turns()
    turns.put("a", "a1", first=False)
    turns.put("b", "b1", first=False)
    assert turns.take() == "a1"
    turns.put("a", "a2", first=False)
    assert [turns.take(), turns.take()] == ["b1", "a2"]


def test_small_pieces_go_before_all_others() -> None:
    """In the order in which they came, whoever brought them."""
    turns: Turns[str] = Turns()
    turns.put("a", "a1", first=False)
    turns.put("b", "b1", first=False)
    turns.put("c", "small 1", first=True)
    turns.put("a", "small 2", first=True)
    assert [turns.take() for _ in range(4)] == ["small 1", "small 2", "a1", "b1"]


def test_a_place_is_given_to_whoever_has_waited_longest() -> None:
    """Also where the one who gives it up wants it again at once."""
    places, order = Places(1), []
    threads = []

    def work(name: str) -> None:
        with places.place():
            order.append(name)

    with places.place():
        for number in range(5):
            threads.append(threading.Thread(target=work, args=(f"waiting {number}",)))
            threads[-1].start()
            while len(places._line) <= number:
                time.sleep(0.001)
    work("again")
    for thread in threads:
        thread.join()
    assert order == [*(f"waiting {number}" for number in range(5)), "again"]


def test_a_place_is_given_up_where_the_work_fails() -> None:
    """A broken connection ends a batch at any point."""
    places = Places(1)
    for _ in range(3):
        with pytest.raises(OSError, match="broken"), places.place():
            raise OSError("broken")
    with places.place():
        pass
