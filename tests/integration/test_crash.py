"""Killed between any two steps: nothing lost, nothing done twice (invariants 1 and 2).

A kill is an exception that nothing catches, raised at the seam between two steps; then the service starts anew, and
the mailbox and the relay are looked at from outside.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import World, letter, make_world
from triage import sweep
from triage.effects import filing
from triage.ledger import queue, recording
from triage.mailbox import moving
from triage.mailbox.connection import Mailbox

pytestmark = pytest.mark.dovecot

BY_FOLDER = {
    "Urgent": [letter(1, "urgent", sender="p1@firm.example"), letter(2, "urgent", sender="p2@firm.example")],
    "Web form": [letter(3, "webform", sender="p3@firm.example"), letter(4, "webform", sender="p4@firm.example")],
    "To review": [letter(5, "no idea", sender="p5@firm.example")],
    "Automated": [letter(6, "urgent", sender="p6@firm.example", Auto_Submitted="auto-replied")],
}
PEOPLE = {f"p{number}@firm.example" for number in range(1, 6)}
DUTY = "duty@visa-delhi.example"
INBOX = [message for messages in BY_FOLDER.values() for message in messages]


class Killed(BaseException):
    """The process is gone: nothing that handles errors may handle this."""


@dataclass(frozen=True)
class Kill:
    """Where the process is killed: before a function is run, or after, the n-th time."""

    owner: Any
    name: str
    after: bool = False
    nth: int = 1

    def arm(self, patch: pytest.MonkeyPatch) -> list[str]:
        """Put the kill in place; gives a list that tells whether it has struck."""
        struck: list[str] = []
        real: Callable[..., Any] = getattr(self.owner, self.name)
        runs = Counter[str]()

        def deadly(*args: Any, **kwargs: Any) -> Any:
            runs[self.name] += 1
            if runs[self.name] < self.nth:
                return real(*args, **kwargs)
            if self.after:
                real(*args, **kwargs)
            struck.append(self.name)
            raise Killed

        patch.setattr(self.owner, self.name, deadly)
        return struck


KILLS = {
    "before the batch is recorded": Kill(recording, "record"),
    "after it is recorded, before anything is moved": Kill(recording, "record", after=True),
    "after the flags, before the move": Kill(Mailbox, "add_flags", after=True),
    "after the first folder's move, before the ledger knows": Kill(queue, "settle"),
    "after the second folder's move, before the ledger knows": Kill(queue, "settle", nth=2),
    "after the first folder is settled": Kill(queue, "settle", after=True),
    "when all is filed, before anything is sent": Kill(sweep, "copy_to_sent"),
    "after the relay took the first mail, before the ledger knows": Kill(queue, "mail_sent"),
    "after the relay took the fourth mail, before the ledger knows": Kill(queue, "mail_sent", nth=4),
    "after the ledger knows that the first mail is out": Kill(queue, "mail_sent", after=True),
    "when all is out, before a copy stands in Sent": Kill(Mailbox, "append"),
    "after the first copy, before the ledger knows": Kill(queue, "mail_copied"),
    "after the third copy, before the ledger knows": Kill(queue, "mail_copied", nth=3),
    "after the ledger knows of the first copy": Kill(queue, "mail_copied", after=True),
}
SENT_AGAIN = {kill for kill in KILLS if "the relay took" in kill}


def new_world(server: Dovecot, sink: Sink, folder: Path) -> World:
    """A live office of its own."""
    return make_world(folder, server, user=f"crash-{folder.name}", smtp_port=sink.port)


def killed(world: World, kill: Kill) -> None:
    """Run until the kill strikes."""
    with pytest.MonkeyPatch.context() as patch:
        struck = kill.arm(patch)
        with pytest.raises(Killed):
            world.run_once()
    assert struck == [kill.name]


def audit(world: World, sink: Sink, *, prefix: str = "", sent_again: bool = False) -> None:
    """Each message in its folder and nowhere else, byte for byte; each person answered; the ledger says the same."""
    found = {name.removeprefix(prefix): messages for name, messages in world.server.folders(world.user).items()}
    copies = found.pop("Sent")
    assert {name: sorted(messages) for name, messages in found.items() if messages} == {
        name: sorted(messages) for name, messages in BY_FOLDER.items()
    }
    by_person = {person: [t for t in sink.taken if t.recipients == [person]] for person in PEOPLE}
    duty = [taken.content for taken in sink.taken if taken.recipients == [DUTY]]
    assert len(sink.taken) == sum(map(len, by_person.values())) + len(duty), "somebody else was written to"
    assert all(by_person.values()), "somebody has no answer"
    assert len(sink.taken) == len(PEOPLE) + 2 + sent_again
    different = {taken.content for taken in sink.taken}
    assert len(different) == len(PEOPLE) + 2, "what is sent again is the same mail, under the same Message-ID"
    assert sorted(copies) == sorted({t.content for person in by_person.values() for t in person})
    effects = [effect for entry in world.entries() for effect in entry.detail["effects"]]
    assert {effect["state"] for effect in effects} == {"done"}


def finished(world: World) -> None:
    """Run twice: the first finishes, the second finds nothing to do and nothing open."""
    first, second = world.run_once(), world.run_once()
    assert (first.failures, second.failures) == ((), ())
    assert (second.decided, second.unfinished) == (0, 0)


@pytest.mark.parametrize("kill", KILLS)
def test_killed_anywhere_all_is_done_once(dovecot: Dovecot, sink: Sink, tmp_path: Path, kill: str) -> None:
    """Two mails to one person only where the record cannot tell whether the first went out."""
    world = new_world(dovecot, sink, tmp_path)
    dovecot.append(world.user, INBOX)
    killed(world, KILLS[kill])
    finished(world)
    audit(world, sink, sent_again=kill in SENT_AGAIN)


WITHOUT_MOVE = {
    "after the copy, before the original is marked": Kill(moving, "remove"),
    "after the original is marked, before it is expunged": Kill(moving, "_expunge"),
    "after the second folder's copy": Kill(moving, "remove", nth=2),
    "after the expunge, before the ledger knows": Kill(moving, "remove", after=True),
}


@pytest.mark.parametrize("kill", WITHOUT_MOVE)
def test_killed_while_copying_no_copy_is_left(plain_dovecot: Dovecot, sink: Sink, tmp_path: Path, kill: str) -> None:
    """On a server without MOVE the original and its copy stand side by side for a moment."""
    world = new_world(plain_dovecot, sink, tmp_path)
    plain_dovecot.append(world.user, INBOX)
    killed(world, WITHOUT_MOVE[kill])
    finished(world)
    audit(world, sink, prefix="INBOX.")


def test_killed_again_and_again(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    """What finishes the work of a killed process can be killed too, at the same places."""
    world = new_world(dovecot, sink, tmp_path)
    dovecot.append(world.user, INBOX)
    for place in (
        KILLS["after it is recorded, before anything is moved"],
        Kill(filing, "move"),
        KILLS["after the first folder's move, before the ledger knows"],
        KILLS["after the first folder is settled"],
        KILLS["after the ledger knows that the first mail is out"],
        KILLS["after the first copy, before the ledger knows"],
    ):
        killed(world, place)
    finished(world)
    audit(world, sink)


def test_what_a_person_moved_while_the_service_was_down_stays(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    """Theirs stands; the person who wrote is answered all the same."""
    world = new_world(dovecot, sink, tmp_path)
    dovecot.append(world.user, INBOX)
    killed(world, KILLS["after it is recorded, before anything is moved"])
    with dovecot.client(world.user) as client:
        client.create_folder("Mine")
        client.select_folder("INBOX")
        client.move(client.search(["HEADER", "Message-ID", "<3@firm.example>"]), "Mine")
    finished(world)
    found = world.server.folders(world.user)
    assert found["Mine"] == [BY_FOLDER["Web form"][0]]
    assert found["Web form"] == [BY_FOLDER["Web form"][1]]
    assert {taken.recipients[0] for taken in sink.taken} == {*PEOPLE, DUTY}
    moves = [
        effect["state"] for entry in world.entries() for effect in entry.detail["effects"] if effect["kind"] == "move"
    ]
    assert sorted(moves) == ["done"] * 5 + ["overtaken"]


# --- UIDVALIDITY


def uidvalidity(world: World) -> int:
    """INBOX's."""
    with world.server.client(world.user) as client:
        return int(client.select_folder("INBOX", readonly=True)[b"UIDVALIDITY"])


# Dovecot's file with the next UIDVALIDITY: without it a second in the same second would be the same.
COUNTER = "dovecot-uidvalidity"


def maildir(world: World) -> Path:
    """Where Dovecot keeps the mailbox."""
    return world.server.folder / "mail" / world.user / "Maildir"


def rebuilt(world: World) -> None:
    """INBOX's list of UIDs is lost: the same messages with other UIDs, as Dovecot numbers them."""
    for file in maildir(world).glob("dovecot*"):
        if not file.name.startswith(COUNTER):
            file.unlink()


def restored(world: World) -> None:
    """The mailbox is made anew from a backup of the INBOX, as it was before the service saw it."""
    for part in maildir(world).iterdir():
        if part.is_dir():
            shutil.rmtree(part)
        elif not part.name.startswith(COUNTER):
            part.unlink()
    world.server.append(world.user, list(reversed(INBOX)))


def renumbered(world: World, change: Callable[[World], None]) -> None:
    """Change the mailbox behind the service's back; fails where UIDVALIDITY has not changed by it."""
    before = uidvalidity(world)
    change(world)
    assert uidvalidity(world) != before


def test_a_restored_mailbox_is_filed_again_and_nobody_is_answered_again(
    dovecot: Dovecot, sink: Sink, tmp_path: Path
) -> None:
    """All was done; the whole INBOX is there again, under other UIDs, some of them used before."""
    world = new_world(dovecot, sink, tmp_path)
    dovecot.append(world.user, INBOX)
    finished(world)
    audit(world, sink)
    sent, copies = list(sink.taken), dovecot.folders(world.user)["Sent"]
    renumbered(world, restored)
    finished(world)
    assert sink.taken == sent
    dovecot.append(world.user, copies, folder="Sent")
    audit(world, sink)


@pytest.mark.parametrize("change", [rebuilt, restored])
@pytest.mark.parametrize(
    "kill",
    [
        "after it is recorded, before anything is moved",
        "after the second folder's move, before the ledger knows",
        "when all is filed, before anything is sent",
        "when all is out, before a copy stands in Sent",
    ],
)
def test_a_mailbox_renumbered_while_the_service_was_down(
    dovecot: Dovecot, sink: Sink, tmp_path: Path, kill: str, change: Callable[[World], None]
) -> None:
    """Killed, and the mailbox changed before the next start: all is done once, as ever."""
    world = new_world(dovecot, sink, tmp_path)
    dovecot.append(world.user, INBOX)
    killed(world, KILLS[kill])
    renumbered(world, change)
    finished(world)
    audit(world, sink)
