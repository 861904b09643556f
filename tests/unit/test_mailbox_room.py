"""The room that all offices share for the messages in hand."""

import threading
import time

from triage.mailbox.room import Room

MIB = 1024 * 1024


def test_who_finds_no_room_waits_until_some_is_given_back() -> None:
    """Nobody is given more than there is."""
    room, got = Room(25 * MIB), threading.Event()
    room.take(250 * MIB)

    def want() -> None:
        room.take(10 * MIB)
        got.set()

    thread = threading.Thread(target=want)
    thread.start()
    assert not got.wait(0.05)
    room.give(250 * MIB)
    assert got.wait(10)
    thread.join()


def test_the_largest_message_allowed_has_room() -> None:
    """Whatever the limit for a message is set to."""
    room = Room(200 * MIB)
    room.take(200 * MIB)
    assert not room.is_scarce()
    room.take(200 * MIB)
    assert room.is_scarce()


def test_many_offices_with_much_mail_never_wait_for_one_another_for_ever() -> None:
    """Each holds a batch and takes the next while there is plenty, as the sweep does; all come to an end."""
    room, size, most = Room(25 * MIB), 16 * MIB, 0
    held, lock = 0, threading.Lock()

    def note(change: int) -> None:
        nonlocal held, most
        with lock:
            held += change
            most = max(most, held)

    def sweep() -> None:
        in_hand = 0
        for _ in range(20):
            room.take(size)
            note(size)
            in_hand += 1
            while in_hand > 1 or (in_hand and room.is_scarce()):
                time.sleep(0.0001)
                note(-size)
                room.give(size)
                in_hand -= 1
        note(-in_hand * size)
        room.give(in_hand * size)

    threads = [threading.Thread(target=sweep, daemon=True) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert (held, most <= 256 * MIB) == (0, True)
